"""Salvaging a damaged file: everything that can be read goes into a new one, and what cannot is listed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from minidynamo.database.database import Database
from minidynamo.database.lost_tables import lost_tables, stage_recovered
from minidynamo.database.read_only import ReadOnlyDatabase
from minidynamo.errors import StoreError
from minidynamo.limits import FILE_MODE
from minidynamo.storage.engine import Batch, Snapshot
from minidynamo.storage.memory.engine import MemoryEngine
from minidynamo.storage.sqlite.copies import new_copy
from minidynamo.storage.sqlite.readers import read_snapshot
from minidynamo.storage.sqlite.salvaging import SalvagedStore, readable_rows
from minidynamo.storage.sqlite.skipping import Skipped
from minidynamo.storage.sqlite.store_file import IO_ERRORS
from minidynamo.storage.sqlite.store_path import store_path
from minidynamo.tables.catalog import SYSTEM_KEYSPACE, damaged_definition
from minidynamo.tables.changes import index_entries
from minidynamo.tables.damage import damaged_place


@dataclass
class SalvageReport:
    """What has become of a damaged file.

    Attributes:
        tables: the number of items that were salvaged, by table.
        lost: how many items are missing, by table, as far as the file still says how many there were.
        damaged: what could not be read, in words.
        count: how many damaged places there are; `damaged` has the first ten thousand.
        unassigned: how many items there are of tables whose definition is damaged, by keyspace. They are left out.
        fault: what `check` finds wrong with the new file; "" for nothing.
    """

    tables: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    count: int = 0
    unassigned: dict[str, int] = field(default_factory=dict)
    fault: str = ""


def salvage(
    source: str | Path,
    target: str | Path,
    file_mode: int = FILE_MODE,
    progress: Callable[[str, int], None] | None = None,
    declare: Callable[[Database], object] | None = None,
) -> SalvageReport:
    """Writes all that can be read of a file into a new one; indexes are made anew from the items.

    Parameters:
        source: the damaged file, which is not changed. Nobody may write to it meanwhile.
        target: the new file, which must not be there yet.
        file_mode: its permissions, as far as the umask allows.
        progress: told the name of each table as it is looked through, and how many items it should have.
        declare: creates in a database the tables that those may be whose definition is damaged.

    Raises:
        StoreError: nothing can be read of it, or the new file cannot be written.
    """
    skipped = Skipped(everything=True)
    snapshot = read_snapshot(store_path(Path(source), is_read_only=True), skipped)
    report = SalvageReport()
    try:
        engine = MemoryEngine(snapshot)
        engine.io_errors = ()  # A catalog that is not complete is better than none.
        database = _with_lost_tables(Database(engine=engine), snapshot, skipped, report, declare)
        with new_copy(Path(target), "write", file_mode) as temporary:
            with SalvagedStore(temporary) as store:
                _write(store, database, snapshot, report, progress)
            report.fault = _fault_of(temporary)
    except (*IO_ERRORS, ValueError, KeyError) as error:
        raise StoreError(f"nothing can be salvaged of {source}: its catalog of tables is damaged: {error}") from error
    report.count = len(skipped)
    report.damaged = [damaged_place(database.catalog, each) for each in skipped.records]
    return report


def _with_lost_tables(
    database: Database,
    snapshot: Snapshot,
    skipped: Skipped,
    report: SalvageReport,
    declare: Callable[[Database], object] | None,
) -> Database:
    """A database with the tables, too, whose definition is damaged and declared; others are reported."""
    names = {name for each in skipped.records if (name := damaged_definition(each)) is not None}
    lost = lost_tables(database.catalog, snapshot, names)
    if lost and declare is not None:
        declaring, batch = Database(), Batch()
        declare(declaring)
        declared = {name: table.state for name, table in declaring.catalog.tables.items()}
        lost = stage_recovered(batch, database.catalog, snapshot, lost, declared)
        database.engine.commit(batch)
        database = Database(engine=database.engine)
    report.unassigned = {each.keyspace: each.item_count for each in lost}
    return database


def _write(
    store: SalvagedStore,
    database: Database,
    snapshot: Snapshot,
    report: SalvageReport,
    progress: Callable[[str, int], None] | None,
) -> None:
    """Writes what the tables need that there are: indexes by the items alone, whatever their entries were."""
    catalog = database.catalog
    store.write(SYSTEM_KEYSPACE, [b""], catalog.system.range(b"", None))
    for name in catalog.streams.keyspace_names & snapshot.keyspaces.keys():
        store.write(name, _starts(snapshot, name), readable_rows(snapshot.keyspaces[name]))
    for table in catalog.tables.values():
        name = table.keyspace.name
        noted = sum(each.item_count for each in snapshot.keyspaces[name])
        if progress is not None:
            progress(table.name, noted)
        maps = store.write(name, _starts(snapshot, name), readable_rows(snapshot.keyspaces[name]))
        count = report.tables[table.name] = sum(each.item_count for each in maps)
        report.lost[table.name] = max(0, noted - count)
        for index in table.indexes.values():
            entries = index_entries(index.definition, chain.from_iterable(each.range(None, None) for each in maps))
            store.write(index.keyspace.name, _starts(snapshot, index.keyspace.name), entries)
            if index.keyspace.name in snapshot.keyspaces:  # What is damaged of it is told all the same.
                deque(readable_rows(snapshot.keyspaces[index.keyspace.name]), maxlen=0)


def _starts(snapshot: Snapshot, name: str) -> list[bytes]:
    return [each.start for each in snapshot.keyspaces.get(name, ())] or [b""]


def _fault_of(path: Path) -> str:
    """What is wrong with a new file; "" for nothing."""
    try:
        with ReadOnlyDatabase(path) as database:
            database.check()
    except (AssertionError, StoreError) as error:
        return str(error)
    return ""
