"""A database that is open for reading only, beside the process that owns its file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Unpack

from minidynamo.database.database import Database
from minidynamo.database.settings import DatabaseSettings
from minidynamo.endpoints.write_refusal import WriteRefusal, refused
from minidynamo.storage.engine import Snapshot
from minidynamo.storage.sqlite.readers import ReadOnlyEngine
from minidynamo.storage.sqlite.skipping import Skipped


class ReadOnlyDatabase(Database):
    """Reads a file in its latest state and refuses to write.

    Each request sees one state: all that its owner, if there is one, has committed when the request begins.

    Parameters:
        path: of the file.
        skips_damage: whether Query and Scan go past damaged records.
        options: those of `Database`, without its engine.

    Raises:
        StoreError: it cannot be read.
    """

    def __init__(self, path: Path, skips_damage: bool = False, **options: Unpack[DatabaseSettings]) -> None:
        engine = ReadOnlyEngine(path, Skipped() if skips_damage else None)
        self._following: _FollowingLock | None = None
        try:
            super().__init__(engine=engine, **options)
        except BaseException:
            engine.close()
            raise
        self._following = _FollowingLock(self._lock, engine, self._open_tables)
        self.use(WriteRefusal())

    @property
    def lock(self) -> AbstractContextManager[object, None]:
        return self._lock if self._following is None else self._following

    def expire(self) -> int:
        raise refused("expire")

    def restore(self, snapshot: Snapshot) -> None:
        raise refused("restore")


class _FollowingLock:
    """The lock of such a database: whoever holds it sees one state, the latest when it was taken."""

    def __init__(self, lock: threading.RLock, engine: ReadOnlyEngine, reopen: Callable[[], None]) -> None:
        self._lock = lock
        self._engine = engine
        self._reopen = reopen
        self._depth = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        try:
            if self._depth == 0 and self._engine.begin():
                self._reopen()
        except BaseException:
            self._lock.release()
            raise
        self._depth += 1

    def __exit__(self, *exception: object) -> None:
        self._depth -= 1
        try:
            if self._depth == 0:
                self._engine.end()
        finally:
            self._lock.release()
