"""Running what is due in the background: the same pieces of work that `drain` does, each source in its own thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from minidynamo.clock import Clock
from minidynamo.lambdas.drain import Work
from minidynamo.lambdas.handler_calls import IN_BACKGROUND

logger = logging.getLogger("minidynamo.lambdas")

# How often a shard is looked at, as AWS Lambda does.
_POLL_SECONDS = 0.25
# How long the end of an invocation is waited for.
STOP_SECONDS = 10.0
# An error that has not come for so long is logged again.
_QUIET_SECONDS = 60.0


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
        self._failed_at: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, daemon=True, name="minidynamo functions")
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the background thread still runs."""
        return self._thread.is_alive()

    @property
    def is_hanging(self) -> bool:
        """Whether another thread than its own sees it still run."""
        return self._thread.is_alive() and self._thread is not threading.current_thread()

    def stop(self) -> None:
        """Lets it end after the invocation it is at."""
        self._is_stopped.set()

    def join(self, seconds: float) -> None:
        """Waits for its end, for some seconds at most; not in its own thread."""
        if self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def _run(self) -> None:
        IN_BACKGROUND.set(True)
        while not self._is_stopped.is_set():
            if not self._do_what_is_due():
                self._is_stopped.wait(_POLL_SECONDS)

    def _do_what_is_due(self) -> bool:
        """Does each piece of work once, whatever becomes of others; returns whether there was any."""
        did_any = False
        try:
            found = self._find()
        except BaseException as error:  # Whatever it is, the thread goes on, since no other would.
            self._note(error)
            return False
        for work in found:
            try:
                due = work.due_at()
                if due is not None and due <= self._clock.now() and not self._is_stopped.is_set():
                    work.do()
                    did_any = True
            except BaseException as error:
                self._note(error)
        return did_any

    def _note(self, error: BaseException) -> None:
        """Logs what has failed, once as long as it fails again and again."""
        text, now = repr(error), time.monotonic()
        self._failed_at = {each: at for each, at in self._failed_at.items() if now - at < _QUIET_SECONDS}
        if text not in self._failed_at and not self._is_stopped.is_set():
            logger.error("functions could not be run", exc_info=error)
        self._failed_at[text] = now
