"""A few threads beside the event loop, for work that would hold it up.

They do not keep the process: work that never ends, such as a handler in an endless loop, ends with it.

Work that only computes gains nothing from more threads, which take turns and each other's time. So a pool that is told
how long is quick has one thread do everything, for as long as all of late was; another one stands by, and takes up what
waits when that thread has been at something for longer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

logger = logging.getLogger("minidynamo.server")

_TURNS = 2.0  # How much longer than its share of the processor work may take that only computes.
_PATIENCE = 5.0  # How long who stands by waits, in times of what is quick.
_DECAY = 0.9  # Of the longest time, with each shorter one: some twenty quick pieces of work outweigh a slow one.


class Pool:
    """Threads that do what they are given, first come, first served; they are begun when there is work for them.

    Parameters:
        name: of the threads.
        size: how many there are at most.
        queue_size: how much work may wait for them; None for any amount.
        quick_seconds: up to how long work is done by one thread; by default as many as there are do it at once.
    """

    def __init__(self, name: str, size: int, queue_size: int | None = None, quick_seconds: float | None = None) -> None:
        self._name = name
        self._size = size
        self._open_max = None if queue_size is None else size + queue_size
        self._quick_seconds = -1.0 if quick_seconds is None else quick_seconds
        self._work: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._resting: list[
            threading.Condition
        ] = []  # One for each thread that waits; the last to come is woken first.
        self._threads = self._coming = 0  # Those that there are, and those of them that were woken and look for work.
        self._open = 0
        self._is_closed = self._has_standby = False
        self._longest = 0.0
        self._running: dict[threading.Condition, float] = {}  # The threads at work, with when that began,
        self._held_up: set[threading.Condition] = set()  # and those of them that have been found to take long.

    def submit(self, work: Callable[[], None]) -> bool:
        """Has something done; returns False, and does nothing, where there is no room for it."""
        with self._lock:
            if self._open_max is not None and self._open >= self._open_max:
                return False
            self._is_closed = False
            self._open += 1
            self._work.append(work)
            if not self._wake():
                self._work.pop()
                self._open -= 1
                return False
            return True

    def close(self) -> None:
        """Lets its threads end, each after what it is at. Work that comes later begins new ones."""
        with self._lock:
            self._is_closed = True
            self._wake_all()

    def _wake(self) -> bool:
        """Sees to it that a thread looks after what waits; whether there is any."""
        if self._is_quick and (self._coming or (self._running and self._has_standby)):
            return True
        if self._resting:
            self._resting.pop().notify()
            self._coming += 1
            return True
        return self._threads >= self._size or self._begin_thread()

    def _wake_all(self) -> None:
        self._coming += len(self._resting)
        while self._resting:
            self._resting.pop().notify()

    @property
    def _is_quick(self) -> bool:
        return not self._held_up and self._longest <= self._quick_seconds

    def _begin_thread(self) -> bool:
        """Begins a further thread; returns whether there is any then."""
        try:
            threading.Thread(target=self._run, daemon=True, name=f"minidynamo {self._name}").start()
        except RuntimeError:  # The system has none left.
            return self._threads > 0
        self._threads += 1
        self._coming += 1
        return True

    def _run(self) -> None:
        own, is_new = threading.Condition(self._lock), True
        while True:
            with self._lock:
                self._coming -= is_new  # Not before it looks for work itself: nobody else is to be woken for that.
                is_new = False
                work = self._next(own)
                if work is None:
                    self._threads -= 1
                    return
                self._running[own] = began = time.perf_counter()
                if len(self._work) > self._coming:
                    self._wake()
            computing = time.thread_time()
            try:
                work()
            except BaseException:  # The thread is for others, too.
                logger.exception("an answer could not be worked out")
            del work  # Nothing of it is kept until there is more to do.
            with self._lock:
                self._note(time.perf_counter() - began, time.thread_time() - computing)
                self._held_up.discard(own)
                del self._running[own]
                self._open -= 1
                assert self._open >= len(self._running), f"{len(self._running)} threads are at {self._open} things"

    def _note(self, seconds: float, computing: float) -> None:
        """Takes note of how long a piece of work has taken, and how long of that it has computed."""
        # Where several compute at once, each takes as many times as long; what waits for something else does not.
        at_work = len(self._running)
        self._longest = max(self._longest * _DECAY, seconds / at_work, seconds - computing * at_work * _TURNS)

    def _next(self, own: threading.Condition) -> Callable[[], None] | None:
        """The next piece of work, waited for; None when the pool is closed. Called with the lock held."""
        while True:
            if self._work and not (self._running and self._is_quick):
                return self._work.popleft()
            if self._is_closed and not self._work:
                self._wake_all()  # Some may rest since there was work for another one.
                return None
            if self._open and self._is_quick and not self._has_standby:
                self._stand_by(own)
            else:
                self._rest(own, None)

    def _stand_by(self, own: threading.Condition) -> None:
        """Waits for the thread at work to be at one thing for too long."""
        patience = self._quick_seconds * _PATIENCE
        self._has_standby = True
        latest = max(self._running.values(), default=time.perf_counter())
        self._rest(own, max(0.0, latest + patience - time.perf_counter()))
        self._has_standby = False
        overdue = time.perf_counter() - patience
        self._held_up |= {each for each, began in self._running.items() if began <= overdue}

    def _rest(self, own: threading.Condition, seconds: float | None) -> None:
        """Waits to be woken, for some seconds at most."""
        self._resting.append(own)
        own.wait(seconds)
        if own in self._resting:
            self._resting.remove(own)
        else:
            self._coming -= 1
