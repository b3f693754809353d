"""What becomes of databases in a child process that is forked: those in memory are the child's own copies.

A child has the memory of its parent as it was, but of its threads only the one that forked. A lock that another thread
held would never be released, and what that thread was at would stay half done. So the thread that forks waits until
it holds the locks of all databases. Where one does not become free within some seconds, the child gets a new lock.
A module that another thread was importing could never be imported in the child: what is imported late is so before.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from typing import Protocol

from minidynamo.operations import OPERATIONS

_PATIENCE_SECONDS = 5.0


class Forked(Protocol):
    """What lives on in a child."""

    @property
    def fork_lock(self) -> threading.RLock:
        """Held while the process forks."""
        ...

    def begin_as_child(self) -> None:
        """Called in the child, with the lock free: its other threads are gone."""
        ...


_POLL_SECONDS = 0.001

_FOLLOWED: weakref.WeakSet[Forked] = weakref.WeakSet()
_FOLLOWED_LOCK = threading.Lock()  # Others may begin to be followed while the set is gone through.
_BY_THREAD = threading.local()


def follow(database: Forked) -> None:
    """Looks after a database whenever this process forks."""
    with _FOLLOWED_LOCK:
        _FOLLOWED.add(database)


def _all() -> list[Forked]:
    with _FOLLOWED_LOCK:
        return list(_FOLLOWED)


def _before() -> None:
    held: list[Forked] = []
    _BY_THREAD.held = held
    found = sorted(_all(), key=id)  # In one order, so that two threads that fork do not wait for each other.
    if found:
        _finish_imports()
    for each in found:
        if each.fork_lock.acquire(timeout=_PATIENCE_SECONDS):
            held.append(each)


def _finish_imports() -> None:
    """Imports what operations need, and waits until no other thread is importing anything of ours."""
    OPERATIONS.load()
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end and any(
        getattr(module.__spec__, "_initializing", False)
        for name, module in list(sys.modules.items())
        if name.startswith("minidynamo.") and getattr(module, "__spec__", None) is not None
    ):
        time.sleep(_POLL_SECONDS)


def _after_in_parent() -> None:
    for each in _taken():
        each.fork_lock.release()


def _after_in_child() -> None:
    held = {id(each) for each in _taken()}
    _FOLLOWED_LOCK._at_fork_reinit()  # type: ignore[attr-defined]
    for each in _all():
        if id(each) in held:
            each.fork_lock.release()
        else:
            each.fork_lock._at_fork_reinit()  # type: ignore[attr-defined]
        each.begin_as_child()


def _taken() -> list[Forked]:
    """What this thread has locked before it forked."""
    held: list[Forked] = getattr(_BY_THREAD, "held", [])
    _BY_THREAD.held = []
    return held


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
