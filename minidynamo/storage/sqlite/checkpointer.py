"""Moving the log into the file, beside the work: SQLite's checkpoints, in a thread and on a connection of their own.

Most of the log is moved while others go on writing. Then the writer itself moves the little that it has added
meanwhile: only a log that has been moved entirely is written from its start again, and does not grow for ever. A reader
or snapshot of an older state puts that off to a later checkpoint.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from minidynamo.errors import StorageFailure

logger = logging.getLogger("minidynamo.storage")

_LOG_BYTES = 16 * 1024 * 1024
CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"


class Checkpointer:
    """Checkpoints a store whenever its log has grown enough.

    Parameters:
        path: of the store.
        writer: the connection that commits.
        under_way: entered for as long as a checkpoint writes to the file.
    """

    def __init__(
        self, path: Path, writer: sqlite3.Connection, under_way: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._path = path
        self._writer = writer
        self._under_way = under_way
        self._is_rest_left = False
        self._log_bytes = 0
        self._wake = threading.Event()
        self._is_stopped = False
        self._thread: threading.Thread | None = None

    def count_bytes(self, size_bytes: int) -> None:
        """Counts what a commit has added to the log; called after it, under the database's lock."""
        if self._is_rest_left:
            self._is_rest_left = False
            self._move(self._writer)
        self._log_bytes += size_bytes
        if self._log_bytes > _LOG_BYTES:
            self._log_bytes = 0
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="minidynamo checkpoints")
                self._thread.start()
            self._wake.set()

    def stop(self) -> None:
        """Ends the thread, after the checkpoint it is at."""
        self._is_stopped = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        try:
            while True:
                self._wake.wait()
                self._wake.clear()
                if self._is_stopped:
                    return
                for _ in range(2):  # The second time there is little left.
                    self._move(connection)
                self._is_rest_left = True
        finally:
            connection.close()

    def _move(self, connection: sqlite3.Connection) -> None:
        try:
            with self._under_way():
                connection.execute(CHECKPOINT).fetchall()
        except (sqlite3.Error, OSError, StorageFailure) as error:  # The log goes on growing; the next one may succeed.
            logger.error("a checkpoint of %s failed: %s", self._path, error)
