"""BatchWriteItem: up to 25 puts and deletions over several tables, each atomic, checked all before any is done."""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.limits import BATCH_WRITE_REQUESTS_MAX
from minidynamo.messages import DUPLICATE_KEYS, VALUE_AMBIGUOUS
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.item_writes import UNGUARDED, ItemDeletion, ItemPut, ItemWrite
from minidynamo.operations.items.single_write import collection_metrics
from minidynamo.tables.capacity import Consumption, add_consumed_capacities
from minidynamo.tables.changes import WriteBatch, stage_change
from minidynamo.tables.damage import old_record_of
from minidynamo.tables.table import Table
from minidynamo.values.api_types import Request, Response
from minidynamo.values.attribute_value import checked_item
from minidynamo.values.records import checked_record, record_item

# A write, and where it goes.
_Located = tuple[ItemWrite, Table, bytes]


def batch_write_item(context: OperationContext, request: Request) -> Response:
    """Carries out all requests; `UnprocessedItems` is empty, since nothing is throttled here."""
    writes = _checked(request["RequestItems"])
    consumptions: dict[str, Consumption] = {}
    metrics: dict[str, dict[bytes, Response]] = {}
    with context.lock:
        located = _located(context, writes)
        context.engine.expect((table.keyspace.name, key) for _, table, key in located)
        batch = WriteBatch()
        for write, table, key in located:
            consumption = _stage(batch, write, table, key)
            consumptions.setdefault(write.table_name, Consumption()).add(consumption)
        batch.require_room()
        context.commit(batch)
        for write, table, _ in located:
            if table.collections.are_bounded:
                prefix = table.primary_key.partition_prefix(write.subject)
                metrics.setdefault(write.table_name, {})[prefix] = collection_metrics(table, write.subject)
    response: Response = {"UnprocessedItems": {}}
    if request.get("ReturnItemCollectionMetrics") == "SIZE" and metrics:
        response["ItemCollectionMetrics"] = {name: list(each.values()) for name, each in metrics.items()}
    add_consumed_capacities(response, request, consumptions)
    return response


def _checked(items: dict[str, list[Request]]) -> list[ItemWrite]:
    """Checks everything that needs no table."""
    if sum(map(len, items.values())) > BATCH_WRITE_REQUESTS_MAX:
        raise ValidationError("Too many items requested for the BatchWriteItem call")
    return [_planned(name, entry) for name, entries in items.items() for entry in entries]


def _planned(table_name: str, entry: Request) -> ItemWrite:
    if ("PutRequest" in entry) is ("DeleteRequest" in entry):
        raise ValidationError(VALUE_AMBIGUOUS)
    if "PutRequest" not in entry:
        return ItemDeletion(table_name, UNGUARDED, checked_item(entry["DeleteRequest"]["Key"])[0])
    return ItemPut(table_name, UNGUARDED, *checked_record(entry["PutRequest"]["Item"]))


def _located(context: OperationContext, writes: list[ItemWrite]) -> list[_Located]:
    """Finds every key in its table; refuses keys that do not fit and duplicates."""
    tables = {name: context.catalog.table(name) for name in dict.fromkeys(write.table_name for write in writes)}
    located = [(write, table := tables[write.table_name], _key_bytes(write, table)) for write in writes]
    if len({(table.name, key) for _, table, key in located}) < len(located):
        raise ValidationError(DUPLICATE_KEYS)
    return located


def _key_bytes(write: ItemWrite, table: Table) -> bytes:
    if isinstance(write, ItemPut):  # Worded otherwise than by PutItem.
        table.primary_key.check_matches(write.subject, exact=False)
    return write.locate(table)


def _stage(batch: WriteBatch, write: ItemWrite, table: Table, key: bytes) -> Consumption:
    old_record = old_record_of(table, key, bool(table.indexes))
    old_item = record_item(old_record) if old_record is not None and table.indexes else None
    new_item, new_record = write.result(table, old_item, old_record)
    return stage_change(batch, table, key, old_record, old_item, new_item, new_record)
