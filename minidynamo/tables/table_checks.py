"""What must hold of a table: every item under its key, with its entries, and no entry without its item.

Entries are looked up item by item and counted, so that a check takes no more memory for a large table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from minidynamo.tables.table import Index, Table
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import record_item

# Told how many more records have been looked at.
Advance = Callable[[int], None]
_STEP_RECORDS = 1_000


def check_table(table: Table, advance: Advance | None = None) -> None:
    """Asserts that every item has its entries, every entry its item, and all partitions their order."""
    _check_state(table)
    counts = dict.fromkeys(table.indexes, 0)
    expiring = 0
    for key, record in _told(table.keyspace.range(b"", None), advance):
        item = record_item(record)
        own = table.primary_key.key_bytes(item)
        assert own == key, f"an item of {table.name} lies under {key!r} and has the key {own!r}"
        for index in table.indexes.values():
            counts[index.name] += _check_entry(table, index, key, item, record)
        if table.expiry is not None:
            expiring += table.expiry.check_item(key, item)
    for index in table.indexes.values():
        found, wanted = index.keyspace.item_count, counts[index.name]
        assert found == wanted, f"index {index.name} differs from the items of {table.name}: {found} entries"
    if table.expiry is not None:
        table.expiry.check(expiring)
    table.collections.check()


def _check_state(table: Table) -> None:
    for keyspace in table.keyspaces:
        keyspace.check()
    wanted = sorted(each.name for each in table.state.indexes if each.status != "DELETING")
    assert list(table.indexes) == wanted, f"{table.name} has the indexes {list(table.indexes)}, its state {wanted}"
    label = None if table.stream is None else table.stream.key[1]
    wanted_label = table.state.stream_label if table.state.has_stream else None
    assert label == wanted_label, f"{table.name} writes to the stream {label}, its state says {wanted_label}"


def _check_entry(table: Table, index: Index, key: bytes, item: Item, record: bytes) -> bool:
    """Asserts that an index has what it should have of an item; whether that is an entry."""
    entry_key = index.definition.entry_key(item, key)
    if entry_key is None:
        return False
    entry = index.keyspace.get(entry_key)
    is_same = index.definition.projects_all and entry == record  # Which says so without being decoded.
    is_right = is_same or (entry is not None and record_item(entry) == index.definition.projected(item))
    assert is_right, f"index {index.name} differs from the items of {table.name} at {item}"
    return True


def _told(entries: Iterable[tuple[bytes, bytes]], advance: Advance | None) -> Iterator[tuple[bytes, bytes]]:
    """The same entries; whoever wants to know is told how many there have been."""
    count = 0
    for entry in entries:
        yield entry
        count += 1
        if advance is not None and count % _STEP_RECORDS == 0:
            advance(_STEP_RECORDS)
    if advance is not None:
        advance(count % _STEP_RECORDS)
