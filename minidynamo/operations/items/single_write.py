"""The road of a single write, shared by PutItem, UpdateItem and DeleteItem."""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.expressions.projection import compile_projection
from minidynamo.operations.context import OperationContext, Request, Response
from minidynamo.operations.items.item_writes import ItemUpdate, ItemWrite
from minidynamo.tables.capacity import add_consumed_capacity
from minidynamo.tables.changes import WriteBatch, stage_change
from minidynamo.tables.table import Table
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import fresh_copy, record_item
from minidynamo.wording import VALUE


def refuse_update_return_values(request: Request) -> None:
    """Only an update can return the values it changed."""
    if request.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD"):
        raise ValidationError("ReturnValues can only be ALL_OLD or NONE", prefix=VALUE)


def write_item(context: OperationContext, request: Request, write: ItemWrite) -> Response:
    """Carries out one write: find the table, read, decide, commit, answer."""
    with context.lock:
        table = context.catalog.table(request["TableName"])
        key = write.locate(table)
        old_record = table.record(key)
        old_item = record_item(old_record) if old_record is not None and _needs_old(table, request, write) else None
        write.check_old(old_item or {})
        write.require_condition(old_item, request)
        new_item, new_size = write.result(table, old_item, old_record)
        batch = WriteBatch()
        consumption = stage_change(batch, table, key, old_record, old_item, new_item, new_size)
        batch.require_room()
        context.commit(batch)
        response: Response = {}
        if request.get("ReturnItemCollectionMetrics") == "SIZE" and table.collections.are_bounded:
            response["ItemCollectionMetrics"] = collection_metrics(table, write.key)
    if "ReturnValues" in request:
        attributes = _returned_attributes(request["ReturnValues"], write, old_item, new_item)
        if attributes:
            response["Attributes"] = attributes
    if "ReturnConsumedCapacity" in request:
        add_consumed_capacity(response, request, consumption)
    return response


def collection_metrics(table: Table, key: Item) -> Response:
    """The ItemCollectionMetrics of the collection that an item or key lies in."""
    partition_key = {each.name: key[each.name] for each in table.primary_key.partition}
    return table.collections.metrics(partition_key, table.primary_key.partition_prefix(key))


def _needs_old(table: Table, request: Request, write: ItemWrite) -> bool:
    return (
        bool(table.indexes)
        or write.bound.condition is not None
        or "ReturnValues" in request
        or isinstance(write, ItemUpdate)
    )


def _returned_attributes(
    return_values: str, write: ItemWrite, old_item: Item | None, new_item: Item | None
) -> Item | None:
    if return_values == "ALL_OLD":
        return old_item
    if return_values == "NONE":
        return None
    assert isinstance(write, ItemUpdate)
    # The new item may share values with the request.
    item = (old_item or {}) if return_values == "UPDATED_OLD" else fresh_copy(new_item or {})
    return item if return_values == "ALL_NEW" else compile_projection(write.touched_paths)(item)
