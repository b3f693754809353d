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

import os
import sqlite3
from pathlib import Path

from minidynamo.errors import StoreError

APPLICATION_ID = 0x6D64796E
FORMAT_VERSION = 1
PAGE_BYTES = 8192
# What SQLite raises, also for texts of its own that damage has made unreadable.
FAULTS = (sqlite3.Error, UnicodeDecodeError)
_CACHE_KIB = 64 * 1024
_READER_CACHE_KIB = 8 * 1024
_STATEMENTS_KEPT = 1024
_WAIT_SECONDS = 60.0  # For a checkpoint that ends on a slow disk.
_LAYOUT = """
CREATE TABLE keyspaces (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, checksum INTEGER NOT NULL);
CREATE TABLE maps (
    keyspace INTEGER NOT NULL, start BLOB NOT NULL, item_count INTEGER NOT NULL, size_bytes INTEGER NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (keyspace, start)
) WITHOUT ROWID;
"""


def require_place(path: Path) -> None:
    """Raises StoreError where there can be no file of this name."""
    if path.is_dir():
        raise StoreError(f"cannot open {path}: it is a folder, and a database is a file")
    if not path.parent.is_dir():
        raise StoreError(f"cannot make {path}: there is no folder {path.parent}")


def require_new(path: Path) -> None:
    """Raises StoreError where a copy could not become a new file."""
    require_place(path)
    if path.exists():
        raise StoreError(f"{path} is there already: a copy never overwrites a file")


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to the store at `path`, which is made where there is none.

    Raises:
        StoreError: the file is no store, is damaged, or was written by a newer version.
    """
    is_new = not path.exists() or path.stat().st_size == 0
    try:
        connection = _connected(path)
    except sqlite3.Error as error:
        raise StoreError(f"cannot open {path}: {error}") from None
    try:
        _prepare(connection, path, is_new)
    except FAULTS as error:
        connection.close()
        raise _cannot_open(path, error) from None
    except StoreError:
        connection.close()
        raise
    return connection


class Reader:
    """A connection that only reads, and is closed when nobody uses it any more.

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
    uri = f"{path.absolute().as_uri()}?mode=ro"
    has_log = path.with_name(path.name + "-wal").exists()
    for each in (uri,) if has_log else (uri, uri + "&immutable=1"):  # The second for media that nobody can write to.
        connection = _connected(each)
        try:
            _check_identity(connection, path)
            _set_up(connection, _READER_CACHE_KIB)
            return Reader(connection)
        except FAULTS as error:
            connection.close()
            fault = error
            if not isinstance(error, sqlite3.OperationalError):
                break
        except StoreError:
            connection.close()
            raise
    raise _cannot_open(path, fault)


def copy_file(source: Path, target: Path) -> None:
    """Copies a store, as it is now, to a new file: one snapshot, whatever is written meanwhile.

    Raises:
        StoreError: there is such a file, or it cannot be written.
    """
    require_new(target)
    connection = sqlite3.connect(source, isolation_level=None)
    try:
        connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise StoreError(f"cannot copy {source} to {target}: {error}") from None
    finally:
        connection.close()
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _connected(target: Path | str) -> sqlite3.Connection:
    """A connection to a path or, as a text, to SQLite's URI of one."""
    return sqlite3.connect(
        target,
        uri=isinstance(target, str),
        timeout=_WAIT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS_KEPT,
    )


def _prepare(connection: sqlite3.Connection, path: Path, is_new: bool) -> None:
    execute = connection.execute
    # A process that ended while it made the file has left one without anything in it.
    is_new = is_new or execute("PRAGMA schema_version").fetchone() == (0,)
    if is_new:
        execute(f"PRAGMA page_size = {PAGE_BYTES}")
    else:
        _check_identity(connection, path)
    (mode,) = execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreError(f"cannot keep a log beside {path}: its file system does not allow it")
    # The log is synced before a checkpoint moves it, the file after; syncing commits is `durability.py`'s business.
    execute("PRAGMA synchronous = NORMAL")
    execute("PRAGMA wal_autocheckpoint = 0")
    _set_up(connection, _CACHE_KIB)
    if is_new:
        connection.executescript(
            f"BEGIN IMMEDIATE; {_LAYOUT} PRAGMA application_id = {APPLICATION_ID}; "
            f"PRAGMA user_version = {FORMAT_VERSION}; COMMIT;"
        )


def _set_up(connection: sqlite3.Connection, cache_kib: int) -> None:
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    connection.execute("PRAGMA cell_size_check = ON")


def _cannot_open(path: Path, error: Exception) -> StoreError:
    return StoreError(f"cannot open {path} as a minidynamo database: {error}")


def _check_identity(connection: sqlite3.Connection, path: Path) -> None:
    ((identity,), (version,)) = (
        connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
    )
    if identity != APPLICATION_ID:
        raise StoreError(f"{path} is a SQLite database, but not one of minidynamo's")
    if version > FORMAT_VERSION:
        raise StoreError(
            f"{path} was written by a newer version of minidynamo (format {version}; this one reads {FORMAT_VERSION}): "
            "upgrade minidynamo to open it"
        )
