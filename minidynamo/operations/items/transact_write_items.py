"""TransactWriteItems: up to 100 writes and condition checks, all or nothing.

Faults that need no table are answered for the whole call, in the order of the actions. The others become cancellation
reasons: first keys and index keys (only the first such error is reported), then conditions and updates (all are).
Source: DynamoDB API reference, TransactWriteItems; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from minidynamo.errors import (
    ConditionalCheckFailed,
    DynamoError,
    ItemCollectionSizeLimitExceeded,
    ValidationError,
)
from minidynamo.expressions.binding import check_combinations
from minidynamo.limits import NESTING_LEVELS_MAX, TRANSACTION_SIZE_BYTES_MAX
from minidynamo.messages import TRANSACTION_DUPLICATE_ITEM, TRANSACTION_TOO_LARGE
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.item_writes import ItemPut, ItemWrite
from minidynamo.operations.items.single_write import collection_metrics
from minidynamo.operations.items.transactions import TABLE_FACTOR, cancelled
from minidynamo.operations.items.write_plans import (
    bound_write,
    planned_check,
    planned_deletion,
    planned_put,
    planned_update,
)
from minidynamo.requests.data_plane import TRANSACT_WRITE_ITEM
from minidynamo.requests.operations import API, value_users
from minidynamo.schema.key_schema import EmptyKeyValue
from minidynamo.tables.capacity import Consumption, add_consumed_capacities, read_units, write_units
from minidynamo.tables.changes import WriteBatch, stage_change
from minidynamo.tables.damage import old_record_of
from minidynamo.tables.table import Table, stored_size_bytes
from minidynamo.values.api_types import Request, Response, Structure
from minidynamo.values.attribute_value import Item, checked_item, name_size_bytes, value_size_bytes
from minidynamo.values.nesting import EmptyAttributeName, NestingTooDeep, nesting_levels
from minidynamo.values.records import record_item
from minidynamo.wording import ValidationLayer

# Actions to what plans the write they are.
_PLANNERS: dict[str, Callable[[Structure, ValidationLayer], ItemWrite]] = {
    "ConditionCheck": planned_check,
    "Put": planned_put,
    "Delete": planned_deletion,
    "Update": planned_update,
}
_LAYERS = API["TransactWriteItems"].layers
_VALUE_USERS = {name: value_users(shape) for name, shape in TRANSACT_WRITE_ITEM.members.items()}


@dataclass(slots=True)
class _Action:
    """One action of a transaction and what became of it."""

    write: ItemWrite
    payload_bytes: int
    table: Table = field(init=False, repr=False)  # Since `_locate`.
    key: bytes = b""
    old_record: bytes | None = None
    old_item: Item | None = None
    new_item: Item | None = None
    new_size: int = 0


def transact_write_items(context: OperationContext, request: Request) -> Response:
    """Carries out all actions, or none and says why for each."""
    layer = context.wording.layer(_LAYERS)
    actions = [_checked_action(entry, layer) for entry in request["TransactItems"]]
    _check_payload(actions)
    with context.lock:
        now = context.clock.now()
        outcome = context.tokens.outcome(request, now)
        if outcome is not None:
            return _replayed(request, outcome)
        _locate(context, actions)
        _decide(context, actions)
        batch = WriteBatch()
        consumptions = _stage(context, batch, actions)
        context.tokens.stage(batch, request, _read_units(actions), now)
        context.commit(batch)
        metrics = _metrics(actions)
    response: Response = {}
    if request.get("ReturnItemCollectionMetrics") == "SIZE" and metrics:
        response["ItemCollectionMetrics"] = metrics
    add_consumed_capacities(response, request, consumptions, "Write")
    return response


# Without tables.


def _checked_action(entry: Structure, layer: ValidationLayer) -> _Action:
    kinds = [kind for kind in _PLANNERS if kind in entry]
    if not kinds:
        raise ValidationError(
            "Value '' at 'transactItems' failed to satisfy constraint: "
            "TransactWriteRequest should contain Delete or Put or Update or ConditionCheck",
            text_2025="Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
        )
    if len(kinds) > 1:
        raise ValidationError("TransactItems can only contain one of Check, Put, Update or Delete")
    parameters = entry[kinds[0]]
    check_combinations(parameters, _VALUE_USERS[kinds[0]])
    try:
        write = _PLANNERS[kinds[0]](parameters, layer)
    except NestingTooDeep:
        _raise_earlier_error(parameters, layer)
        raise
    except EmptyAttributeName:
        _raise_nesting_error(parameters)
        raise
    return _Action(write, _payload_bytes(write, parameters))


def _raise_earlier_error(parameters: Structure, layer: ValidationLayer) -> None:
    """Raises what the service finds in an action before an item or key that nests too deep."""
    if "Item" not in parameters:
        bound_write(parameters, layer)
    elif "" in parameters["Item"]:
        raise EmptyAttributeName


def _raise_nesting_error(parameters: Structure) -> None:
    """Raises what the service finds in a put before an empty name below the top level."""
    item = parameters.get("Item", {})
    if "" not in item and nesting_levels(item.values()) > NESTING_LEVELS_MAX:
        raise NestingTooDeep


def _check_payload(actions: list[_Action]) -> None:
    size = sum(action.payload_bytes for action in actions)
    if size > TRANSACTION_SIZE_BYTES_MAX:
        raise ValidationError(TRANSACTION_TOO_LARGE.format(size=size))


def _payload_bytes(write: ItemWrite, parameters: Structure) -> int:
    size = write.size_bytes if isinstance(write, ItemPut) else checked_item(write.subject)[1]
    values = parameters.get("ExpressionAttributeValues") or {}
    return size + sum(name_size_bytes(name) + value_size_bytes(value) for name, value in values.items())


# With tables.


def _locate(context: OperationContext, actions: list[_Action]) -> None:
    """Finds every item. Missing tables and duplicates are the call's error, unfit keys the action's."""
    errors: list[DynamoError | None] = []
    for action in actions:
        action.table = context.catalog.table(action.write.table_name)
    for action in actions:
        try:
            action.key = action.write.locate(action.table)
            errors.append(None)
        except EmptyKeyValue:
            raise
        except ValidationError as error:
            errors.append(error)
    places = [(action.table.name, action.key) for action in actions if action.key]
    if len(set(places)) < len(places):
        raise ValidationError(TRANSACTION_DUPLICATE_ITEM)
    first = next((index for index, error in enumerate(errors) if error is not None), None)
    if first is not None:
        only_first = [error if index == first else None for index, error in enumerate(errors)]
        raise cancelled(only_first, context.wording, _LAYERS)


def _decide(context: OperationContext, actions: list[_Action]) -> None:
    """Evaluates every condition and update against the items as they are; reports all that fail."""
    errors: list[DynamoError | None] = []
    for action in actions:
        write = action.write
        needs_old = bool(action.table.indexes) or write.guard.condition is not None or write.edits
        action.old_record = old_record_of(action.table, action.key, needs_old)
        action.old_item = None if action.old_record is None else record_item(action.old_record)
        action.write.check_old(action.old_item or {})
    for action in actions:
        try:
            _decide_one(action)
            errors.append(None)
        except EmptyKeyValue:
            raise
        except (ConditionalCheckFailed, ValidationError) as error:
            errors.append(error)
    if any(errors):
        raise cancelled(errors, context.wording, _LAYERS)


def _decide_one(action: _Action) -> None:
    action.write.require_condition(action.old_item)
    action.new_item, action.new_size = action.write.result(action.table, action.old_item, action.old_record)


def _stage(context: OperationContext, batch: WriteBatch, actions: list[_Action]) -> dict[str, Consumption]:
    consumptions: dict[str, Consumption] = {}
    errors: list[DynamoError | None] = []
    for action in actions:
        try:
            consumption = _stage_one(batch, action)
        except ValidationError as error:
            errors.append(error)
            continue
        errors.append(None)
        total = consumptions.setdefault(action.write.table_name, Consumption())
        total.add(consumption, TABLE_FACTOR)
    _require_room(context, batch, actions)
    if any(errors):
        raise cancelled(errors, context.wording, _LAYERS)
    return consumptions


def _require_room(context: OperationContext, batch: WriteBatch, actions: list[_Action]) -> None:
    """Every write into an item collection that would become too large fails."""
    overfull = batch.overfull_collections()
    if not overfull:
        return
    error = ItemCollectionSizeLimitExceeded()
    places = [(action.table, action.table.primary_key.partition_prefix(action.write.subject)) for action in actions]
    at_fault: list[DynamoError | None] = [
        error if action.write.is_change and place in overfull else None
        for action, place in zip(actions, places, strict=True)
    ]
    raise cancelled(at_fault, context.wording, _LAYERS)


def _stage_one(batch: WriteBatch, action: _Action) -> Consumption:
    if not action.write.is_change:
        return Consumption(write_units(stored_size_bytes(action.old_record)))
    return stage_change(
        batch, action.table, action.key, action.old_record, action.old_item, action.new_item, action.new_size
    )


def _metrics(actions: list[_Action]) -> dict[str, list[Response]]:
    metrics: dict[str, dict[bytes, Response]] = {}
    for action in actions:
        table = action.table
        if table.collections.are_bounded and action.write.is_change:
            prefix = table.primary_key.partition_prefix(action.write.subject)
            of_table = metrics.setdefault(action.write.table_name, {})
            of_table[prefix] = collection_metrics(table, action.write.subject)
    return {name: list(each.values()) for name, each in metrics.items()}


# Retries.


def _read_units(actions: list[_Action]) -> dict[str, float]:
    """What a retry with the same token consumes: reads of the items as the first call saw and left them."""
    units: dict[str, float] = {}
    for action in actions:
        size = max(stored_size_bytes(action.old_record), action.new_size)
        name = action.write.table_name
        units[name] = units.get(name, 0.0) + TABLE_FACTOR * read_units(size, is_consistent=True)
    return units


def _replayed(request: Request, units: dict[str, float]) -> Response:
    response: Response = {}
    consumptions = {name: Consumption(each) for name, each in units.items()}
    add_consumed_capacities(response, request, consumptions, "Read")
    return response
