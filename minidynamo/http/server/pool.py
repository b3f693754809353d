"""A few threads beside the event loop, for work that would hold it up.

They do not keep the process: work that never ends, such as a handler in an endless loop, ends with it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

logger = logging.getLogger("minidynamo.server")


class Pool:
    """Threads that do what they are given, first come, first served; they are begun when there is work for them.

    Parameters:
        name: of the threads.
        size: how many there are at most.
        queue_size: how much work may wait for them; None for any amount.
    """

    def __init__(self, name: str, size: int, queue_size: int | None = None) -> None:
        self._name = name
        self._size = size
        self._open_max = None if queue_size is None else size + queue_size
        self._work: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._threads = self._idle = self._open = 0
        self._is_closed = False

    def submit(self, work: Callable[[], None]) -> bool:
        """Has something done; returns False, and does nothing, where there is no room for it."""
        with self._changed:
            if self._open_max is not None and self._open >= self._open_max:
                return False
            self._is_closed = False
            self._open += 1
            self._work.append(work)
            if self._idle >= len(self._work):
                self._changed.notify()
            elif self._threads < self._size and not self._begin_thread():
                self._work.pop()
                self._open -= 1
                return False
            return True

    def close(self) -> None:
        """Lets its threads end, each after what it is at. Work that comes later begins new ones."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _begin_thread(self) -> bool:
        """Begins a further thread; returns whether there is any then."""
        try:
            threading.Thread(target=self._run, daemon=True, name=f"minidynamo {self._name}").start()
        except RuntimeError:  # The system has none left.
            return self._threads > 0
        self._threads += 1
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                while not self._work and not self._is_closed:
                    self._changed.wait()
                self._idle -= 1
                if not self._work:
                    self._threads -= 1
                    return
                work = self._work.popleft()
            try:
                work()
            except BaseException:  # The thread is for others, too.
                logger.exception("an answer could not be worked out")
            del work  # Nothing of it is kept until there is more to do.
            with self._changed:
                self._open -= 1
