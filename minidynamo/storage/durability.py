"""When commits are on the disk: one fsync of the log for all threads that wait for one.

SQLite hands each commit to the operating system. Whoever needs it on the disk waits here: the first to come syncs the
log for everybody whose commit was there when the sync began; the others wait, and one of them syncs next.
"""

from __future__ import annotations

import os
import threading
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
        self._changed = threading.Condition()
        self.failure: StorageFailure | None = None

    def settle(self) -> None:
        """Returns when every commit so far is on the disk.

        Raises:
            StorageFailure: syncing has failed, now or before.
        """
        position = self._position()
        if self._synced >= position:
            return
        with self._changed:
            while self._synced < position:
                if self.failure is not None:
                    raise self.failure
                if self._is_syncing:
                    self._changed.wait()
                else:
                    self._sync()

    def close(self) -> None:
        """Lets go of the log."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _sync(self) -> None:
        """Syncs for everybody who waits; called with the condition held, which is let go of meanwhile."""
        self._is_syncing = True
        self._changed.release()
        position, synced = self._position(), self._synced
        try:
            self._sync_file()
            synced = max(synced, position)
        except OSError as error:
            self.failure = StorageFailure(
                f"The log could not be written to the disk ({error}), so nothing more is written. Open it again."
            )
        finally:
            self._changed.acquire()
            self._synced = synced
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
