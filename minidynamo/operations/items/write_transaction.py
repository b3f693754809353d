"""Writes that are carried out together or not at all, whatever request or statements they come from.

Source: DynamoDB API reference, TransactWriteItems and ExecuteTransaction; observed responses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from minidynamo.errors import (
    ConditionalCheckFailed,
    DuplicateItem,
    DynamoError,
    ItemCollectionSizeLimitExceeded,
    ValidationError,
)
from minidynamo.limits import TRANSACTION_SIZE_BYTES_MAX
from minidynamo.messages import TRANSACTION_TOO_LARGE
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.item_writes import ItemWrite
from minidynamo.operations.items.single_write import collection_metrics
from minidynamo.operations.items.transactions import TABLE_FACTOR, CallFault, cancelled, refuse_same_items
from minidynamo.schema.key_schema import EmptyKeyValue
from minidynamo.tables.capacity import Consumption, add_consumed_capacities, read_units, write_units
from minidynamo.tables.changes import WriteBatch, stage_change
from minidynamo.tables.damage import old_record_of
from minidynamo.tables.table import Table, stored_size_bytes
from minidynamo.values.api_types import Request, Response
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import record_item
from minidynamo.wording import Layers

# The operations that tell WriteCapacityUnits of every index too.
_NAMING_WRITES_ON_INDEXES = frozenset({"ExecuteTransaction"})


@dataclass(slots=True)
class Action:
    """One action of a transaction and what became of it.

    Attributes:
        write: what it does.
        payload_bytes: how much of the request it takes.
    """

    write: ItemWrite
    payload_bytes: int
    table: Table = field(init=False, repr=False)  # Since `_locate`.
    key: bytes = b""
    old_record: bytes | None = None
    old_item: Item | None = None
    new_item: Item | None = None
    new_record: bytes | None = None


def check_payload(actions: list[Action]) -> None:
    """Refuses actions that take too much of a request together."""
    size = sum(action.payload_bytes for action in actions)
    if size > TRANSACTION_SIZE_BYTES_MAX:
        raise ValidationError(TRANSACTION_TOO_LARGE.format(size=size))


class WriteTransaction:
    """The writes of one transaction.

    Parameters:
        context: the database.
        operation: the API's operation, whose idempotency tokens are its own.
        request: the request, with its token if it has one.
        layers: how errors of the operation read.
        actions: the writes.
    """

    def __init__(
        self, context: OperationContext, operation: str, request: Request, layers: Layers, actions: list[Action]
    ) -> None:
        self._context, self._operation, self._request = context, operation, request
        self._layers, self._actions = layers, actions

    def carry_out(self) -> Response:
        """Carries out all actions; the response says what that consumed.

        Raises:
            TransactionCanceled: none has been carried out, with the reason of each.
            ValidationError: the call as a whole is at fault.
        """
        context, request = self._context, self._request
        with context.lock:
            now = context.clock.now()
            outcome = context.tokens.outcome(self._operation, request, now)
            if outcome is not None:
                return _replayed(request, outcome)
            self._locate()
            self._decide()
            batch = WriteBatch()
            consumptions = self._stage(batch)
            context.tokens.stage(batch, self._operation, request, _read_units(self._actions), now)
            context.commit(batch)
            metrics = _metrics(self._actions)
        response: Response = {}
        if request.get("ReturnItemCollectionMetrics") == "SIZE" and metrics:
            response["ItemCollectionMetrics"] = metrics
        on_indexes = self._operation in _NAMING_WRITES_ON_INDEXES
        add_consumed_capacities(response, request, consumptions, "Write", on_indexes)
        return response

    def _locate(self) -> None:
        """Finds every item. Missing tables and duplicates are the call's error, unfit keys the action's."""
        errors: list[DynamoError | None] = []
        for action in self._actions:
            action.table = self._context.catalog.table(action.write.table_name)
        for number, action in enumerate(self._actions):
            try:
                action.key = action.write.locate(action.table)
                errors.append(None)
            except EmptyKeyValue:
                raise
            except CallFault as fault:
                raise fault.of_statement(number) from None
            except ValidationError as error:
                errors.append(error)
        refuse_same_items([(action.table.name, action.key) for action in self._actions])
        first = next((index for index, error in enumerate(errors) if error is not None), None)
        if first is not None:
            only_first = [error if index == first else None for index, error in enumerate(errors)]
            raise cancelled(only_first, self._context.wording, self._layers)

    def _decide(self) -> None:
        """Evaluates every condition and update against the items as they are; reports all that fail."""
        errors: list[DynamoError | None] = []
        self._context.engine.expect((action.table.keyspace.name, action.key) for action in self._actions)
        for action in self._actions:
            write = action.write
            needs_old = bool(action.table.indexes) or write.guard.condition is not None or write.edits
            action.old_record = old_record_of(action.table, action.key, needs_old)
            action.old_item = None if action.old_record is None else record_item(action.old_record)
            action.write.check_old(action.old_item or {})
        for action in self._actions:
            try:
                _decide_one(action)
                errors.append(None)
            except EmptyKeyValue:
                raise
            except (ConditionalCheckFailed, DuplicateItem, ValidationError) as error:
                errors.append(error)
        if any(errors):
            raise cancelled(errors, self._context.wording, self._layers)

    def _stage(self, batch: WriteBatch) -> dict[str, Consumption]:
        consumptions: dict[str, Consumption] = {}
        errors: list[DynamoError | None] = []
        for action in self._actions:
            try:
                consumption = _stage_one(batch, action)
            except ValidationError as error:
                errors.append(error)
                continue
            errors.append(None)
            total = consumptions.setdefault(action.write.table_name, Consumption())
            total.add(consumption, TABLE_FACTOR)
        self._require_room(batch)
        if any(errors):
            raise cancelled(errors, self._context.wording, self._layers)
        return consumptions

    def _require_room(self, batch: WriteBatch) -> None:
        """Every write into an item collection that would become too large fails."""
        overfull = batch.overfull_collections()
        if not overfull:
            return
        error = ItemCollectionSizeLimitExceeded()
        places = [
            (action.table, action.table.primary_key.partition_prefix(action.write.subject)) for action in self._actions
        ]
        at_fault: list[DynamoError | None] = [
            error if action.write.is_change and place in overfull else None
            for action, place in zip(self._actions, places, strict=True)
        ]
        raise cancelled(at_fault, self._context.wording, self._layers)


def _decide_one(action: Action) -> None:
    action.write.require_condition(action.old_item)
    action.new_item, action.new_record = action.write.result(action.table, action.old_item, action.old_record)


def _stage_one(batch: WriteBatch, action: Action) -> Consumption:
    if not action.write.is_change:
        return Consumption(write_units(stored_size_bytes(action.old_record)))
    return stage_change(
        batch, action.table, action.key, action.old_record, action.old_item, action.new_item, action.new_record
    )


def _metrics(actions: list[Action]) -> dict[str, list[Response]]:
    metrics: dict[str, dict[bytes, Response]] = {}
    for action in actions:
        table = action.table
        if table.collections.are_bounded and action.write.is_change:
            prefix = table.primary_key.partition_prefix(action.write.subject)
            of_table = metrics.setdefault(action.write.table_name, {})
            of_table[prefix] = collection_metrics(table, action.write.subject)
    return {name: list(each.values()) for name, each in metrics.items()}


def _read_units(actions: list[Action]) -> dict[str, float]:
    """What a retry with the same token consumes: reads of the items as the first call saw and left them."""
    units: dict[str, float] = {}
    for action in actions:
        size = max(stored_size_bytes(action.old_record), stored_size_bytes(action.new_record))
        name = action.write.table_name
        units[name] = units.get(name, 0.0) + TABLE_FACTOR * read_units(size, is_consistent=True)
    return units


def _replayed(request: Request, units: dict[str, float]) -> Response:
    response: Response = {}
    consumptions = {name: Consumption(each) for name, each in units.items()}
    add_consumed_capacities(response, request, consumptions, "Read")
    return response
