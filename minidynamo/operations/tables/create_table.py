"""CreateTable: a new table with its indexes."""

from __future__ import annotations

from minidynamo.errors import ResourceInUse
from minidynamo.operations.context import OperationContext
from minidynamo.operations.tables.answers import answer_to_creation
from minidynamo.policies.resource_documents import canonical_document
from minidynamo.schema.creation_rules import check_creation, new_state, stream_view
from minidynamo.schema.index_rules import invalid
from minidynamo.schema.table_state import Units
from minidynamo.schema.throughput_rules import check_on_demand_quotas, check_quotas
from minidynamo.tables.changes import WriteBatch
from minidynamo.values.api_types import Request, Response


def create_table(context: OperationContext, request: Request) -> Response:
    """Creates the table; it is CREATING in the response and, without delays, ACTIVE at once."""
    check_creation(request)
    name = context.scope.table_name(request["TableName"])
    if name is None:
        raise invalid(f"The ARN names another place than this database: {request['TableName']}")
    given = request.get("ResourcePolicy")
    policy = None if given is None else canonical_document(given, context.scope.table_arn(name))
    with context.lock:
        if context.catalog.find(name) is not None:
            raise ResourceInUse(f"Table already exists: {name}")
        _check_quotas(context, request)
        now = context.clock.now()
        has_stream = stream_view(request.get("StreamSpecification")) is not None
        label = context.catalog.streams.new_label(name) if has_stream else None
        state = new_state(request, name, context.new_uuid(), now, now + context.delays.creating, label, policy)
        batch = WriteBatch()
        context.catalog.stage_new(batch, state)
        context.commit(batch)
    return {"TableDescription": answer_to_creation(request, state, context.scope)}


def _check_quotas(context: OperationContext, request: Request) -> None:
    set_here = (request, *request.get("GlobalSecondaryIndexes", ()))
    on_demand = [each["OnDemandThroughput"] for each in set_here if "OnDemandThroughput" in each]
    check_on_demand_quotas(on_demand, context.scope.region)
    if "ProvisionedThroughput" not in request:
        return
    throughputs: list[tuple[str | None, Units]] = [(None, request["ProvisionedThroughput"])]
    throughputs += [
        (index["IndexName"], index["ProvisionedThroughput"]) for index in request.get("GlobalSecondaryIndexes", ())
    ]
    check_quotas(throughputs, context.catalog.reserved_units, context.scope.region)
