"""CreateTable: a new table with its indexes."""

from __future__ import annotations

from typing import Any

from minidynamo.errors import ResourceInUse
from minidynamo.operations.store import Request, Response, Store
from minidynamo.schema.creation_rules import check_creation, new_description
from minidynamo.schema.index_rules import invalid
from minidynamo.schema.throughput_rules import check_on_demand_quotas, check_quotas
from minidynamo.tables.description import table_description


def create_table(store: Store, request: Request) -> Response:
    """Creates the table; it is CREATING in the answer and, without delays, ACTIVE at once."""
    check_creation(request)
    name = store.location.table_name(request["TableName"])
    if name is None:
        raise invalid(f"The ARN names another place than this database: {request['TableName']}")
    with store.lock:
        if store.catalog.find(name) is not None:
            raise ResourceInUse(f"Table already exists: {name}")
        _check_quotas(store, request)
        table = store.catalog.add(_description(store, request, name))
        response = {"TableDescription": table_description(table, store.location)}
        store.catalog.settle()
    return response


def _check_quotas(store: Store, request: Request) -> None:
    set_here = (request, *request.get("GlobalSecondaryIndexes", ()))
    on_demand = [each["OnDemandThroughput"] for each in set_here if "OnDemandThroughput" in each]
    check_on_demand_quotas(on_demand, store.location.region)
    if "ProvisionedThroughput" not in request:
        return
    throughputs: list[tuple[str | None, Any]] = [(None, request["ProvisionedThroughput"])]
    throughputs += [
        (index["IndexName"], index["ProvisionedThroughput"]) for index in request.get("GlobalSecondaryIndexes", ())
    ]
    check_quotas(throughputs, store.catalog.reserved_units, store.location.region)


def _description(store: Store, request: Request, name: str) -> dict[str, Any]:
    now = store.clock.now()
    passing = {"StatusDueAt": now + store.delays.creating}
    description = {
        "TableName": name,
        "TableId": store.new_uuid(),
        "CreationDateTime": now,
        "TableStatus": "CREATING",
        **passing,
        **new_description(request),
    }
    for index in description.get("GlobalSecondaryIndexes", ()):
        index.update(IndexStatus="CREATING", **passing)
    if description.get("StreamSpecification", {}).get("StreamEnabled"):
        description["LatestStreamLabel"] = store.catalog.streams.new_label(name)
    return description
