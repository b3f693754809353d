"""When commits are on the disk: one fsync of the log for all threads that wait for one.

SQLite hands each commit to the operating system. Whoever needs it on the disk waits here: the first to come syncs the
log for everybody whose commit was there when the sync began; the others wait, and one of them syncs next. Threads that
write one item after another come again at once: so the first waits, for a moment, until all are there that waited last.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from minidynamo.errors import StorageFailure

# Where fsync leaves data in the drive's cache, this does not.
_FULL_SYNC: int | None
try:
    import fcntl

    _FULL_SYNC = getattr(fcntl, "F_FULLFSYNC", None)
except ImportError:
    _FULL_SYNC = None


# How long the first to come waits for those who shared the last sync, in times that this took.
_PATIENCE = 2.0


class LogSync:
    """Makes commits durable.

    Parameters:
        log: SQLite's log file beside the database.
        position: tells how many commits there have been.

    After a sync has failed nothing is known of what the disk holds, so that no write is taken any more.
    """

    def __init__(self, log: Path, position: Callable[[], int]) -> None:
        self._log = log
        self._position = position
        self._file: int | None = None
        self._synced = 0
        self._is_syncing = False
        self._waiting = self._expected = 0
        self._patience_seconds = 0.0
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._full = threading.Condition(self._lock)
        self.failure: StorageFailure | None = None

    def settle(self) -> None:
        """Returns when every commit so far is on the disk.

        Raises:
            StorageFailure: syncing has failed, now or before.
        """
        position = self._position()
        if self._synced >= position:
            return
        with self._lock:
            self._waiting += 1
            try:
                while self._synced < position:
                    if self.failure is not None:
                        raise self.failure
                    if self._is_syncing:
                        if self._waiting == self._expected:
                            self._full.notify()
                        self._changed.wait()
                    else:
                        self._sync()
            finally:
                self._waiting -= 1

    def close(self) -> None:
        """Lets go of the log."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _sync(self) -> None:
        """Syncs for everybody who waits; called with the lock held, which is let go of meanwhile."""
        self._is_syncing = True
        try:
            if self._waiting < self._expected:
                self._full.wait(self._patience_seconds)
            position = self._position()
            started = time.perf_counter()
            self._lock.release()
            try:
                self._sync_file()
            finally:
                self._lock.acquire()
            self._synced = max(self._synced, position)
            self._expected = self._waiting
            self._patience_seconds = (time.perf_counter() - started) * _PATIENCE
        except OSError as error:
            self.failure = StorageFailure(
                f"The log could not be written to the disk ({error}), so nothing more is written. Open it again."
            )
        finally:
            self._is_syncing = False
            self._changed.notify_all()

    def _sync_file(self) -> None:
        if self._file is None:
            self._file = os.open(self._log, os.O_RDWR)
            _sync_folder(self._log.parent)  # SQLite may have made the file just now.
        if _FULL_SYNC is not None:
            fcntl.fcntl(self._file, _FULL_SYNC)
        else:
            os.fsync(self._file)


def _sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
