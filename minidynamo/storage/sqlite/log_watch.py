"""Watching over a store while it is open: that its files are where they were, and where its log ends.

The files of a database in use may be deleted, moved away, or overwritten with others. What is written then goes
into files without a name, or into those of another database. The system does not tell, so it is looked for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from minidynamo.errors import StorageFailure, StoreDamaged
from minidynamo.storage.disk import sync_file
from minidynamo.storage.sqlite.log_end import LogCursor, loss
from minidynamo.storage.sqlite.ownership import Ownership
from minidynamo.storage.sqlite.store_path import log_of

# How often the log is told from another file of its name. Where the times of a file have been read, systems
# write them down more exactly from its next change on, and syncing it takes half as long again.
_LOG_SECONDS = 0.05
_REMEDY = "Nothing more is written. Put its files back in their place, or open what is there now."


class LogWatch:
    """Looks after the files of one store.

    Parameters:
        path: of the store.
        ownership: its lock, where the end of the log is noted.
        cursor: where the log ends now.
        position: tells how many commits there have been since the store was opened.
        notes_checkpoints: whether to note what each checkpoint has synced, where nothing else syncs the log.
    """

    def __init__(
        self,
        path: Path,
        ownership: Ownership,
        cursor: LogCursor,
        position: Callable[[], int],
        notes_checkpoints: bool,
    ) -> None:
        self._path, self._log = str(path), str(log_of(path))  # Texts are quicker to hand to the system than paths.
        self._ownership = ownership
        self._cursor = cursor
        self._position = position
        self._notes_checkpoints = notes_checkpoints
        self._file: int | None = None
        self._log_identity: tuple[int, int] | None = None
        self._commits = 0
        self._due = 0.0
        self._lock = threading.Lock()
        self._checkpoints = self._checkpoints_under_way = 0
        self._state = self._present_state()

    def open_log(self) -> int:
        """The log, open; there is one from the first commit on.

        Raises:
            StorageFailure: there is none any more.
        """
        if self._file is None:
            try:
                self._file = _opened(self._log)
            except FileNotFoundError:
                raise _gone(self._log) from None
            found = os.fstat(self._file)
            self._log_identity = found.st_dev, found.st_ino
        return self._file

    def note(self, commits: int) -> None:
        """Notes that the log has been synced up to a commit, by the number of commits up to it.

        Raises:
            OSError: the log cannot be read.
        """
        with self._lock:
            if commits > self._commits:
                assert commits <= self._position(), f"{commits} commits are noted, of {self._position()}"
                before = self._cursor.end
                end = self._cursor.advance(self.open_log(), commits - self._commits)
                is_further = end.salts != before.salts or end.frame >= before.frame
                assert is_further, f"the log ended at frame {before.frame}, and with more commits at {end.frame}"
                self._ownership.note(end)
                self._commits = commits

    def leave(self) -> None:
        """Syncs and notes all of a log that stays when the store is closed."""
        sync_file(self.open_log())
        self.note(self._position())

    def is_log_moved(self) -> bool:
        """Whether SQLite has moved all of the log into the file when it was closed, and deleted it."""
        return not os.path.exists(self._log) and self._present_state()[:2] == self._state[:2]

    def check_log(self) -> None:
        """Raises StoreDamaged where the log is not as it was written, up to what has been noted.

        Called while nothing is written.
        """
        if self._cursor.end.frame:
            lost = loss(Path(self._log), self._cursor.end)
            if lost is not None:
                raise StoreDamaged(lost)

    def require_in_place(self) -> None:
        """Raises StorageFailure where the files of the store are no longer those that it was opened with."""
        before = self._checkpoints
        state = self._present_state()
        if state != self._state:
            self._explain(state, self._checkpoints_under_way > 0 or before != self._checkpoints)
        if self._log_identity is not None:
            self._require_log(self._log_identity)

    def _explain(self, state: tuple[int, ...], is_checkpointed: bool) -> None:
        """Raises StorageFailure where a file is not as it was, unless a checkpoint of ours has written to it."""
        if not state:
            raise _gone(self._path)
        if state[:2] != self._state[:2]:
            raise _replaced(self._path)
        if not is_checkpointed:
            raise StorageFailure(f"Another program has written to the file {self._path}. {_REMEDY}")

    def _require_log(self, identity: tuple[int, int]) -> None:
        if not os.access(self._log, os.F_OK):
            raise _gone(self._log)
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + _LOG_SECONDS
        try:
            found = os.stat(self._log)
        except OSError:
            raise _gone(self._log) from None
        if (found.st_dev, found.st_ino) != identity:
            raise _replaced(self._log)

    @contextmanager
    def checkpoint(self) -> Iterator[None]:
        """While a checkpoint of ours writes to the file."""
        commits = self._position()
        with self._lock:
            self._checkpoints_under_way += 1
        try:
            yield
        finally:
            with self._lock:
                state = self._present_state()
                if state[:2] == self._state[:2]:
                    self._state = state
                self._checkpoints += 1
                self._checkpoints_under_way -= 1
                assert self._checkpoints_under_way >= 0, f"{self._checkpoints_under_way} checkpoints are under way"
        if self._notes_checkpoints and commits > self._commits:
            sync_file(self.open_log())  # A checkpoint that was held up by a reader has not done so.
            self.note(commits)

    def close(self) -> None:
        """Releases the log."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _present_state(self) -> tuple[int, ...]:
        """What tells whether it is the same file, and then whether it has been written to; empty without one."""
        try:
            found = os.stat(self._path)
        except OSError:
            return ()
        return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _opened(log: str) -> int:
    """The log, so that reading it does not change when it was read last: that would have to be synced as well."""
    try:
        return os.open(log, os.O_RDWR | getattr(os, "O_NOATIME", 0))
    except PermissionError:  # It is another user's.
        return os.open(log, os.O_RDWR)


def _gone(name: str) -> StorageFailure:
    return StorageFailure(f"The file {name} has been deleted or moved away. {_REMEDY}")


def _replaced(name: str) -> StorageFailure:
    return StorageFailure(f"The file {name} has been replaced by another one. {_REMEDY}")
