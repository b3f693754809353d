"""BatchExecuteStatement: up to 25 statements, all reads or all writes, each by itself.

Source: DynamoDB API reference, BatchExecuteStatement; observed responses.
"""

from __future__ import annotations

from dataclasses import dataclass

from minidynamo.errors import (
    DynamoError,
    ResourceNotFound,
    ValidationError,
)
from minidynamo.messages import DUPLICATE_KEYS
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.item_writes import ItemPut, ItemWrite
from minidynamo.operations.items.read_transaction import ItemGet
from minidynamo.operations.items.single_write import Returns, written
from minidynamo.operations.statements.gets import SelectGet, planned_get
from minidynamo.operations.statements.lone_keys import bound_in
from minidynamo.operations.statements.writes import planned_write
from minidynamo.partiql.binding import BoundStatement
from minidynamo.partiql.syntax import Delete, Exists, Select, Update
from minidynamo.requests.operations import API
from minidynamo.tables.capacity import Consumption, consumed_capacity, read_units, write_units
from minidynamo.tables.table import Table, stored_size_bytes
from minidynamo.values.api_types import Request, Response, Structure
from minidynamo.values.records import record_item

_NAME = "BatchExecuteStatement"
_MIXED = "Read and write requests together in the same batch is not supported."
# Codes of entries that are not those of errors without "Exception".
_CODES = {"ValidationException": "ValidationError", "ThrottlingException": "ThrottlingError"}
_NO_EXISTS = "EXISTS can only be used in ExecuteTransaction write requests."


@dataclass(slots=True)
class _Member:
    """One statement of a batch and what became of it.

    Attributes:
        request: its part of the request.
        bound: the statement with its parameters; None where it is at fault.
        error: why it has not been carried out.
        item: what it read or returned.
        consumption: what it consumed; None where it was not carried out.
        failed_units: what a write that failed consumed.
    """

    request: Structure
    bound: BoundStatement | None = None
    plan: ItemGet | ItemWrite | None = None
    error: DynamoError | None = None
    item: Response | None = None
    consumption: Consumption | None = None
    failed_units: float = 0.0


def batch_execute_statement(context: OperationContext, request: Request) -> Response:
    """Answers with one entry per statement, in their order; what fails is said in its entry."""
    members = [_planned(context, each) for each in request["Statements"]]
    if len({isinstance(each.plan, ItemGet) for each in members if each.plan is not None}) > 1:
        raise ValidationError(_MIXED)
    _refuse_duplicates(context, members)
    for member in members:
        if member.error is None:
            _carry_out(context, member)
    response: Response = {"Responses": [_entry(context, member) for member in members]}
    mode = request.get("ReturnConsumedCapacity", "NONE")
    capacities = [] if mode == "NONE" else _capacities(mode, members)
    if capacities:
        response["ConsumedCapacity"] = capacities
    return response


def _planned(context: OperationContext, entry: Structure) -> _Member:
    member = _Member(entry)
    try:
        bound = member.bound = bound_in(context, entry["Statement"], entry.get("Parameters"))
        if isinstance(bound.statement, Exists):
            raise ValidationError(_NO_EXISTS)
        member.plan = planned_get(bound, _NAME) if isinstance(bound.statement, Select) else planned_write(bound)
    except ValidationError as error:
        member.error = error
    return member


def _refuse_duplicates(context: OperationContext, members: list[_Member]) -> None:
    """Refuses a batch that names an item twice, be it in one statement. Statements at fault take no part."""
    places: list[tuple[str, bytes]] = []
    with context.lock:
        for member in members:
            if member.plan is not None:
                try:
                    table = context.catalog.table(member.plan.table_name)
                    places += ((table.name, key) for key in _keys(member.plan, table))
                except (ResourceNotFound, ValidationError):
                    continue
    if len(set(places)) < len(places):
        raise ValidationError(DUPLICATE_KEYS)


def _keys(plan: ItemGet | ItemWrite, table: Table) -> list[bytes]:
    return plan.named_keys(table) if isinstance(plan, SelectGet) else [plan.locate(table)]


def _carry_out(context: OperationContext, member: _Member) -> None:
    try:
        if isinstance(member.plan, ItemGet):
            _read(context, member, member.plan)
        elif member.plan is not None:
            _write(context, member, member.plan)
    except DynamoError as error:
        member.error = error


def _read(context: OperationContext, member: _Member, get: ItemGet) -> None:
    with context.lock:
        table = context.catalog.table(get.table_name)
        key = get.locate(table)
        partition = table.keyspace.partition_of(key)
        record = partition.map.get(key)
        units = read_units(stored_size_bytes(record), member.request.get("ConsistentRead", False))
        context.meter.read(partition, units)
    member.consumption = Consumption(units)
    if record is not None:
        item = record_item(record)
        member.item = item if get.project is None else get.project(item)


def _write(context: OperationContext, member: _Member, write: ItemWrite) -> None:
    statement = None if member.bound is None else member.bound.statement
    returning = statement.returning if isinstance(statement, Update | Delete) else None
    with context.lock:
        try:
            response, member.consumption = written(context, write, Returns(returning))
        except DynamoError:
            member.failed_units = _failed_units(context, write)
            raise
    member.item = response.get("Attributes")


def _failed_units(context: OperationContext, write: ItemWrite) -> float:
    """What a write costs that fails: the larger of the stored item and of what was to be put."""
    try:
        table = context.catalog.table(write.table_name)
        stored = stored_size_bytes(table.record(write.locate(table)))
    except (ResourceNotFound, ValidationError):
        return 0.0
    return write_units(max(stored, write.size_bytes if isinstance(write, ItemPut) else 0))


def _entry(context: OperationContext, member: _Member) -> Response:
    entry: Response = {}
    error = member.error
    if error is not None:
        is_fault = isinstance(error, ValidationError)
        text = context.wording.render(error, API[_NAME].layers) if isinstance(error, ValidationError) else error.message
        code = _CODES.get(error.code, error.code.removesuffix("Exception"))
        entry["Error"] = {"Code": code, "Message": text}
        if is_fault:
            return entry
    if member.item:
        entry["Item"] = member.item
    assert member.plan is not None, f"a statement without a plan is no fault: {member}"
    return {"TableName": member.plan.table_name, **entry}


def _capacities(mode: str, members: list[_Member]) -> list[Response]:
    """What the batch consumed, per table on which something succeeded."""
    consumptions: dict[str, Consumption] = {}
    failed: dict[str, float] = {}
    for member in members:
        name = "" if member.plan is None else member.plan.table_name
        if member.consumption is not None:
            consumptions.setdefault(name, Consumption()).add(member.consumption)
        failed[name] = failed.get(name, 0.0) + member.failed_units
    capacities = []
    for name, consumption in consumptions.items():
        capacity = consumed_capacity(mode, name, consumption)
        capacity["CapacityUnits"] += failed[name]
        capacities.append(capacity)
    return capacities
