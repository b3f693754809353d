"""Making the rows of a file what a snapshot holds, by writing only what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from minidynamo.storage.engine import Snapshot
from minidynamo.storage.ordered_map import OrderedMap
from minidynamo.storage.sqlite.map import RowWriter
from minidynamo.storage.sqlite.store_file import PAGE_BYTES

_Entry = tuple[bytes, bytes]


def write_differences(
    writer: RowWriter, ids: Mapping[str, int], present: Snapshot, wanted: Snapshot
) -> tuple[dict[str, int], int]:
    """Writes, within a transaction, what makes of one state the other.

    Parameters:
        writer: writes the rows.
        ids: those of the keyspaces there are.
        present: what the file holds, read on a connection of its own.
        wanted: what it shall hold.

    Returns:
        The ids of the keyspaces there are then, and about how many bytes were written.
    """
    known, found = sorted(ids), sorted(present.keyspaces)
    assert known == found, f"the keyspaces {known} are known, and the file holds {found}"
    for name, keyspace_id in ids.items():
        if name not in wanted.keyspaces:
            writer.drop_keyspace(keyspace_id)
    new_ids: dict[str, int] = {}
    written = 0
    for name, maps in wanted.keyspaces.items():
        new_ids[name] = ids[name] if name in ids else writer.add_keyspace(name)
        written += _write_keyspace(writer, new_ids[name], present.keyspaces.get(name, ()), maps)
    return new_ids, written


def _write_keyspace(
    writer: RowWriter, keyspace_id: int, present: Sequence[OrderedMap], wanted: Sequence[OrderedMap]
) -> int:
    old, new = (chain.from_iterable(each.range(None, None) for each in maps) for maps in (present, wanted))
    written = 0
    for key, record in _differences(old, new):
        written += PAGE_BYTES + len(record or b"")
        if record is None:
            writer.delete(keyspace_id, key)
        else:
            writer.put(keyspace_id, key, record)
    writer.drop_maps(keyspace_id)
    for each in wanted:
        writer.put_map(keyspace_id, each.start, each.item_count, each.size_bytes)
    return written


def _differences(present: Iterator[_Entry], wanted: Iterator[_Entry]) -> Iterator[tuple[bytes, bytes | None]]:
    """What must be written (or, None, deleted) to make of one sequence in key order the other."""
    old = next(present, None)
    for new in wanted:
        while old is not None and old[0] < new[0]:
            yield old[0], None
            old = next(present, None)
        if old != new:
            yield new
        if old is not None and old[0] == new[0]:
            old = next(present, None)
    while old is not None:
        yield old[0], None
        old = next(present, None)
