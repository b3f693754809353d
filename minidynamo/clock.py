"""Where the database reads the time. The core never asks the operating system itself."""

from __future__ import annotations

import time
from typing import Protocol

from minidynamo.arguments import Rule, check_arguments, of

_TIME_MAX = 253_370_764_800.0  # The first moment of the year 9999, in which some zones have left it already.


class Clock(Protocol):
    """Tells the time in seconds since 1970-01-01 UTC."""

    def now(self) -> float:
        """The present time, epoch seconds with a fraction."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> float:
        return time.time()

    def __repr__(self) -> str:
        return "SystemClock()"


def advanced(clock: Clock, seconds: float) -> bool:
    """Moves a clock forward if it is one that can be, such as a `ManualClock`; whether it is."""
    advance = getattr(clock, "advance", None)
    if advance is None:
        return False
    advance(seconds)
    return True


def checked_time(time: float) -> float:
    """A time that dates can be made of; raises ValueError for one that lies outside the years 1970 to 9998, or nan."""
    if not 0 <= time < _TIME_MAX:
        raise ValueError(f"the clock tells {time!r}, which is no moment between the years 1970 and 9998: set it right")
    return time


def clock_error(clock: Clock) -> str | None:
    """What is wrong with what a clock tells, None where dates can be made of it."""
    try:
        checked_time(clock.now())
    except ValueError as error:
        return str(error)
    return None


class ManualClock:
    """A clock that stands still until it is advanced. It moves table statuses and token expiry in tests.

    Parameters:
        start: the first reading, epoch seconds.

    Raises:
        ValueError: no date can be made of it.
        TypeError: it is no number.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        check_arguments({"start": Rule("epoch seconds, such as 1_700_000_000", of(int, float))}, start=start)
        self._now = checked_time(float(start))

    def now(self) -> float:
        return self._now

    def __repr__(self) -> str:
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self._now))
        return f"ManualClock({self._now!r})  # {moment} UTC"

    def advance(self, seconds: float) -> None:
        """Moves the time forward by `seconds`; raises ValueError for a negative step, since time never turns back."""
        check_arguments({"seconds": Rule("a number", of(int, float))}, seconds=seconds)
        if not seconds >= 0:
            raise ValueError(f"a clock cannot be advanced by {seconds} seconds: time does not turn back")
        self._now = checked_time(self._now + seconds)
