"""The sweep: a thread that deletes expired items every so often."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger("minidynamo.expiry")


class Sweeper:
    """Sweeps in the background until it is stopped.

    Parameters:
        sweep: deletes what has expired.
        interval_seconds: the pause between two sweeps, by the machine's clock.
    """

    def __init__(self, sweep: Callable[[], int], interval_seconds: float) -> None:
        self._sweep = sweep
        self._interval_seconds = interval_seconds
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="minidynamo expiry")
        self._thread.start()

    def close(self) -> None:
        """Ends the sweeping thread, after the sweep it is at."""
        self._is_stopped.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._is_stopped.wait(self._interval_seconds):
            try:
                self._sweep()
            except Exception:
                if not self._is_stopped.is_set():
                    logger.exception("a sweep for expired items failed")
