"""Every local database that a test makes is checked, however it is made: before it is closed, or when the test ends."""

from __future__ import annotations

import functools
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from minidynamo import Database
from minidynamo.database.core import Core

# So many are held while a test runs, since those of its own names are gone when it has ended; the oldest is checked
# when there is one more, and let go of. Properties make thousands.
HELD_MAX = 32


class FollowedDatabases:
    """The databases made while a test is followed, and what their checks have found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: deque[Database] = deque()
        self._faults: list[str] = []
        self._is_following = False

    @contextmanager
    def following(self) -> Iterator[None]:
        """Follows a test, and fails where one of its databases is not in order."""
        self._is_following = True
        try:
            yield
            self.let_go()
        finally:
            self._is_following = False
            faults, self._faults = self._faults, []
            self._held.clear()
        if faults:
            pytest.fail("a database of this test is not in order:\n" + "\n".join(faults), pytrace=False)

    def let_go(self) -> None:
        """Checks those that are held, and holds them no more."""
        while self._held:
            self._check(self._held.popleft())

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Notices, while this is on, what is made and what is closed in this process."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Core, "__init__", self._noting(Core.__init__))
            patch.setattr(Database, "close", self._checking(Database.close))
            yield

    def _noting(self, make: Any) -> Any:
        @functools.wraps(make)
        def make_and_note(database: Any, *parameters: Any, **settings: Any) -> None:
            make(database, *parameters, **settings)
            if not self._is_following:
                return
            with self._lock:
                self._held.append(database)
                oldest = self._held.popleft() if len(self._held) > HELD_MAX else None
            if oldest is not None:
                self._check(oldest)

        return make_and_note

    def _checking(self, close: Any) -> Any:
        @functools.wraps(close)
        def check_and_close(database: Database, *parameters: Any, **settings: Any) -> Any:
            with self._lock:
                is_held = any(each is database for each in self._held)
                if is_held:
                    self._held = deque(each for each in self._held if each is not database)
            if is_held:
                self._check(database)
            return close(database, *parameters, **settings)

        return check_and_close

    def _check(self, database: Database) -> None:
        if database.is_closed:
            return
        try:
            database.check()
        except Exception as error:
            self._faults.append(f"{database!r}: {type(error).__name__}: {error}")
