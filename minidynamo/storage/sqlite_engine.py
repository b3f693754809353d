"""The engine that keeps everything in one SQLite file; `store_file.py` draws its format.

One connection carries reads and commits, under the database's lock. A commit is in the operating system's hands when it
returns, so that it survives a killed process; whether it is on the disk is `durability.py`'s business.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from minidynamo.errors import StorageFailure, StoreError
from minidynamo.storage.checkpointing import Checkpointer
from minidynamo.storage.durability import LogSync
from minidynamo.storage.engine import Batch, OrderedMap
from minidynamo.storage.ownership import Ownership
from minidynamo.storage.store_file import PAGE_BYTES, copy_file, open_file, require_place
from minidynamo.values.records import record_size_bytes

logger = logging.getLogger("minidynamo.storage")

DURABILITIES = ("full", "process")
_RANGE_TESTS = {
    (False, False): "",
    (True, False): "WHERE key >= :start",
    (False, True): "WHERE key < :stop",
    (True, True): "WHERE key >= :start AND key < :stop",
}


class SqliteMap:
    """An ordered map: a stretch of a keyspace's table."""

    __slots__ = (
        "_connection",
        "_select",
        "_table",
        "delete_statement",
        "item_count",
        "keyspace_id",
        "put_statement",
        "size_bytes",
        "start",
        "stop",
    )

    def __init__(
        self, connection: sqlite3.Connection, keyspace_id: int, start: bytes, stop: bytes | None, count: int, size: int
    ) -> None:
        self._connection = connection
        self._table = f"keyspace_{keyspace_id}"
        self._select = f"SELECT record FROM {self._table} WHERE key = ?"
        self.put_statement = f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?)"
        self.delete_statement = f"DELETE FROM {self._table} WHERE key = ?"
        self.keyspace_id = keyspace_id
        self.start, self.stop = start, stop
        self.item_count, self.size_bytes = count, size

    def get(self, key: bytes) -> bytes | None:
        row = self._connection.execute(self._select, (key,)).fetchone()
        return None if row is None else row[0]

    def range(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        low = self.start if start is None else max(start, self.start)
        high = self.stop if stop is None else stop if self.stop is None else min(stop, self.stop)
        test = _RANGE_TESTS[low != b"", high is not None]
        order = "DESC" if reverse else "ASC"
        statement = f"SELECT key, record FROM {self._table} {test} ORDER BY key {order}"
        return self._connection.execute(statement, {"start": low, "stop": high})

    def check(self) -> None:
        """Asserts that count and size agree with the records."""
        sizes = [record_size_bytes(record) for _, record in self.range(None, None)]
        assert self.item_count == len(sizes), "item count differs from the records"
        assert self.size_bytes == sum(sizes), "size differs from the records"


class SqliteEngine:
    """Keeps ordered maps in a file, which this process owns until it is closed.

    Parameters:
        path: of the file, which is made where there is none.
        durability: "full" to have commits on the disk before they are answered, "process" to leave that to the
            operating system.

    Raises:
        StoreError: the file cannot be opened as a store, or another process owns it.
    """

    is_durable = True
    faults: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, path: Path, durability: str = "full") -> None:
        if durability not in DURABILITIES:
            raise ValueError(f"durability must be one of {', '.join(DURABILITIES)}, not {durability!r}")
        require_place(path)
        self._path = path
        self._ownership = Ownership(path)
        try:
            self._connection = open_file(path)
        except StoreError:
            self._ownership.release()
            raise
        self._commit_count = 0
        log = path.with_name(path.name + "-wal")
        self._sync = LogSync(log, lambda: self._commit_count) if durability == "full" else None
        self._checkpointer = Checkpointer(path)
        self._maps: dict[str, list[SqliteMap]] = {}
        self._ids: dict[str, int] = {}
        try:
            self._load()
        except sqlite3.Error as error:
            self.close()
            raise StoreError(f"cannot open {path}, which is damaged: {error}") from None

    def keyspaces(self) -> list[str]:
        return list(self._maps)

    def maps(self, keyspace: str) -> Sequence[SqliteMap]:
        if keyspace not in self._maps:
            self._add_keyspace(keyspace)
        return self._maps[keyspace]

    def settle(self) -> None:
        if self._sync is not None:
            self._sync.settle()

    def commit(self, batch: Batch) -> None:
        execute = self._connection.execute
        changes: dict[SqliteMap, list[int]] = {}
        log_bytes = 0
        with self._transaction():
            for target, key, record, size_change, count_change in batch.writes:
                assert isinstance(target, SqliteMap), "a batch for another engine"
                if record is None:
                    execute(target.delete_statement, (key,))
                else:
                    execute(target.put_statement, (key, record))
                    log_bytes += len(record) + PAGE_BYTES  # A write changes a page at least.
                change = changes.setdefault(target, [target.item_count, target.size_bytes])
                change[0] += count_change
                change[1] += size_change
            for target, (count, size) in changes.items():
                _store_counts(execute, target, count, size)
        for target, (count, size) in changes.items():
            target.item_count, target.size_bytes = count, size
        self._checkpointer.grow(log_bytes + PAGE_BYTES)

    def split(self, keyspace: str, lower: OrderedMap, at_key: bytes) -> SqliteMap:
        maps = self._maps[keyspace]
        assert isinstance(lower, SqliteMap)
        sizes = [record_size_bytes(record) for _, record in lower.range(at_key, None)]
        upper = SqliteMap(self._connection, lower.keyspace_id, at_key, lower.stop, len(sizes), sum(sizes))
        count, size = lower.item_count - upper.item_count, lower.size_bytes - upper.size_bytes
        with self._transaction():
            _store_counts(self._connection.execute, lower, count, size)
            row = (upper.keyspace_id, at_key, upper.item_count, upper.size_bytes)
            self._connection.execute("INSERT INTO maps VALUES (?, ?, ?, ?)", row)
        lower.stop, lower.item_count, lower.size_bytes = at_key, count, size
        maps.insert(maps.index(lower) + 1, upper)
        return upper

    def drop(self, keyspace: str) -> None:
        if keyspace not in self._maps:
            return
        keyspace_id = self._ids[keyspace]
        with self._transaction():
            self._connection.execute("DELETE FROM keyspaces WHERE id = ?", (keyspace_id,))
            self._connection.execute("DELETE FROM maps WHERE keyspace = ?", (keyspace_id,))
            self._connection.execute(f"DROP TABLE keyspace_{keyspace_id}")
        del self._maps[keyspace], self._ids[keyspace]

    def backup(self, path: Path) -> None:
        """Copies the store, as it is now, to a new file; others go on meanwhile.

        Raises:
            StoreError: there is such a file, or it cannot be written.
        """
        copy_file(self._path, path)

    def close(self) -> None:
        with suppress(StorageFailure):  # Whoever waited for it has been told.
            self.settle()
        self._checkpointer.stop()
        self._maps.clear()
        self._connection.close()
        if self._sync is not None:
            self._sync.close()
        self._ownership.release()

    def disown(self) -> None:
        """Lets go of the store in a child process, without touching what its parent goes on using."""
        self._ownership.release()

    def check(self) -> None:
        (verdict,) = self._connection.execute("PRAGMA integrity_check").fetchone()
        assert verdict == "ok", verdict
        for name, maps in self._maps.items():
            stored = [(each.start, each.item_count, each.size_bytes) for each in self._stored_maps(self._ids[name])]
            assert stored == [(each.start, each.item_count, each.size_bytes) for each in maps], "stored counts differ"
            assert maps[0].start == b"", "the first map does not cover the start of its keyspace"
            assert maps[-1].stop is None, "the last map does not cover the end of its keyspace"
            assert all(one.stop == two.start for one, two in pairwise(maps)), "maps leave a gap or overlap"
            for each in maps:
                each.check()

    def _transaction(self) -> _Transaction:
        if self._sync is not None and self._sync.failure is not None:
            raise self._sync.failure
        return _Transaction(self._connection, self._count_commit)

    def _count_commit(self) -> None:
        self._commit_count += 1

    def _load(self) -> None:
        for keyspace_id, name in self._connection.execute("SELECT id, name FROM keyspaces ORDER BY id").fetchall():
            self._ids[name] = keyspace_id
            self._maps[name] = self._stored_maps(keyspace_id)

    def _add_keyspace(self, name: str) -> None:
        with self._transaction():
            cursor = self._connection.execute("INSERT INTO keyspaces (name) VALUES (?)", (name,))
            assert cursor.lastrowid is not None
            table = (
                f"CREATE TABLE keyspace_{cursor.lastrowid} (key BLOB PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID"
            )
            self._connection.execute(table)
            self._connection.execute("INSERT INTO maps VALUES (?, x'', 0, 0)", (cursor.lastrowid,))
        self._ids[name] = cursor.lastrowid
        self._maps[name] = self._stored_maps(cursor.lastrowid)

    def _stored_maps(self, keyspace_id: int) -> list[SqliteMap]:
        statement = "SELECT start, item_count, size_bytes FROM maps WHERE keyspace = ? ORDER BY start"
        rows = self._connection.execute(statement, (keyspace_id,)).fetchall()
        stops = [*(row[0] for row in rows[1:]), None]
        return [
            SqliteMap(self._connection, keyspace_id, start, stop, count, size)
            for (start, count, size), stop in zip(rows, stops, strict=True)
        ]


def _store_counts(execute: Callable[..., object], target: SqliteMap, count: int, size: int) -> None:
    row = (count, size, target.keyspace_id, target.start)
    execute("UPDATE maps SET item_count = ?, size_bytes = ? WHERE keyspace = ? AND start = ?", row)


class _Transaction:
    """One transaction: committed at its end, or undone where anything fails.

    A commit is counted once the operating system has it: whoever syncs the log relies on that.
    """

    __slots__ = ("_connection", "_count_commit")

    def __init__(self, connection: sqlite3.Connection, count_commit: Callable[[], None]) -> None:
        self._connection = connection
        self._count_commit = count_commit

    def __enter__(self) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise _failure(error) from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None:
            try:
                self._connection.execute("COMMIT")
                self._count_commit()
                return
            except sqlite3.Error as fault:
                error = fault
        if self._connection.in_transaction:  # SQLite undoes some failures by itself.
            self._connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise _failure(error) from error


def _failure(error: sqlite3.Error) -> StorageFailure:
    logger.error("a write to the store failed: %s", error)
    return StorageFailure(f"The data could not be written: {error}. Nothing has been changed.")
