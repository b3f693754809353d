"""Filling a new index in small steps, so that writers of a large table that processes share never wait for it.

From the moment at which the index begins, every write keeps its entries. A step gives entries to some items more that
were there before; how far that has come is a record of the system keyspace, so that another process can go on.

    fill/<TableId>/<index>  ->  {"Table": its name, "Index": its name, "From": the key bytes of the next item}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypedDict

from minidynamo.storage.engine import Batch
from minidynamo.storage.keyspace import Keyspace
from minidynamo.tables.changes import entry_record
from minidynamo.tables.table import Index, Table
from minidynamo.values.records import packed_record, record_content, record_item, record_size_bytes

_PREFIX, _BEHIND = b"fill/", b"fill0"


class Filling(TypedDict):
    """An index that is being filled, and how far that has come."""

    Table: str
    Index: str
    From: bytes


def fillings(system: Keyspace) -> Iterator[tuple[bytes, Filling]]:
    """All indexes that are being filled, by the keys of their records."""
    for key, record in system.range(_PREFIX, _BEHIND):
        yield key, record_content(record)


def filling_key(table_id: str, index_name: str) -> bytes:
    """Where the record of an index that is being filled lies in the system keyspace."""
    return _PREFIX + f"{table_id}/{index_name}".encode()


def stage_filling(batch: Batch, system: Keyspace, key: bytes, filling: Filling | None) -> None:
    """Stages how far an index has come; None where it is full, or gone."""
    system.keep(batch, key, None if filling is None else packed_record(filling, 0))


def stage_entries(batch: Batch, table: Table, index: Index, keys: Sequence[bytes]) -> int:
    """Stages the entries of items, as far as the items are there and have none yet; how many they are.

    Entries cost nothing. Items whose index key is invalid are left out, as the service does.
    """
    definition, count = index.definition, 0
    for key in keys:
        record = table.keyspace.get(key)
        if record is None:
            continue
        item = record_item(record)
        entry_key = definition.entry_key(item, key)
        if entry_key is None or index.keyspace.get(entry_key) is not None:
            continue
        entry = entry_record(definition, item, record, record_size_bytes(record))
        batch.put(index.keyspace.name, entry_key, entry, record_size_bytes(entry), 1)
        count += 1
    assert count <= len(keys), f"{count} entries are made of {len(keys)} items"
    return count
