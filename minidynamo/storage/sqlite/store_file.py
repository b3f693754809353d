"""The file of a durable database: its format, how it is opened, and what is refused.

A store is one SQLite database in WAL mode. Pages, the log with its checksums, and recovery after a crash are SQLite's.

    pragma application_id   0x6D64796E, "mdyn"
    pragma user_version     the version of this format, 1

    keyspaces(id, name, checksum)         every ordered keyspace: of a table, of an index, of the system
                                          checksum: CRC-32 of "<id>/<name>"
    maps(keyspace, start, item_count, size_bytes, checksum)
                                          its partitions: each covers the keys from `start` to the start of the next
                                          checksum: CRC-32 of "<keyspace>/<item_count>/<size_bytes>", then `start`
    keyspace_<id>(key, record, checksum)  its records, in key order; splitting a partition moves none of them
                                          checksum: CRC-32 of the key, begun with the id, then of the record

All of a commit, the counts of its maps included, is one transaction. What the keyspace "system" holds is drawn in
`tables/catalog.py`, records in `values/records.py`, keys in `values/key_bytes.py`.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from minidynamo.errors import StoreDamaged, StoreError
from minidynamo.storage.engine import KeyspaceDamaged, RecordDamaged
from minidynamo.storage.sqlite.store_path import is_unfinished, is_without_log, journal_of, log_of
from minidynamo.storage.whole_file import whole_file

APPLICATION_ID = 0x6D64796E
FORMAT_VERSION = 1
PAGE_BYTES = 8192
# The head of SQLite's files: a magic text, and, big-endian, at 40 the version of the schema, at 68 the application id.
_MAGIC, _HEAD_BYTES = b"SQLite format 3\0", 100
# What SQLite raises, also for texts of its own that damage has made unreadable.
IO_ERRORS = (sqlite3.Error, UnicodeDecodeError, RecordDamaged, KeyspaceDamaged)
_CACHE_KIB = 40 * 1024
_READER_CACHE_KIB = 8 * 1024
_STATEMENTS_KEPT = 1024
_WAIT_SECONDS = 60.0  # For a checkpoint that ends on a slow disk.
_OPENING_WAIT_SECONDS = 5.0  # A lock that keeps a store from being opened is never held for long.
_LAYOUT = """
CREATE TABLE keyspaces (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, checksum INTEGER NOT NULL);
CREATE TABLE maps (
    keyspace INTEGER NOT NULL, start BLOB NOT NULL, item_count INTEGER NOT NULL, size_bytes INTEGER NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (keyspace, start)
) WITHOUT ROWID;
"""
# What to do where SQLite, or the system, refuses, by what their messages contain.
_REMEDIES = {
    "full": "free some room on the disk",
    "No space": "free some room on the disk",
    "readonly": "open it with read_only=True, or let this user write to it and its folder",
    "Read-only": "open it with read_only=True, or move it to where files can be written",
    "Permission": "let this user read and write it and its folder",
    "unable to open": "let this user read and write it and its folder",
    "locked": "another program has locked it, or its file system knows no locks, as some network file systems do not",
    "locking protocol": "its file system knows no locks: keep the database on a disk of this machine",
    "disk I/O": "the disk or its file system fails: look at the system's log, and copy what can be read",
}


def new_store(path: Path) -> sqlite3.Connection:
    """A connection to a new store in an empty file, for whoever fills it before anybody else knows of it.

    Nothing of it is safe before `finish_store` and a sync of the file.
    """
    connection = _connected(path, _WAIT_SECONDS)
    for setting in (f"page_size = {PAGE_BYTES}", "journal_mode = OFF", "synchronous = OFF"):
        connection.execute(f"PRAGMA {setting}").fetchall()
    connection.executescript(
        f"BEGIN IMMEDIATE; {_LAYOUT} PRAGMA application_id = {APPLICATION_ID}; "
        f"PRAGMA user_version = {FORMAT_VERSION}; COMMIT;"
    )
    return connection


def finish_store(connection: sqlite3.Connection, path: Path) -> None:
    """Closes a store that has been filled, as one that keeps a log from now on."""
    _keep_log(connection, path)
    connection.close()


def open_file(path: Path, file_mode: int) -> sqlite3.Connection:
    """A connection to the store at `path`, which is made where there is none, or an empty file.

    Raises:
        StoreError: the file is no store, is damaged, or was written by a newer version.
    """
    if not path.exists() or path.stat().st_size == 0:
        _make(path, file_mode)
    elif is_unfinished(path):
        raise StoreDamaged(
            f"cannot open {path}, a copy that was never finished: {journal_of(path)} would undo it. Delete both"
        )
    _require_own_head(path)
    try:
        connection = _connected(path, _OPENING_WAIT_SECONDS)
    except sqlite3.Error as error:
        raise cannot_open(path, error) from None
    try:
        _prepare(connection, path)
    except IO_ERRORS as error:
        connection.close()
        raise cannot_open(path, error) from None
    except StoreError:
        connection.close()
        raise
    return connection


class Reader:
    """A connection that only reads, and is closed after its last use.

    Attributes:
        execute: carries out a statement.
    """

    __slots__ = ("close", "execute")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.execute = connection.execute
        self.close = connection.close

    def __del__(self) -> None:
        self.close()


def open_reader(path: Path) -> Reader:
    """A connection that reads the store at `path` beside whoever owns it.

    Raises:
        StoreError: there is no such file, or it is no store, is damaged, or was written by a newer version.
    """
    if not path.is_file():
        raise StoreError(f"there is no file {path}")
    if path.stat().st_size == 0:
        raise StoreError(f"{path} is empty: open it for writing to make a database of it")
    journal = journal_of(path)
    if journal.exists() and journal.stat().st_size:
        raise StoreDamaged(
            f"{path} is damaged: {journal} tells that writing it, or copying to it, was never finished. "
            "Open it for writing once, which tells which of the two"
        )
    _require_own_head(path)
    uri = f"{path.as_uri()}?mode=ro"
    for each in (uri,) if log_of(path).exists() else (uri, uri + "&immutable=1"):  # The second for read-only media.
        connection = _connected(each, _WAIT_SECONDS)
        try:
            _check_identity(connection, path)
            _set_up(connection, _READER_CACHE_KIB)
            return Reader(connection)
        except IO_ERRORS as error:
            connection.close()
            reason = error
            if not isinstance(error, sqlite3.OperationalError):
                break
        except StoreError:
            connection.close()
            raise
    raise cannot_open(path, reason)


def keep_for_ever(connection: sqlite3.Connection) -> None:
    """Keeps a connection from ever being closed, also when the process ends."""
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


def cannot_open(path: Path, error: Exception) -> StoreError:
    """Why a store could not be opened, and what to do about it."""
    remedy = next((remedy for text, remedy in _REMEDIES.items() if text in str(error)), None)
    kind = StoreDamaged if "malformed" in str(error) or isinstance(error, UnicodeDecodeError) else StoreError
    return kind(f"cannot open {path} as a minidynamo database: {error}" + (f"; {remedy}" if remedy else ""))


def _connected(target: Path | str, wait_seconds: float) -> sqlite3.Connection:
    """A connection to a path or, as a text, to SQLite's URI of one."""
    return sqlite3.connect(
        target,
        uri=isinstance(target, str),
        timeout=wait_seconds,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS_KEPT,
    )


def _make(path: Path, file_mode: int) -> None:
    """Makes an empty store: whole or not at all."""
    if not is_without_log(path):
        raise StoreError(
            f"{log_of(path)} is there without the data of {path}, to which it belongs: put that file back, "
            "or delete the log"
        )
    try:
        journal_of(path).unlink(missing_ok=True)  # Of a file that held nothing: it would undo this one.
        with whole_file(path, file_mode, replaces=True) as temporary:
            finish_store(new_store(temporary), temporary)
    except (OSError, sqlite3.Error) as error:
        raise cannot_open(path, error) from None


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _check_identity(connection, path)
    _keep_log(connection, path)
    # The log is synced before a checkpoint moves it, the file after; syncing commits is `durability.py`'s business.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA busy_timeout = {_WAIT_SECONDS * 1000:.0f}")
    _set_up(connection, _CACHE_KIB)


def _keep_log(connection: sqlite3.Connection, path: Path) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreError(
            f"cannot keep a log beside {path}: its file system does not allow it. Keep it on a disk of this machine"
        )


def _set_up(connection: sqlite3.Connection, cache_kib: int) -> None:
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    connection.execute("PRAGMA cell_size_check = ON")


def _require_own_head(path: Path) -> None:
    """Refuses a SQLite database of others by its head: SQLite would make a log beside it, or move one into it."""
    with suppress(OSError):  # SQLite says why it cannot be read.
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if len(head) == _HEAD_BYTES and head.startswith(_MAGIC):
            schema_version, identity = (int.from_bytes(head[at : at + 4], "big") for at in (40, 68))
            if schema_version and identity != APPLICATION_ID:
                raise _foreign(path)


def _foreign(path: Path) -> StoreError:
    return StoreError(f"{path} is a SQLite database, but not one of minidynamo's")


def _check_identity(connection: sqlite3.Connection, path: Path) -> None:
    found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    identity, version = found
    if connection.execute("PRAGMA schema_version").fetchone() == (0,):
        raise StoreDamaged(f"cannot open {path}: it holds nothing. Whoever made or copied it was stopped: delete it")
    if identity != APPLICATION_ID:
        raise _foreign(path)
    if version > FORMAT_VERSION:
        raise StoreError(
            f"{path} was written by a newer version of minidynamo (format {version}; this one reads {FORMAT_VERSION}): "
            "upgrade minidynamo to open it"
        )
