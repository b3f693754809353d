"""UpdateTable: one set of changes to a table: throughput, billing, class, protection, stream, encryption, one GSI.

Source: DynamoDB API reference, UpdateTable; observed responses.
"""

from __future__ import annotations

from dataclasses import replace

from minidynamo.operations.context import OperationContext
from minidynamo.operations.tables.answers import answer_to_update
from minidynamo.operations.tables.update_limits import check_limits, decreases_on_day_of, is_decrease
from minidynamo.schema.creation_rules import encryption_key, new_index, stream_view, types_of
from minidynamo.schema.table_state import IndexKind, IndexState, TableState, Throughput, Units
from minidynamo.schema.throughput_rules import UNITS, risen_warm_throughput
from minidynamo.schema.update_rules import (
    changes_class,
    check_allocation,
    check_changes,
    check_combination,
    index_actions,
)
from minidynamo.tables.changes import WriteBatch, stage_backfill
from minidynamo.tables.index_filling import Filling, filling_key, stage_filling
from minidynamo.tables.table import Table, index_keyspace_name
from minidynamo.values.api_types import Request, Response


def update_table(context: OperationContext, request: Request) -> Response:
    """Changes the table; it is UPDATING in the response and, without delays, ACTIVE again at once."""
    check_combination(request)
    with context.lock:
        table = context.catalog.described_table(request["TableName"])
        state = table.state
        check_allocation(request, state)
        if state.status != "ACTIVE":
            raise table.in_use()
        check_changes(request, state, context.scope.region)
        check_limits(context, request, state)
        due = context.clock.now() + context.delays.updating
        changed = _with_settings(context, request, replace(state, status="UPDATING", status_due_at=due))
        changed = _with_indexes(context, request, changed, due)
        sizes = table.sizes
        _carry_out(context, request, table, changed)
    return {"TableDescription": answer_to_update(request, state, changed, context.scope, sizes)}


# Settings.


def _with_settings(context: OperationContext, request: Request, state: TableState) -> TableState:
    now = context.clock.now()
    if changes_class(request, state):
        state = replace(state, table_class=request["TableClass"], class_changes=(*state.class_changes, now))
    if "DeletionProtectionEnabled" in request:
        state = replace(state, is_protected=request["DeletionProtectionEnabled"])
    if "SSESpecification" in request:
        state = replace(state, encryption_key=encryption_key(request["SSESpecification"]))
    if "StreamSpecification" in request:
        view = stream_view(request["StreamSpecification"])
        label = state.stream_label if view is None else context.catalog.streams.new_label(state.name)
        state = replace(state, stream_view=view, stream_label=label)
    if request.get("BillingMode", state.billing_mode) != state.billing_mode:
        state = _with_billing(state, request["BillingMode"], now)
    if "ProvisionedThroughput" in request:
        wanted = request["ProvisionedThroughput"]
        throughput = _changed_throughput(state.throughput, wanted, now)
        state = replace(state, throughput=throughput, warm=risen_warm_throughput(state.warm, wanted))
    if "OnDemandThroughput" in request:
        state = replace(state, on_demand=_changed_on_demand(state.on_demand, request["OnDemandThroughput"]))
    if "WarmThroughput" in request:
        state = replace(state, warm={**state.warm, **request["WarmThroughput"]})
    return state


def _with_billing(state: TableState, mode: str, now: float) -> TableState:
    indexes = tuple(replace(each, on_demand=None) for each in state.indexes)
    state = replace(state, billing_mode=mode, on_demand=None, indexes=indexes)
    if mode != "PAY_PER_REQUEST":
        return state
    return replace(
        state,
        was_on_demand=True,
        on_demand_since=now,
        throughput=replace(state.throughput, read_units=0, write_units=0),
        warm=risen_warm_throughput(state.warm, None),
        indexes=tuple(_on_demand_index(each) for each in indexes),
    )


def _on_demand_index(index: IndexState) -> IndexState:
    if index.throughput is None:
        return index
    throughput = replace(index.throughput, read_units=0, write_units=0)
    return replace(index, throughput=throughput, warm=risen_warm_throughput(index.warm, None))


def _changed_throughput(current: Throughput, wanted: Units, now: float) -> Throughput:
    changed = replace(current, read_units=wanted["ReadCapacityUnits"], write_units=wanted["WriteCapacityUnits"])
    if any(wanted[unit] > current.units[unit] for unit in UNITS):
        changed = replace(changed, increased_at=now)
    if is_decrease(current, wanted):
        changed = replace(changed, decreases=decreases_on_day_of(current, now) + 1, decreased_at=now)
    return changed


def _changed_on_demand(current: Units | None, wanted: Units) -> Units | None:
    merged = {**(current or {}), **wanted}
    return {unit: value for unit, value in merged.items() if value != -1} or None


# Indexes.


def _with_indexes(context: OperationContext, request: Request, state: TableState, due: float) -> TableState:
    """The state with GSIs created, updated and deleted."""
    for kind, parameters in index_actions(request):
        if kind == "Create":
            state = _with_new_index(context, request, parameters, state, due)
            continue
        index = state.index(parameters["IndexName"])
        assert index is not None, f"index {parameters['IndexName']} was found, and is gone"
        if kind == "Delete":
            state = state.with_index(replace(index, status="DELETING", status_due_at=due, is_backfilling=None))
            state = _without_unused_types(state)
        else:
            index = _updated_index(index, parameters, context.clock.now())
            state = state.with_index(replace(index, status="UPDATING", status_due_at=due))
    return state


def _with_new_index(
    context: OperationContext, request: Request, parameters: Request, state: TableState, due: float
) -> TableState:
    used = {element["AttributeName"] for element in parameters["KeySchema"]}
    new = {name: kind for name, kind in types_of(request["AttributeDefinitions"]).items() if name in used}
    types = {**new, **state.attribute_types}
    index = replace(
        new_index(parameters, IndexKind.GLOBAL),
        status="CREATING",
        status_due_at=due,
        is_backfilling=False,
        backfill_seconds=context.delays.updating,
    )
    if context.engine.is_shared:
        index = replace(index, status_due_at=None, is_backfilling=True, backfill_seconds=None)
    return replace(state, attribute_types={name: types[name] for name in sorted(types)}).with_index(index)


def _updated_index(index: IndexState, parameters: Request, now: float) -> IndexState:
    if "ProvisionedThroughput" in parameters:
        assert index.throughput is not None, f"index {index.name} has no throughput"
        wanted = parameters["ProvisionedThroughput"]
        throughput = _changed_throughput(index.throughput, wanted, now)
        index = replace(index, throughput=throughput, warm=risen_warm_throughput(index.warm, wanted))
    if "OnDemandThroughput" in parameters:
        index = replace(index, on_demand=_changed_on_demand(index.on_demand, parameters["OnDemandThroughput"]))
    if "WarmThroughput" in parameters:
        index = replace(index, warm={**(index.warm or {}), **parameters["WarmThroughput"]})
    return index


def _without_unused_types(state: TableState) -> TableState:
    schemas = [state.key_schema, *(each.key_schema for each in state.indexes if each.status != "DELETING")]
    used = {element.name for schema in schemas for element in schema}
    return replace(state, attribute_types={name: kind for name, kind in state.attribute_types.items() if name in used})


def _carry_out(context: OperationContext, request: Request, table: Table, changed: TableState) -> None:
    """Commits the new state with the entries of a new index and the end of a deleted one."""
    batch = WriteBatch()
    for kind, parameters in index_actions(request):
        keyspace = index_keyspace_name(changed, parameters["IndexName"])
        if kind == "Delete":
            batch.drops.append(keyspace)
        elif kind == "Create":
            index = changed.index(parameters["IndexName"])
            assert index is not None, f"index {parameters['IndexName']} was made, and is gone"
            batch.creates.append(keyspace)
            if index.is_being_filled:
                filling: Filling = {"Table": table.name, "Index": index.name, "From": b""}
                stage_filling(batch, context.catalog.system, filling_key(changed.id, index.name), filling)
            else:
                stage_backfill(batch, table, keyspace, table.index_definition(changed, index))
    context.catalog.stage(batch, table, changed)
    context.commit(batch)
