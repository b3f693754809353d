"""When commits are on the disk: one fsync of the log for all threads that wait for one.

A commit passes three places on its way to the disk, and each has a number: how many commits there have been.

    committed   SQLite has handed it to the operating system: it outlives the process (`SqliteEngine._commit_count`)
    synced      the log has been synced since: it outlives a power cut (`LogSync._synced`)
    noted       the lock file says so: opening the store can tell whether something was lost (`LogWatch.note`)

Always noted <= synced <= committed. With durability "full" a response, to a read or a write, is given when everything
it has seen is synced; the noting is the last step of a sync. With "process" a response waits for nothing.

Syncing is shared. A thread that needs its commit synced waits in `make_durable`; the first to come syncs for all whose
commit was there when the sync began, with the lock released, so that more can come meanwhile. One of those syncs next:
there is always at most one sync, and at most one that is due. Threads that write one item after another come again at
once: the first waits, for at most twice the time of the last sync, until as many are there as the last one served.

A sync that fails is final. The operating system may have dropped the pages it could not write and would tell nothing of
it at the next sync: so from then on `failure` is set, and no write is taken and no read answered, until the store is
opened again and looks at what there is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from minidynamo.errors import StorageFailure
from minidynamo.storage.disk import sync_file, sync_folder
from minidynamo.storage.sqlite.log_watch import LogWatch

# How long the first to come waits for those who shared the last sync, in times that this took.
_PATIENCE = 2.0
# How often a store that is not synced is looked after.
_LOOK_SECONDS = 0.01


class Durability(Protocol):
    """What makes commits as durable as was promised.

    Attributes:
        failure: why nothing is written any more, None where all is well.
    """

    failure: StorageFailure | None

    @property
    def is_durable_now(self) -> bool:
        """Whether `make_durable` would return at once."""
        ...

    def make_durable(self) -> None:
        """Returns when every commit so far is; raises StorageFailure where it cannot be, now or before."""
        ...


class LogSync:
    """Makes commits outlive a power cut.

    Parameters:
        path: of the store.
        watch: has its log, and looks after its files.
        position: tells how many commits there have been.

    After a sync has failed nothing is known of what the disk holds, so that no write is taken any more.
    """

    def __init__(self, path: Path, watch: LogWatch, position: Callable[[], int]) -> None:
        self._folder = path.parent
        self._watch = watch
        self._position = position
        self._is_folder_synced = False
        self._synced = 0
        self._is_syncing = False
        self._waiting = self._expected = 0
        self._patience_seconds = 0.0
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._full = threading.Condition(self._lock)
        self.failure: StorageFailure | None = None

    @property
    def is_durable_now(self) -> bool:
        return self._synced >= self._position()

    def make_durable(self) -> None:
        position = self._position()
        if self._synced >= position:
            if self.failure is not None:
                raise self.failure
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
                assert self._waiting >= 0, f"{self._waiting} threads wait for a sync"

    def _sync(self) -> None:
        """Syncs for everybody who waits; called with the lock held, which is released meanwhile."""
        assert self._lock.locked() and not self._is_syncing, "two threads sync the log at once"
        self._is_syncing = True
        try:
            if self._waiting < self._expected:
                self._full.wait(self._patience_seconds)
            position = self._position()
            started = time.perf_counter()
            self._lock.release()
            try:
                self._sync_file()
                self._watch.require_in_place()
                self._watch.note(position)
            finally:
                self._lock.acquire()
            assert position <= self._position(), f"{position} commits are synced, of {self._position()}"
            self._synced = max(self._synced, position)
            self._expected = self._waiting
            self._patience_seconds = (time.perf_counter() - started) * _PATIENCE
        except StorageFailure as failure:
            self.failure = failure
        except OSError as error:
            self.failure = StorageFailure(
                f"The log could not be written to the disk ({error}), so nothing more is written. Open it again."
            )
        finally:
            self._is_syncing = False
            self._changed.notify_all()

    def _sync_file(self) -> None:
        sync_file(self._watch.open_log())
        if not self._is_folder_synced:
            sync_folder(self._folder)  # SQLite may have made the log just now.
            self._is_folder_synced = True


class NoSync:
    """Leaves commits to the operating system, so that they outlive the process; looks after the files now and then.

    Parameters:
        watch: looks after them.
        position: tells how many commits there have been.
    """

    def __init__(self, watch: LogWatch, position: Callable[[], int]) -> None:
        self._watch = watch
        self._position = position
        self._looked = 0
        self._due = 0.0
        self.failure: StorageFailure | None = None

    @property
    def is_durable_now(self) -> bool:
        return True

    def make_durable(self) -> None:
        if self.failure is not None:
            raise self.failure
        if self._position() == self._looked or time.monotonic() < self._due:
            return
        self._looked, self._due = self._position(), time.monotonic() + _LOOK_SECONDS
        try:
            self._watch.open_log()
            self._watch.require_in_place()
        except StorageFailure as failure:
            self.failure = failure
            raise
        except OSError:  # Out of files, say: it is looked for again.
            return
