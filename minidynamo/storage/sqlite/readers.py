"""Reading a store beside its owner: one state of it, or whichever is the latest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from minidynamo.errors import StoreDamaged
from minidynamo.storage.engine import Snapshot
from minidynamo.storage.memory.engine import MemoryEngine
from minidynamo.storage.ordered_map import OrderedMap
from minidynamo.storage.sqlite.log_end import loss
from minidynamo.storage.sqlite.map import SqliteMap, check_pages, stored_keyspaces, stored_maps
from minidynamo.storage.sqlite.ownership import end_without_owner
from minidynamo.storage.sqlite.skipping import Skipped
from minidynamo.storage.sqlite.store_file import IO_ERRORS, Reader, open_reader
from minidynamo.storage.sqlite.store_path import log_of, store_path


def read_snapshot(path: Path, skipped: Skipped | None = None) -> Snapshot:
    """What a store holds now, on a connection of its own, which is closed with the last use of the snapshot.

    Parameters:
        path: of the file.
        skipped: notes the damage that reads go past; None for not to.

    Raises:
        StoreError: it cannot be read.
    """
    reader = open_reader(path)
    try:
        reader.execute("BEGIN")
        return _snapshot_of(reader, skipped)
    except IO_ERRORS as error:
        raise StoreDamaged(f"cannot read {path}, which is damaged: {error}") from None


def _snapshot_of(reader: Reader, skipped: Skipped | None) -> Snapshot:
    ids = stored_keyspaces(reader)
    maps = {name: stored_maps(reader, keyspace_id, name, skipped) for name, keyspace_id in ids.items()}
    return Snapshot(maps, IO_ERRORS, skipped)


class SqliteView:
    """A view of a store, on a connection that is lent for it.

    Parameters:
        reader: the connection, which stays at the present state until the view is closed.
        give_back: takes the connection when it has been.
    """

    def __init__(self, reader: Reader, give_back: Callable[[Reader], None]) -> None:
        self._reader = reader
        self._give_back = give_back
        reader.execute("BEGIN")
        reader.execute("SELECT 1 FROM keyspaces LIMIT 1").fetchone()

    def of(self, ordered_map: OrderedMap) -> OrderedMap:
        assert isinstance(ordered_map, SqliteMap), f"a view of a file is asked for {ordered_map!r}"
        return ordered_map.seen_by(self._reader)

    def close(self) -> None:
        self._reader.execute("COMMIT")
        self._give_back(self._reader)


class ReadOnlyEngine(MemoryEngine):
    """Reads a store that another process, or none, owns, always in its latest state.

    What a database changes by itself as time passes, such as the status of a table, stays in memory.

    Parameters:
        path: of the file.
        skipped: notes the damage that reads go past; None for not to.

    Raises:
        StoreError: it cannot be read.
    """

    skipped: Skipped | None

    def __init__(self, path: Path, skipped: Skipped | None = None) -> None:
        super().__init__()
        self.place, self.skipped = path.name, skipped
        self._path = path = store_path(path, is_read_only=True)
        _require_log(path)
        self._reader = open_reader(path)
        self._version: int | None = None
        self._is_closed = False
        try:
            self.begin()
        except IO_ERRORS as error:
            raise StoreDamaged(f"cannot read {path}, which is damaged: {error}") from None
        self.end()

    def begin(self) -> bool:
        """Holds on to the latest state until `end`; returns whether it is another one than the last time."""
        if self._is_closed:
            return False
        self._reader.execute("BEGIN")
        (version,) = self._reader.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return False
        self.restore(_snapshot_of(self._reader, self.skipped))
        self._version = version
        return True

    def end(self) -> None:
        """Releases the state."""
        if not self._is_closed:
            self._reader.execute("COMMIT")

    def snapshot(self) -> Snapshot:
        return read_snapshot(self._path, self.skipped)

    def check(self) -> None:
        for name in self.keyspaces():
            for each in self.maps(name):
                if isinstance(each.below, SqliteMap):
                    each.below.check()
        check_pages(self._reader)  # Last: it does not say which table is damaged.
        super().check()

    def close(self) -> None:
        super().close()
        self._is_closed = True
        self._reader.close()


def _require_log(path: Path) -> None:
    """Raises StoreDamaged where commits are missing that the last owner has had on the disk."""
    noted = end_without_owner(path)
    if noted is None or not path.is_file():
        return
    lost = loss(log_of(path), noted)
    if lost is not None and end_without_owner(path) == noted:  # It has not been opened meanwhile.
        raise StoreDamaged(f"cannot read {path}: {lost}")
