"""BatchWriteItem: up to 25 puts and deletions over several tables, each atomic, checked all before any is done."""

from __future__ import annotations

from typing import Any

from minidynamo.errors import ValidationError
from minidynamo.limits import BATCH_WRITE_REQUESTS_MAX, ITEM_SIZE_BYTES_MAX
from minidynamo.messages import DUPLICATE_KEYS, ITEM_TOO_LARGE, VALUE_AMBIGUOUS
from minidynamo.operations.context import OperationContext, Request, Response
from minidynamo.operations.items.single_write import collection_metrics
from minidynamo.tables.capacity import Consumption, add_consumed_capacities
from minidynamo.tables.changes import WriteBatch, stage_change
from minidynamo.tables.table import Table
from minidynamo.values.attribute_value import Item, checked_item
from minidynamo.values.records import record_item

# A put with its item and size, or a deletion with its key and no size.
_Write = tuple[Item, int | None]


def batch_write_item(context: OperationContext, request: Request) -> Response:
    """Carries out all requests; `UnprocessedItems` is empty, since nothing is throttled here."""
    writes = _checked(request["RequestItems"])
    consumptions: dict[str, Consumption] = {}
    metrics: dict[str, dict[bytes, Any]] = {}
    with context.lock:
        located = _located(context, writes)
        batch = WriteBatch()
        for name, table, key, (item, size) in located:
            consumption = _stage(batch, table, key, item, size)
            consumptions.setdefault(name, Consumption()).add(consumption)
        batch.require_room()
        context.commit(batch)
        for name, table, _, (item, _size) in located:
            if table.collections.are_bounded:
                prefix = table.primary_key.partition_prefix(item)
                metrics.setdefault(name, {})[prefix] = collection_metrics(table, item)
    response: Response = {"UnprocessedItems": {}}
    if request.get("ReturnItemCollectionMetrics") == "SIZE" and metrics:
        response["ItemCollectionMetrics"] = {name: list(each.values()) for name, each in metrics.items()}
    add_consumed_capacities(response, request, consumptions)
    return response


def _checked(items: dict[str, list[Request]]) -> dict[str, list[_Write]]:
    """Checks everything that needs no table."""
    if sum(map(len, items.values())) > BATCH_WRITE_REQUESTS_MAX:
        raise ValidationError("Too many items requested for the BatchWriteItem call")
    return {name: [_checked_write(entry) for entry in entries] for name, entries in items.items()}


def _checked_write(entry: Request) -> _Write:
    if ("PutRequest" in entry) is ("DeleteRequest" in entry):
        raise ValidationError(VALUE_AMBIGUOUS)
    if "PutRequest" not in entry:
        return checked_item(entry["DeleteRequest"]["Key"])[0], None
    item, size = checked_item(entry["PutRequest"]["Item"])
    if size > ITEM_SIZE_BYTES_MAX:
        raise ValidationError(ITEM_TOO_LARGE)
    return item, size


def _located(context: OperationContext, writes: dict[str, list[_Write]]) -> list[tuple[str, Table, bytes, _Write]]:
    """Finds every key in its table; refuses keys that do not fit and duplicates."""
    tables = {name: context.catalog.table(name) for name in writes}
    located = [
        (name, tables[name], _key_bytes(tables[name], write), write)
        for name, entries in writes.items()
        for write in entries
    ]
    places = {(table.name, key) for _, table, key, _ in located}
    if len(places) < len(located):
        raise ValidationError(DUPLICATE_KEYS)
    return located


def _key_bytes(table: Table, write: _Write) -> bytes:
    item, size = write
    if size is None:
        return table.primary_key.encoded_key(item)
    table.primary_key.check_matches(item, exact=False)
    key = table.primary_key.encoded_item_key(item)
    table.check_index_keys(item)
    return key


def _stage(batch: WriteBatch, table: Table, key: bytes, item: Item, size: int | None) -> Consumption:
    old_record = table.record(key)
    old_item = record_item(old_record) if old_record is not None and table.indexes else None
    new_item = None if size is None else item
    return stage_change(batch, table, key, old_record, old_item, new_item, size or 0)
