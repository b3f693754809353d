"""Taking up a log that its last owner has left."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from minidynamo.errors import StoreDamaged, StoreError
from minidynamo.storage.sqlite.checkpointer import CHECKPOINT
from minidynamo.storage.sqlite.log_end import LogCursor, loss
from minidynamo.storage.sqlite.ownership import Ownership, lock_file
from minidynamo.storage.sqlite.store_path import is_without_log, log_of

_RECOVERY_SECONDS, _RECOVERY_PAUSE_SECONDS = 5.0, 0.02


def recovered(connection: sqlite3.Connection, path: Path) -> LogCursor:
    """Lets SQLite take up a log that was left, and moves it into the file; where the log ends then.

    While another program makes a checkpoint, SQLite does not tell where it ends.
    """
    cursor = LogCursor()
    if is_without_log(path):
        return cursor
    log, end = log_of(path), time.monotonic() + _RECOVERY_SECONDS
    while True:
        _, frames, _ = connection.execute(CHECKPOINT).fetchone()
        if frames >= 0:
            cursor.begin(log, frames)
            return cursor
        if time.monotonic() > end:
            raise StoreError(f"cannot open the database: another program is at its log {log}; let it end")
        time.sleep(_RECOVERY_PAUSE_SECONDS)


def require_log(path: Path, ownership: Ownership) -> None:
    """Raises StoreDamaged where commits are missing that the last owner has had on the disk."""
    if not path.exists() or not path.stat().st_size:
        ownership.forget()  # What is noted is of a file that has been deleted.
    if ownership.found is None:
        return
    lost = loss(log_of(path), ownership.found)
    if lost is not None:
        raise StoreDamaged(
            f"cannot open {path}: {lost}. Put a copy in its place and delete log and lock, or delete the lock alone, "
            f"{lock_file(path)}, to open what is left"
        )
