"""Waiting for what other threads do, with an end to it."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(is_true: Callable[[], bool]) -> None:
    """Looks again and again; fails where it has not come true after 20 s."""
    end = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)
