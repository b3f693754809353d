"""Moving the log into the file, beside the work: SQLite's checkpoints, in a thread and on a connection of their own.

Most of the log is moved while others go on writing. Then they wait until the little that they have added meanwhile is
moved as well: only a log that has been moved entirely is written from its start again, and does not grow for ever. A
reader or snapshot of an older state puts that off to a later checkpoint.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

logger = logging.getLogger("minidynamo.storage")

_LOG_BYTES = 16 * 1024 * 1024
_WAIT_SECONDS = 0.02  # For a commit or a reader; writers may wait as long for a reader.


class Checkpointer:
    """Checkpoints a store whenever its log has grown enough.

    Parameters:
        path: of the store.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log_bytes = 0
        self._wake = threading.Event()
        self._is_stopped = False
        self._thread: threading.Thread | None = None

    def grow(self, size_bytes: int) -> None:
        """Counts what a commit has added to the log; called under the database's lock."""
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
        connection = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)
        try:
            while True:
                self._wake.wait()
                self._wake.clear()
                if self._is_stopped:
                    return
                try:
                    for mode in ("PASSIVE", "PASSIVE", "RESTART"):  # Ever less is left to move.
                        connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
                except sqlite3.Error as error:  # The log goes on growing; the next one may succeed.
                    logger.error("a checkpoint of %s failed: %s", self._path, error)
        finally:
            connection.close()
