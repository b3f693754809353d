"""CreateTable: a new table with its indexes."""

from __future__ import annotations

from typing import Any

from minidynamo.errors import ResourceInUse
from minidynamo.operations.context import OperationContext, Request, Response
from minidynamo.schema.creation_rules import check_creation, new_description
from minidynamo.schema.index_rules import invalid
from minidynamo.schema.throughput_rules import check_on_demand_quotas, check_quotas
from minidynamo.tables.description import table_description


def create_table(context: OperationContext, request: Request) -> Response:
    """Creates the table; it is CREATING in the answer and, without delays, ACTIVE at once."""
    check_creation(request)
    name = context.scope.table_name(request["TableName"])
    if name is None:
        raise invalid(f"The ARN names another place than this database: {request['TableName']}")
    with context.lock:
        if context.catalog.find(name) is not None:
            raise ResourceInUse(f"Table already exists: {name}")
        _check_quotas(context, request)
        table = context.catalog.add(_description(context, request, name))
        response = {"TableDescription": table_description(table, context.scope)}
        context.catalog.advance_statuses()
    return response


def _check_quotas(context: OperationContext, request: Request) -> None:
    set_here = (request, *request.get("GlobalSecondaryIndexes", ()))
    on_demand = [each["OnDemandThroughput"] for each in set_here if "OnDemandThroughput" in each]
    check_on_demand_quotas(on_demand, context.scope.region)
    if "ProvisionedThroughput" not in request:
        return
    throughputs: list[tuple[str | None, Any]] = [(None, request["ProvisionedThroughput"])]
    throughputs += [
        (index["IndexName"], index["ProvisionedThroughput"]) for index in request.get("GlobalSecondaryIndexes", ())
    ]
    check_quotas(throughputs, context.catalog.reserved_units, context.scope.region)


def _description(context: OperationContext, request: Request, name: str) -> dict[str, Any]:
    now = context.clock.now()
    passing = {"StatusDueAt": now + context.delays.creating}
    description = {
        "TableName": name,
        "TableId": context.new_uuid(),
        "CreationDateTime": now,
        "TableStatus": "CREATING",
        **passing,
        **new_description(request),
    }
    for index in description.get("GlobalSecondaryIndexes", ()):
        index.update(IndexStatus="CREATING", **passing)
    if description.get("StreamSpecification", {}).get("StreamEnabled"):
        description["LatestStreamLabel"] = context.catalog.streams.new_label(name)
    return description
