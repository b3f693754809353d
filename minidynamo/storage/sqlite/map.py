"""Ordered maps in a SQLite file, with a checksum on every row: `store_file.py` draws the tables.

SQLite notices a page that makes no sense. A byte that has changed within a row it hands out as it is; the checksums
notice that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Protocol
from zlib import crc32

from minidynamo.storage.engine import KeyspaceDamaged, RecordDamaged
from minidynamo.storage.ordered_map import bounded, record_of
from minidynamo.storage.sqlite.record_cache import RecordCache
from minidynamo.storage.sqlite.skipping import Row, Skipped
from minidynamo.values.records import record_size_bytes

_COLUMNS = "key, record, checksum"
_BYTES = "CAST(key AS BLOB), CAST(record AS BLOB), checksum"  # Whatever damage has made of them.
_UPDATE_MAP = "UPDATE maps SET item_count = ?, size_bytes = ?, checksum = ? WHERE keyspace = ? AND start = ?"
_RANGE_TESTS = {
    (False, False): "",
    (True, False): "WHERE key >= :start",
    (False, True): "WHERE key < :stop",
    (True, True): "WHERE key >= :start AND key < :stop",
}


class ReadConnection(Protocol):
    """What reads need of a connection: SQLite's own, or one that is closed after its last use."""

    @property
    def execute(self) -> Callable[..., sqlite3.Cursor]:
        """Carries out a statement."""
        ...


class SqliteMap:
    """An ordered map: a range of a keyspace's table, as one connection sees it."""

    __slots__ = (
        *("_connection", "_name", "_select", "_skipped", "_table", "keyspace_id"),
        *("item_count", "size_bytes", "start", "stop"),
    )

    def __init__(
        self,
        connection: ReadConnection,
        keyspace_id: int,
        name: str,
        start: bytes,
        stop: bytes | None,
        count: int,
        size: int,
        skipped: Skipped | None = None,
    ) -> None:
        self._connection = connection
        self._table = f"keyspace_{keyspace_id}"
        self._select = f"SELECT record, checksum FROM {self._table} WHERE key = ?"
        self.keyspace_id, self._name = keyspace_id, name
        self._skipped = skipped if skipped is not None and skipped.covers(name) else None
        assert stop is None or start < stop, f"a map of {self._table} goes from {start!r} to {stop!r}"
        self.start, self.stop = start, stop
        self.item_count, self.size_bytes = count, size

    def seen_by(self, connection: ReadConnection) -> SqliteMap:
        """This map, read on another connection."""
        count, size = self.item_count, self.size_bytes
        return SqliteMap(connection, self.keyspace_id, self._name, self.start, self.stop, count, size, self._skipped)

    def get(self, key: bytes) -> bytes | None:
        row = self._connection.execute(self._select, (key,)).fetchone()
        if row is None:
            return None
        record: bytes = row[0]
        if _checksum(self.keyspace_id, key, record) != row[1]:
            raise RecordDamaged(self._name, key)
        return record

    def range(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        low, high = bounded(self, start, stop)
        test = _RANGE_TESTS[low != b"", high is not None]
        order = "DESC" if reverse else "ASC"
        statement = f"SELECT {_COLUMNS} FROM {self._table} {test} ORDER BY key {order}"
        skipped = self._skipped
        rows: Iterator[Row]
        if skipped is None or reverse:
            rows = self._connection.execute(statement, {"start": low, "stop": high})
        else:
            rows = skipped.rows(self._name, lambda start: self._rows_from(start, high), low)
        seed, last = self.keyspace_id, None
        try:
            for key, record, checksum in rows:
                if crc32(record, crc32(key, seed)) != checksum:  # _checksum would cost too much for each row.
                    if skipped is None:
                        raise RecordDamaged(self._name, key)
                    skipped.note(RecordDamaged(self._name, key))
                    continue
                # A page in the place of another has right rows, which are not those that were asked for.
                if last is not None and (key >= last if reverse else key <= last):
                    raise KeyspaceDamaged(self._name, f"its records are in a wrong order at the key {key!r}")
                if key < low or (high is not None and key >= high):
                    raise KeyspaceDamaged(self._name, f"a record of the key {key!r} is in a wrong place")
                last = key
                yield key, record
        except TypeError:
            raise KeyspaceDamaged(self._name, "a record makes no sense") from None

    def records(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[bytes]:
        return map(record_of, self.range(start, stop, reverse))

    def readable_rows(self) -> Iterator[tuple[bytes, bytes]]:
        """What can be read of the whole keyspace, in the order in which damage has left it; the rest is noted."""
        skipped = self._skipped
        assert skipped is not None, f"reads of {self._name} do not go past damage"
        rows = skipped.rows(self._name, lambda start: self._rows_from(start, None, _BYTES), b"")
        for key, record, checksum in rows:
            if _checksum(self.keyspace_id, key, record) == checksum:
                yield key, record
            else:
                skipped.note(RecordDamaged(self._name, key))

    def _rows_from(self, start: bytes, stop: bytes | None, columns: str = _COLUMNS) -> Iterator[Row]:
        test = _RANGE_TESTS[True, stop is not None]
        statement = f"SELECT {columns} FROM {self._table} {test} ORDER BY key"
        return self._connection.execute(statement, {"start": start, "stop": stop})

    def check(self) -> None:
        """Finds out whether count, size and order agree with the records.

        Raises:
            KeyspaceDamaged: they do not.
        """
        count = size = 0
        for _, record in self.range(None, None):
            count += 1
            size += record_size_bytes(record)
        for what, noted, found in (("records", self.item_count, count), ("bytes", self.size_bytes, size)):
            if noted != found:
                raise KeyspaceDamaged(self._name, f"{noted} {what} are noted from {self.start!r} on, {found} are found")


class CachedMap(SqliteMap):
    """A map of the connection that commits, whose gets look into a cache before they ask SQLite."""

    __slots__ = ("_cache",)

    def __init__(self, cache: RecordCache, seen: SqliteMap) -> None:
        count, size = seen.item_count, seen.size_bytes
        super().__init__(
            seen._connection, seen.keyspace_id, seen._name, seen.start, seen.stop, count, size, seen._skipped
        )
        self._cache = cache

    def get(self, key: bytes) -> bytes | None:
        place = (self.keyspace_id, key)
        record = self._cache.get(place)
        if record is None:
            record = super().get(key)
            if record is not None:
                self._cache.keep(place, record)
        return record


class RowWriter:
    """Writes the rows of a store's tables, within a transaction of its connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute: Callable[..., sqlite3.Cursor] = connection.execute
        self._statements: dict[int, tuple[str, str]] = {}

    def put(self, keyspace_id: int, key: bytes, record: bytes) -> None:
        """Writes one record."""
        row = (key, record, _checksum(keyspace_id, key, record))
        self._execute(self._statements_of(keyspace_id)[0], row)

    def delete(self, keyspace_id: int, key: bytes) -> None:
        """Deletes one record."""
        self._execute(self._statements_of(keyspace_id)[1], (key,))

    def put_map(self, keyspace_id: int, start: bytes, count: int, size: int) -> None:
        """Writes where a map starts and what it holds."""
        assert count >= 0 <= size, f"keyspace {keyspace_id} would hold {count} items of {size} bytes from {start!r} on"
        row = (keyspace_id, start, count, size, _map_checksum(keyspace_id, start, count, size))
        self._execute("INSERT OR REPLACE INTO maps VALUES (?, ?, ?, ?, ?)", row)

    def update_map(self, keyspace_id: int, start: bytes, count: int, size: int) -> None:
        """Writes what a map holds that is there."""
        assert count >= 0 <= size, f"keyspace {keyspace_id} would hold {count} items of {size} bytes from {start!r} on"
        row = (count, size, _map_checksum(keyspace_id, start, count, size), keyspace_id, start)
        self._execute(_UPDATE_MAP, row)

    def add_keyspace(self, name: str) -> int:
        """Makes the table of a keyspace, whose only map is empty; its id."""
        (highest,) = self._execute("SELECT coalesce(max(id), 0) FROM keyspaces").fetchone()
        keyspace_id: int = highest + 1
        row = (keyspace_id, name, _name_checksum(keyspace_id, name))
        self._execute("INSERT INTO keyspaces VALUES (?, ?, ?)", row)
        self._execute(
            f"CREATE TABLE keyspace_{keyspace_id} "
            "(key BLOB PRIMARY KEY, record BLOB NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID"
        )
        self.put_map(keyspace_id, b"", 0, 0)
        return keyspace_id

    def drop_maps(self, keyspace_id: int) -> None:
        """Forgets where the maps of a keyspace start."""
        self._execute("DELETE FROM maps WHERE keyspace = ?", (keyspace_id,))

    def drop_keyspace(self, keyspace_id: int) -> None:
        """Deletes a keyspace and everything in it."""
        self._execute("DELETE FROM keyspaces WHERE id = ?", (keyspace_id,))
        self.drop_maps(keyspace_id)
        self._execute(f"DROP TABLE keyspace_{keyspace_id}")

    def _statements_of(self, keyspace_id: int) -> tuple[str, str]:
        found = self._statements.get(keyspace_id)
        if found is None:
            table = f"keyspace_{keyspace_id}"
            found = (f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", f"DELETE FROM {table} WHERE key = ?")
            self._statements[keyspace_id] = found
        return found


def stored_keyspaces(connection: ReadConnection) -> dict[str, int]:
    """The ids of all keyspaces by name.

    Raises:
        sqlite3.Error: the file is damaged.
    """
    found = {}
    for keyspace_id, name, checksum in connection.execute("SELECT id, name, checksum FROM keyspaces ORDER BY id"):
        if _name_checksum(keyspace_id, name) != checksum:
            raise damage(f"the name of keyspace {keyspace_id}")
        found[name] = keyspace_id
    return found


def stored_maps(
    connection: ReadConnection, keyspace_id: int, name: str, skipped: Skipped | None = None
) -> list[SqliteMap]:
    """The maps of a keyspace in key order, whose reads go past damage where that is to be noted.

    Raises:
        sqlite3.Error: the file is damaged.
    """
    statement = "SELECT start, item_count, size_bytes, checksum FROM maps WHERE keyspace = ? ORDER BY start"
    rows = connection.execute(statement, (keyspace_id,)).fetchall()
    if not rows or rows[0][0] != b"":
        raise damage(f"the list of partitions of keyspace {keyspace_id}")
    for start, count, size, checksum in rows:
        if _map_checksum(keyspace_id, start, count, size) != checksum:
            raise damage(f"the list of partitions of keyspace {keyspace_id}")
    stops = [*(row[0] for row in rows[1:]), None]
    return [
        SqliteMap(connection, keyspace_id, name, start, stop, count, size, skipped)
        for (start, count, size, _), stop in zip(rows, stops, strict=True)
    ]


def check_pages(connection: ReadConnection) -> None:
    """Raises sqlite3.DatabaseError where pages of the file are not as SQLite wants them."""
    (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"SQLite finds the file damaged: {verdict}")


def damage(what: str) -> sqlite3.DatabaseError:
    """The error for a row that differs from its checksum."""
    return sqlite3.DatabaseError(f"{what} is damaged: it is not what was written there")


def _checksum(seed: int, first: bytes, second: bytes) -> int:
    """The checksum of two fields of a row; -1, which none is, where damage has made something else of them."""
    try:
        return crc32(second, crc32(first, seed))
    except TypeError:
        return -1


def _map_checksum(keyspace_id: int, start: bytes, count: int, size: int) -> int:
    return _checksum(0, f"{keyspace_id}/{count}/{size}".encode(), start)


def _name_checksum(keyspace_id: int, name: str) -> int:
    return crc32(f"{keyspace_id}/{name}".encode())
