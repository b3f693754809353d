"""Running what is due in the background: the same pieces of work that `drain` does, each source in its own thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from minidynamo.clock import Clock
from minidynamo.functions.draining import Work

logger = logging.getLogger("minidynamo.functions")

# How often a shard is looked at, as AWS Lambda does.
_POLL_SECONDS = 0.25


class Background:
    """A thread that does what is due until it is stopped.

    Parameters:
        find: finds the work there is.
        clock: tells what is due.
    """

    def __init__(self, find: Callable[[], Sequence[Work]], clock: Clock) -> None:
        self._find = find
        self._clock = clock
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="minidynamo functions")
        self._thread.start()

    def stop(self) -> None:
        """Ends it, after the invocation it is at."""
        self._is_stopped.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            try:
                is_idle = not self._do_what_is_due()
            except Exception:
                logger.exception("functions could not be run")
                is_idle = True
            if is_idle:
                self._is_stopped.wait(_POLL_SECONDS)

    def _do_what_is_due(self) -> bool:
        """Does each piece of work once; returns whether there was any."""
        did_any = False
        for work in self._find():
            due = work.due_at()
            if due is not None and due <= self._clock.now() and not self._is_stopped.is_set():
                work.do()
                did_any = True
        return did_any
