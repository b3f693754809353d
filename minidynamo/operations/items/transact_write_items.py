"""TransactWriteItems: up to 100 writes and condition checks, all or nothing.

Faults that need no table are answered for the whole call, in the order of the actions. The others become cancellation
reasons: first keys and index keys (only the first such fault is reported), then conditions and updates (all are).
Source: DynamoDB API reference, TransactWriteItems; observed answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minidynamo.errors import (
    ConditionalCheckFailed,
    DynamoError,
    ItemCollectionSizeLimitExceeded,
    TransactionCanceled,
    ValidationError,
)
from minidynamo.expressions.binding import Bound, check_combinations
from minidynamo.limits import TRANSACTION_SIZE_BYTES_MAX
from minidynamo.messages import NESTING_TOO_DEEP, TRANSACTION_DUPLICATE_ITEM
from minidynamo.operations.context import OperationContext, Request, Response
from minidynamo.operations.items.item_writes import ItemDeletion, ItemPut, ItemUpdate, ItemWrite
from minidynamo.operations.items.single_write import collection_metrics
from minidynamo.requests.data_plane import TRANSACT_WRITE_ITEM
from minidynamo.requests.operations import value_users
from minidynamo.schema.key_schema import EmptyKeyValue
from minidynamo.tables.capacity import Consumption, add_consumed_capacities, read_units, write_units
from minidynamo.tables.changes import WriteBatch, stage_change
from minidynamo.tables.table import Table, stored_size_bytes
from minidynamo.values.attribute_value import Item, checked_item
from minidynamo.values.records import record_item

# Actions to the write they are.
_KINDS: dict[str, type[ItemWrite]] = {
    "ConditionCheck": ItemWrite,
    "Put": ItemPut,
    "Delete": ItemDeletion,
    "Update": ItemUpdate,
}
_VALUE_USERS = {name: value_users(shape) for name, shape in TRANSACT_WRITE_ITEM.members.items()}
TABLE_FACTOR = 2.0  # A transaction consumes twice the units on tables, not on indexes.


@dataclass(slots=True)
class _Action:
    """One action of a transaction and what became of it."""

    parameters: Mapping[str, Any]
    write: ItemWrite
    late_fault: ValidationError | None = None
    table: Any = None
    key: bytes = b""
    old_record: bytes | None = None
    old_item: Item | None = None
    new_item: Item | None = None
    new_size: int = 0


def transact_write_items(context: OperationContext, request: Request) -> Response:
    """Carries out all actions, or none and says why for each."""
    actions = [_checked_action(entry) for entry in request["TransactItems"]]
    _check_payload(actions)
    with context.lock:
        now = context.clock.now()
        outcome = context.tokens.outcome(request, now)
        if outcome is not None:
            return _replayed(request, outcome)
        _locate(context, actions)
        _decide(actions)
        batch = WriteBatch()
        consumptions = _stage(batch, actions)
        context.tokens.stage(batch, request, _read_units(actions), now)
        context.commit(batch)
        metrics = _metrics(actions)
    response: Response = {}
    if request.get("ReturnItemCollectionMetrics") == "SIZE" and metrics:
        response["ItemCollectionMetrics"] = metrics
    add_consumed_capacities(response, request, consumptions, "Write")
    return response


def reasons_of(faults: list[DynamoError | None]) -> list[dict[str, Any]]:
    """The cancellation reasons of some actions; None for those that are not at fault."""
    return [_reason(fault) for fault in faults]


def _reason(fault: DynamoError | None) -> dict[str, Any]:
    if fault is None:
        return {"Code": "None"}
    if isinstance(fault, ConditionalCheckFailed):
        return {"Code": "ConditionalCheckFailed", "Message": fault.message, **fault.members}
    if isinstance(fault, ItemCollectionSizeLimitExceeded):
        return {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."}
    return {"Code": "ValidationError", "Message": fault.message}


# Without tables.


def _checked_action(entry: Mapping[str, Any]) -> _Action:
    kinds = [kind for kind in _KINDS if kind in entry]
    if not kinds:
        raise ValidationError(
            "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
            "Value '' at 'transactItems' failed to satisfy constraint: "
            "TransactWriteRequest should contain Delete or Put or Update or ConditionCheck",
        )
    if len(kinds) > 1:
        raise ValidationError("TransactItems can only contain one of Check, Put, Update or Delete")
    parameters = entry[kinds[0]]
    check_combinations(parameters, _VALUE_USERS[kinds[0]])
    try:
        write = _KINDS[kinds[0]].of(parameters)
    except ValidationError as fault:
        # How deep an update would nest is only found when it is carried out.
        if kinds[0] != "Update" or fault.message != NESTING_TOO_DEEP:
            raise
        return _Action(parameters, ItemUpdate(checked_item(parameters["Key"])[0], Bound()), fault)
    if isinstance(write, ItemUpdate):
        write.is_charged = False
    return _Action(parameters, write)


def _check_payload(actions: list[_Action]) -> None:
    size = sum(_payload_bytes(action) for action in actions)
    if size > TRANSACTION_SIZE_BYTES_MAX:
        raise ValidationError(f"Transaction payload size cannot exceed 4MB. Payload Size: {size}")


def _payload_bytes(action: _Action) -> int:
    if isinstance(action.write, ItemPut):
        size = action.write.size_bytes
    else:
        size = checked_item(action.write.key)[1]
    values = action.parameters.get("ExpressionAttributeValues")
    return size + (checked_item(values)[1] if values and action.late_fault is None else 0)


# With tables.


def _locate(context: OperationContext, actions: list[_Action]) -> None:
    """Finds every item. Missing tables and duplicates are the call's fault, unfit keys the action's."""
    faults: list[DynamoError | None] = []
    for action in actions:
        action.table = context.catalog.table(action.parameters["TableName"])
    for action in actions:
        try:
            action.key = action.write.locate(action.table)
            faults.append(None)
        except EmptyKeyValue:
            raise
        except ValidationError as fault:
            faults.append(fault)
    places = [(action.table.name, action.key) for action in actions if action.key]
    if len(set(places)) < len(places):
        raise ValidationError(TRANSACTION_DUPLICATE_ITEM)
    first = next((index for index, fault in enumerate(faults) if fault is not None), None)
    if first is not None:
        only_first = [fault if index == first else None for index, fault in enumerate(faults)]
        raise TransactionCanceled(reasons_of(only_first))


def _decide(actions: list[_Action]) -> None:
    """Evaluates every condition and update against the items as they are; reports all that fail."""
    faults: list[DynamoError | None] = []
    for action in actions:
        try:
            _decide_one(action)
            faults.append(None)
        except (ConditionalCheckFailed, ValidationError) as fault:
            faults.append(fault)
    if any(faults):
        raise TransactionCanceled(reasons_of(faults))


def _decide_one(action: _Action) -> None:
    action.old_record = action.table.record(action.key)
    action.old_item = None if action.old_record is None else record_item(action.old_record)
    action.write.require_condition(action.old_item, action.parameters)
    if action.late_fault is not None:
        raise action.late_fault
    action.new_item, action.new_size = action.write.result(action.table, action.old_item, action.old_record)


def _stage(batch: WriteBatch, actions: list[_Action]) -> dict[str, Consumption]:
    consumptions: dict[str, Consumption] = {}
    faults: list[DynamoError | None] = []
    for action in actions:
        try:
            consumption = _stage_one(batch, action)
        except ValidationError as fault:
            faults.append(fault)
            continue
        faults.append(None)
        total = consumptions.setdefault(action.parameters["TableName"], Consumption())
        total.add(consumption, TABLE_FACTOR)
    _require_room(batch, actions)
    if any(faults):
        raise TransactionCanceled(reasons_of(faults))
    return consumptions


def _require_room(batch: WriteBatch, actions: list[_Action]) -> None:
    """Every write into an item collection that would become too large is at fault."""
    overfull = batch.overfull_collections()
    if not overfull:
        return
    fault = ItemCollectionSizeLimitExceeded()
    places = [(action.table, action.table.primary_key.partition_prefix(action.write.key)) for action in actions]
    raise TransactionCanceled(
        reasons_of(
            [
                fault if action.write.is_change and place in overfull else None
                for action, place in zip(actions, places, strict=True)
            ]
        )
    )


def _stage_one(batch: WriteBatch, action: _Action) -> Consumption:
    if not action.write.is_change:
        return Consumption(write_units(stored_size_bytes(action.old_record)))
    return stage_change(
        batch, action.table, action.key, action.old_record, action.old_item, action.new_item, action.new_size
    )


def _metrics(actions: list[_Action]) -> dict[str, list[Any]]:
    metrics: dict[str, dict[bytes, Any]] = {}
    for action in actions:
        table: Table = action.table
        if table.collections.are_bounded and action.write.is_change:
            prefix = table.primary_key.partition_prefix(action.write.key)
            of_table = metrics.setdefault(action.parameters["TableName"], {})
            of_table[prefix] = collection_metrics(table, action.write.key)
    return {name: list(each.values()) for name, each in metrics.items()}


# Retries.


def _read_units(actions: list[_Action]) -> dict[str, float]:
    """What a retry with the same token consumes: reads of the items as the first call saw and left them."""
    units: dict[str, float] = {}
    for action in actions:
        size = max(stored_size_bytes(action.old_record), action.new_size)
        name = action.parameters["TableName"]
        units[name] = units.get(name, 0.0) + TABLE_FACTOR * read_units(size, is_consistent=True)
    return units


def _replayed(request: Request, units: dict[str, float]) -> Response:
    response: Response = {}
    consumptions = {name: Consumption(each) for name, each in units.items()}
    add_consumed_capacities(response, request, consumptions, "Read")
    return response
