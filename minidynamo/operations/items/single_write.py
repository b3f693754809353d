"""The way of a single write, shared by PutItem, UpdateItem and DeleteItem."""

from __future__ import annotations

from typing import NamedTuple, Self

from minidynamo.errors import ValidationError
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.item_writes import ItemWrite
from minidynamo.requests.violations import nests_past_newer_layer
from minidynamo.tables.capacity import Consumption, consumed_capacity
from minidynamo.tables.changes import WriteBatch, stage_change
from minidynamo.tables.damage import old_record_of
from minidynamo.tables.table import Table
from minidynamo.values.api_types import Request, Response
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import fresh_copy, record_item
from minidynamo.wording import VALUE

_MEMBERS = frozenset({"ReturnValues", "ReturnItemCollectionMetrics", "ReturnConsumedCapacity"})


class Returns(NamedTuple):
    """What a caller wants to know of a write.

    Attributes:
        values: NONE, ALL_OLD, UPDATED_OLD, ALL_NEW or UPDATED_NEW; None where nothing is said.
        metrics: whether ItemCollectionMetrics are wanted.
        capacity: NONE, TOTAL or INDEXES.
    """

    values: str | None = None
    metrics: bool = False
    capacity: str = "NONE"

    @classmethod
    def of(cls, request: Request) -> Self:
        """What a request asks for."""
        return cls(
            request.get("ReturnValues"),
            request.get("ReturnItemCollectionMetrics") == "SIZE",
            request.get("ReturnConsumedCapacity", "NONE"),
        )


_NOTHING = Returns()


def refuse_update_return_values(request: Request) -> None:
    """Only an update can return the values it changed."""
    if request.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD"):
        prefix = None if nests_past_newer_layer(request) else VALUE
        raise ValidationError("ReturnValues can only be ALL_OLD or NONE", prefix=prefix)


def returns_of(request: Request) -> Returns:
    """What a request for a write wants to know of it."""
    return _NOTHING if _MEMBERS.isdisjoint(request) else Returns.of(request)


def write_item(context: OperationContext, write: ItemWrite, returns: Returns) -> Response:
    """Carries out one write, and says what it consumed if asked to."""
    response, consumption = written(context, write, returns)
    if returns.capacity != "NONE":
        response["ConsumedCapacity"] = consumed_capacity(returns.capacity, write.table_name, consumption)
    return response


def written(context: OperationContext, write: ItemWrite, returns: Returns) -> tuple[Response, Consumption]:
    """Carries out one write: find the table, read, decide, commit, respond."""
    with context.lock:
        table = context.catalog.table(write.table_name)
        key = write.locate(table)
        needs_old = _needs_old(table, write, returns)
        old_record = old_record_of(table, key, needs_old)
        old_item = record_item(old_record) if old_record is not None and needs_old else None
        write.check_old(old_item or {})
        write.require_condition(old_item)
        new_item, new_record = write.result(table, old_item, old_record)
        batch = WriteBatch()
        consumption = stage_change(batch, table, key, old_record, old_item, new_item, new_record)
        batch.require_room()
        context.commit(batch)
        response: Response = {}
        if returns.metrics and table.collections.are_bounded:
            response["ItemCollectionMetrics"] = collection_metrics(table, write.subject)
    if returns.values is not None:
        attributes = _returned_attributes(returns.values, write, old_item, new_item)
        if attributes:
            response["Attributes"] = attributes
    return response, consumption


def collection_metrics(table: Table, key: Item) -> Response:
    """The ItemCollectionMetrics of the collection that an item or key lies in."""
    partition_key = {each.name: key[each.name] for each in table.primary_key.partition_key}
    return table.collections.metrics(partition_key, table.primary_key.partition_prefix(key))


def _needs_old(table: Table, write: ItemWrite, returns: Returns) -> bool:
    return bool(table.indexes) or write.guard.condition is not None or returns.values is not None or write.edits


def _returned_attributes(values: str, write: ItemWrite, old_item: Item | None, new_item: Item | None) -> Item | None:
    if values == "ALL_OLD":
        return old_item
    if values == "NONE":
        return None
    from minidynamo.expressions.projection import compile_projection  # Only updates that return something come here.

    # The new item may share values with the request.
    item = (old_item or {}) if values == "UPDATED_OLD" else fresh_copy(new_item or {})
    return item if values == "ALL_NEW" else compile_projection(write.touched_paths)(item)
