"""The engine that keeps everything in one SQLite file; `store_file.py` draws its format.

One connection carries reads and commits, under the database's lock. A commit is in the operating system's hands when it
returns, so that it survives a killed process; whether it is on the disk is `durability.py`'s business.
"""

from __future__ import annotations

import atexit
import logging
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from minidynamo.arguments import did_you_mean
from minidynamo.errors import StorageFailure, StoreDamaged, StoreError
from minidynamo.limits import FILE_MODE
from minidynamo.storage.cut_search import Cut, check_cut
from minidynamo.storage.engine import DURABILITIES, Batch, Engine, Snapshot, View
from minidynamo.storage.ordered_map import OrderedMap, check_tiling, map_of
from minidynamo.storage.sqlite.checkpointer import CHECKPOINT, Checkpointer
from minidynamo.storage.sqlite.copies import copy_file
from minidynamo.storage.sqlite.differences import write_differences
from minidynamo.storage.sqlite.durability import Durability, LogSync, NoSync
from minidynamo.storage.sqlite.log_watch import LogWatch
from minidynamo.storage.sqlite.map import CachedMap, RowWriter, SqliteMap, check_pages, stored_keyspaces, stored_maps
from minidynamo.storage.sqlite.ownership import Ownership
from minidynamo.storage.sqlite.readers import SqliteView, read_snapshot
from minidynamo.storage.sqlite.record_cache import RecordCache
from minidynamo.storage.sqlite.recovery import recovered, require_log
from minidynamo.storage.sqlite.skipping import Skipped
from minidynamo.storage.sqlite.store_file import IO_ERRORS, PAGE_BYTES, Reader, keep_for_ever, open_file, open_reader
from minidynamo.storage.sqlite.store_path import log_of, store_path
from minidynamo.storage.sqlite.transaction import Transaction

logger = logging.getLogger("minidynamo.storage")


# Stores that are open, until they are closed: at the latest when the process ends, so that their logs are moved into
# their files in order. Without this SQLite would do so when it is torn down, and its end would not be noted.
_OPEN: dict[SqliteEngine, threading.RLock] = {}
# How long a thread at work is waited for then: SQLite does not survive a connection that is closed under a read.
_EXIT_WAIT_SECONDS = 5.0


@atexit.register
def _close_all() -> None:
    for engine, lock in list(_OPEN.items()):
        if lock.acquire(timeout=_EXIT_WAIT_SECONDS):  # And kept: whoever waits for it now ends with the process.
            with suppress(Exception):
                engine.close()


class SqliteEngine(Engine):
    """Keeps ordered maps in a file, which this process owns until it is closed.

    Parameters:
        path: of the file, which is made where there is none.
        durability: "full" to have commits on the disk before they are answered, "process" to leave that to the
            operating system.
        file_mode: the permissions of what is made, as far as the umask allows.

    Raises:
        StoreError: the file cannot be opened as a store, or another process owns it.
    """

    io_errors: tuple[type[Exception], ...] = IO_ERRORS
    skipped: Skipped | None

    def __init__(
        self, path: Path, durability: str = "full", file_mode: int = FILE_MODE, skipped: Skipped | None = None
    ) -> None:
        if durability not in DURABILITIES:
            raise ValueError(f"there is no durability {durability!r}: {did_you_mean(durability, DURABILITIES)}")
        self._path = path = store_path(path)
        self.place, self.skipped = path.name, skipped
        self._waits_for_disk = durability == "full"
        self._commit_count = 0
        self._is_closed = False
        self._ownership = Ownership(path, file_mode)
        try:
            require_log(path, self._ownership)
            try:
                self._open(durability, file_mode)
            except BaseException:
                if not log_of(path).exists():
                    self._ownership.forget()  # SQLite has moved all of it into the file when it was closed.
                raise
        except BaseException:
            self._ownership.release()
            raise

    def _open(self, durability: str, file_mode: int) -> None:
        path = self._path
        self._connection = open_file(path, file_mode)
        try:
            cursor = recovered(self._connection, path)
            self._watch = watch = LogWatch(path, self._ownership, cursor, self._commits, durability != "full")
            self._durability: Durability = (
                LogSync(path, watch, self._commits) if durability == "full" else NoSync(watch, self._commits)
            )
            self._checkpointer = Checkpointer(path, self._connection, self._watch.checkpoint)
            self._idle_readers: list[Reader] = []
            self._writer = RowWriter(self._connection)
            self._ids = stored_keyspaces(self._connection)
            self._cache = RecordCache()
            self._maps = {name: self._stored_maps(name) for name in self._ids}
        except IO_ERRORS as error:
            self._connection.close()
            raise StoreDamaged(f"cannot open {path}, which is damaged: {error}") from None
        except (StoreError, OSError):
            self._connection.close()
            raise

    def close_at_exit(self, lock: threading.RLock) -> None:
        _OPEN[self] = lock

    def keyspaces(self) -> list[str]:
        return list(self._maps)

    def maps(self, keyspace: str) -> Sequence[SqliteMap]:
        if keyspace not in self._maps:
            self._add_keyspace(keyspace)
        return self._maps[keyspace]

    @property
    def is_durable(self) -> bool:
        return True

    @property
    def waits_for_disk(self) -> bool:
        return self._waits_for_disk

    @property
    def is_durable_now(self) -> bool:
        return self._durability.is_durable_now

    def make_durable(self) -> None:
        if not self._is_closed:  # Closing has made durable all there was.
            self._durability.make_durable()

    def commit(self, batch: Batch) -> None:
        put, delete, ids = self._writer.put, self._writer.delete, self._ids
        changes: dict[SqliteMap, list[int]] = {}
        log_bytes = PAGE_BYTES
        with self._transaction():
            created = self._created(batch.creates)
            for name in batch.drops:
                self._writer.drop_keyspace(ids[name])
            for keyspace, key, record, size_change, count_change in batch.writes:
                target = map_of(created[keyspace] if keyspace in created else self._maps[keyspace], key)
                if record is None:
                    delete(target.keyspace_id, key)
                else:
                    put(target.keyspace_id, key, record)
                    log_bytes += len(record) + PAGE_BYTES  # A write changes a page at least.
                change = changes.get(target)
                if change is None:
                    changes[target] = [target.item_count + count_change, target.size_bytes + size_change]
                else:
                    change[0] += count_change
                    change[1] += size_change
            for target, (count, size) in changes.items():
                self._writer.update_map(target.keyspace_id, target.start, count, size)
        for target, (count, size) in changes.items():
            target.item_count, target.size_bytes = count, size
        for name, maps in created.items():
            self._maps[name], ids[name] = maps, maps[0].keyspace_id
        for keyspace, key, record, _, _ in batch.writes:
            self._cache.keep((ids[keyspace], key), record)
        for name in batch.drops:
            del self._maps[name], ids[name]
        if batch.drops:  # Their ids may come again.
            self._cache.clear()
        self._checkpointer.count_bytes(log_bytes)

    def _created(self, names: Sequence[str]) -> dict[str, list[SqliteMap]]:
        """The maps of new keyspaces, within a transaction; they are live once it has been committed."""
        assert self._maps.keys().isdisjoint(names), f"of {names} some begin and are there already"
        return {name: [self._first_map(self._writer.add_keyspace(name), name)] for name in names}

    def split(self, keyspace: str, lower: OrderedMap, cut: Cut) -> SqliteMap:
        maps = self._maps[keyspace]
        assert isinstance(lower, SqliteMap), f"{keyspace} has a map of another engine: {lower!r}"
        check_cut(lower, cut)
        count, size = lower.item_count - cut.item_count, lower.size_bytes - cut.size_bytes
        upper = self._map(lower.keyspace_id, keyspace, cut.key, lower.stop, count, size)
        with self._transaction():
            self._writer.put_map(lower.keyspace_id, lower.start, cut.item_count, cut.size_bytes)
            self._writer.put_map(upper.keyspace_id, cut.key, upper.item_count, upper.size_bytes)
        lower.stop, lower.item_count, lower.size_bytes = cut
        maps.insert(maps.index(lower) + 1, upper)
        return upper

    def view(self) -> View | None:
        if self._idle_readers:
            return SqliteView(self._idle_readers.pop(), self._idle_readers.append)
        try:
            self._require_sound()
            reader = open_reader(self._path)
        except (StoreError, StorageFailure):  # The file has been moved, say; the open connection still reads it.
            return None
        return SqliteView(reader, self._idle_readers.append)

    def snapshot(self) -> Snapshot:
        self._require_sound()
        return read_snapshot(self._path, self.skipped)

    def restore(self, snapshot: Snapshot) -> None:
        present = self.snapshot()
        with self._transaction():
            ids, log_bytes = write_differences(self._writer, self._ids, present, snapshot)
        self._ids = ids
        self._cache.clear()
        self._maps = {
            name: [self._map(ids[name], name, each.start, each.stop, each.item_count, each.size_bytes) for each in maps]
            for name, maps in snapshot.keyspaces.items()
        }
        self._checkpointer.count_bytes(log_bytes)

    def copy_to(self, path: Path, file_mode: int, allow_damage: bool) -> bool:
        self._require_sound()
        copy_file(self._path, path, file_mode, allow_damage)
        return True

    def close(self) -> None:
        with suppress(StorageFailure):  # Whoever waited for it has been told.
            self.make_durable()
        self._is_closed = True
        _OPEN.pop(self, None)
        self._checkpointer.stop()
        self._maps.clear()
        self._cache.clear()
        self._idle_readers.clear()
        self._leave_log()
        self._connection.close()
        if self._watch.is_log_moved():
            self._ownership.forget()
        self._watch.close()
        self._ownership.release()

    def _leave_log(self) -> None:
        """Moves the log into the file, and makes sure of what has to stay in it since it is still read."""
        if self._durability.failure is not None:
            return
        with suppress(sqlite3.Error, OSError, StorageFailure):
            busy, logged, moved = self._connection.execute(CHECKPOINT).fetchone()
            if not busy and logged == moved:
                self._ownership.forget()
            else:
                self._watch.leave()

    def detach_after_fork(self) -> None:
        """Releases the store in a child process, without touching what its parent goes on using.

        SQLite must not even close the connection here: the last one to do so deletes the log, and whoever owns the
        store by then goes on writing to it.
        """
        _OPEN.pop(self, None)
        keep_for_ever(self._connection)
        self._ownership.let_go()

    def check(self) -> None:
        self._watch.check_log()
        self._cache.check()
        stored_ids = stored_keyspaces(self._connection)
        assert stored_ids == self._ids, f"the keyspaces are stored as {stored_ids} and known as {self._ids}"
        assert self._ids.keys() == self._maps.keys(), f"maps are known of {list(self._maps)}, ids of {list(self._ids)}"
        for name, maps in self._maps.items():
            rows = self._stored_maps(name)
            stored = [(each.start, each.item_count, each.size_bytes) for each in rows]
            known = [(each.start, each.item_count, each.size_bytes) for each in maps]
            assert stored == known, f"{name} is stored as {stored} and known as {known} (start, items, bytes)"
            check_tiling(maps, name)
            for each in maps:
                each.check()
        check_pages(self._connection)  # Last: it does not say which table is damaged.

    def _transaction(self) -> Transaction:
        self._require_healthy()
        return Transaction(self._connection, self._count_commit)

    def _require_healthy(self) -> None:
        if self._durability.failure is not None:
            raise self._durability.failure

    def _require_sound(self) -> None:
        """Before anything is opened by its name."""
        self._require_healthy()
        self._watch.require_in_place()

    def _commits(self) -> int:
        return self._commit_count

    def _count_commit(self) -> None:
        self._commit_count += 1

    def _add_keyspace(self, name: str) -> None:
        batch = Batch()
        batch.creates.append(name)
        self.commit(batch)

    def _stored_maps(self, name: str) -> list[SqliteMap]:
        rows = stored_maps(self._connection, self._ids[name], name, self.skipped)
        return [CachedMap(self._cache, each) for each in rows]

    def _first_map(self, keyspace_id: int, name: str) -> SqliteMap:
        return self._map(keyspace_id, name, b"", None, 0, 0)

    def _map(self, keyspace_id: int, name: str, start: bytes, stop: bytes | None, count: int, size: int) -> SqliteMap:
        stored = SqliteMap(self._connection, keyspace_id, name, start, stop, count, size, self.skipped)
        return CachedMap(self._cache, stored)
