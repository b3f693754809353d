"""Salvaging a damaged file: everything that can be read goes into a new one, and what cannot is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from minidynamo.database.database import Database
from minidynamo.errors import StoreError
from minidynamo.limits import FILE_MODE
from minidynamo.storage.engine import Batch, RecordDamaged, Snapshot
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.memory.engine import MemoryEngine
from minidynamo.storage.sqlite.copies import write_file
from minidynamo.storage.sqlite.readers import read_snapshot
from minidynamo.storage.sqlite.skipping import Skipped
from minidynamo.storage.sqlite.store_file import IO_ERRORS
from minidynamo.storage.sqlite.store_path import store_path
from minidynamo.tables.changes import entry_record
from minidynamo.tables.damage import damaged_place
from minidynamo.tables.table import Index, Table
from minidynamo.values.records import record_item, record_size_bytes


@dataclass
class SalvageReport:
    """What has become of a damaged file.

    Attributes:
        tables: the number of items that were salvaged, by table.
        lost: how many items are missing, by table, as far as the file still says how many there were.
        damaged: what could not be read, in words.
        count: how many damaged places there are; `damaged` has the first ten thousand.
    """

    tables: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    count: int = 0


def salvage(
    source: str | Path,
    target: str | Path,
    file_mode: int = FILE_MODE,
    progress: Callable[[str, int], None] | None = None,
) -> SalvageReport:
    """Writes all that can be read of a file into a new one; indexes are made anew from the items.

    Parameters:
        source: the damaged file, which is not changed. Nobody may write to it meanwhile.
        target: the new file, which must not be there yet.
        file_mode: its permissions, as far as the umask allows.
        progress: told the name of each table as it is looked through, and how many items it should have.

    Raises:
        StoreError: nothing can be read of it, or the new file cannot be written.
    """
    skipped = Skipped(everything=True)
    snapshot = read_snapshot(store_path(Path(source), is_read_only=True), skipped)
    try:
        noted = {name: sum(each.item_count for each in maps) for name, maps in snapshot.keyspaces.items()}
        _recount(snapshot)
        engine = MemoryEngine(snapshot)
        engine.io_errors = ()  # A catalog that is not complete is better than none.
        database = Database(engine=engine)
        report = SalvageReport()
        for table in database.catalog.tables.values():
            count = report.tables[table.name] = table.keyspace.item_count
            report.lost[table.name] = noted[table.keyspace.name] - count
            assert report.lost[table.name] >= 0, f"{table.name} has more items than are noted: {count}"
            if progress is not None:
                progress(table.name, count)
            for index in table.indexes.values():
                _mend(engine, table, index)
    except (*IO_ERRORS, ValueError, KeyError) as error:
        raise StoreError(f"nothing can be salvaged of {source}: its catalog of tables is damaged: {error}") from error
    write_file(engine.snapshot(), Path(target), file_mode)
    report.count = skipped.count
    report.damaged = [damaged_place(database.catalog, each) for each in skipped.records]
    return report


def _recount(snapshot: Snapshot) -> None:
    """Lets each map count what can be read of it."""
    for maps in snapshot.keyspaces.values():
        for each in maps:
            count = size = 0
            for _, record in each.range(None, None):
                count, size = count + 1, size + record_size_bytes(record)
            each.item_count, each.size_bytes = count, size


def _mend(engine: MemoryEngine, table: Table, index: Index) -> None:
    """Makes the entries of an index those of the items that can be read."""
    batch = Batch()
    for entry_key, old, entry in _differences(table, index):
        old_size = 0 if old is None else record_size_bytes(old)
        if entry is None:
            batch.delete(index.keyspace.name, entry_key, old_size)
        else:
            batch.put(index.keyspace.name, entry_key, entry, record_size_bytes(entry) - old_size, old is None)
    engine.commit(batch)


def _differences(table: Table, index: Index) -> Iterator[tuple[bytes, bytes | None, bytes | None]]:
    """Keys of entries with what is found there and what should be; None for nothing."""
    definition, keyspace = index.definition, index.keyspace
    for key, record in table.keyspace.range(b"", None):
        item = record_item(record)
        entry_key = definition.entry_key(item, key)
        if entry_key is not None:
            entry = entry_record(definition, item, record, record_size_bytes(record))
            found = _readable(keyspace, entry_key)
            if found != entry:
                yield entry_key, found, entry
    for entry_key, found in keyspace.range(b"", None):
        item_key = definition.item_key(entry_key)
        record_now = None if item_key is None else _readable(table.keyspace, item_key)
        item_now = None if record_now is None else record_item(record_now)
        if item_key is None or item_now is None or definition.entry_key(item_now, item_key) != entry_key:
            yield entry_key, found, None


def _readable(keyspace: Keyspace, key: bytes) -> bytes | None:
    try:
        return keyspace.get(key)
    except RecordDamaged:
        return None
