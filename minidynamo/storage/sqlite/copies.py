"""Copies of a store, and of a database in memory, as files that are whole or absent."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from minidynamo.errors import StoreError
from minidynamo.storage.engine import RecordDamaged, Snapshot
from minidynamo.storage.sqlite.differences import write_differences
from minidynamo.storage.sqlite.map import RowWriter, stored_keyspaces, stored_maps
from minidynamo.storage.sqlite.store_file import IO_ERRORS, finish_store, new_store
from minidynamo.storage.sqlite.store_path import journal_of, require_new, store_path
from minidynamo.storage.whole_file import whole_file


def copy_file(source: Path, target: Path, file_mode: int, allow_damage: bool = False) -> None:
    """Copies a store, as it is now, to a new file: one snapshot, whatever is written meanwhile.

    Raises:
        StoreError: there is such a file, or it cannot be written.
        RecordDamaged: a record is damaged, and that is not allowed.
    """
    with new_copy(target, f"copy {source} to", file_mode) as temporary:
        # Read-only: were this the last connection to be closed, it would delete the log.
        uri = f"{source.as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(temporary),))
        if not allow_damage:
            _require_undamaged(temporary)
        finish_store(sqlite3.connect(temporary, isolation_level=None), temporary)


def _require_undamaged(path: Path) -> None:
    """Raises RecordDamaged, or SQLite's error, where a record of a store cannot be read."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name, keyspace_id in stored_keyspaces(connection).items():
            for each in stored_maps(connection, keyspace_id, name):
                deque(each.range(None, None), maxlen=0)


def write_file(snapshot: Snapshot, target: Path, file_mode: int) -> None:
    """Writes everything a snapshot holds to a new file.

    Raises:
        StoreError: there is such a file, or it cannot be written.
    """
    with new_copy(target, "write", file_mode) as temporary:
        connection = new_store(temporary)
        with closing(connection):
            connection.execute("BEGIN IMMEDIATE")
            write_differences(RowWriter(connection), {}, Snapshot({}), snapshot)
            connection.execute("COMMIT")
            finish_store(connection, temporary)


@contextmanager
def new_copy(target: Path, what: str, file_mode: int) -> Iterator[Path]:
    """Where to write a copy, which gets its name at the end.

    Parameters:
        target: its name.
        what: is done, for messages: "write", say.
        file_mode: its permissions, as far as the umask allows.

    Raises:
        StoreError: there is such a file, or it cannot be written.
        RecordDamaged: of what is copied.
    """
    require_new(target)
    target = store_path(target)
    try:
        with whole_file(target, file_mode) as temporary:
            journal_of(target).unlink(missing_ok=True)  # Of a file that is not there: it would undo the copy.
            yield temporary
    except FileExistsError:
        raise StoreError(f"{target} is there already: a copy never overwrites a file") from None
    except RecordDamaged:
        raise  # Whoever knows the tables says which it is.
    except (OSError, *IO_ERRORS) as error:
        raise StoreError(f"cannot {what} {target}: {error}") from None
