"""What there is per second: the difference of two readings, and the course of the last minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from minidynamo.cli.top.reading import Counts, Reading

# As many readings make a course.
HISTORY_MAX = 60
_COUNTED = ("calls", "errors", "read_units", "write_units", "items", "size_bytes", "records", "seconds")
# Of these the difference may be below zero; of counters it is when a server has begun anew.
_GROWING = frozenset({"items", "size_bytes"})


class Rates:
    """Keeps the last readings.

    Attributes:
        last: the last reading; None before the first.
        tables, operations: what there is per second, by name; nothing before the second reading.
        courses: of each table what its last readings have told per second, oldest first.
    """

    def __init__(self) -> None:
        self.last: Reading | None = None
        self.tables: Mapping[str, Counts] = {}
        self.operations: Mapping[str, Counts] = {}
        self.courses: dict[str, deque[float]] = {}

    def take(self, reading: Reading) -> None:
        """Takes the next reading."""
        before, self.last = self.last, reading
        if before is None:
            return
        seconds = max(reading.at - before.at, 1e-3)
        self.tables = _per_second(before.tables, reading.tables, seconds)
        self.operations = _per_second(before.operations, reading.operations, seconds)
        self.courses = {name: each for name, each in self.courses.items() if name in reading.tables}
        for name, rate in self.tables.items():
            self.courses.setdefault(name, deque(maxlen=HISTORY_MAX)).append(_activity(rate))
        assert self.courses.keys() <= reading.tables.keys(), "a course is of no table"


def _per_second(before: Mapping[str, Counts], now: Mapping[str, Counts], seconds: float) -> dict[str, Counts]:
    rates: dict[str, Counts] = {}
    for name, counts in now.items():
        rate, old = Counts(), before.get(name, Counts())
        for attribute in _COUNTED:
            value = getattr(counts, attribute)
            if value is None:
                continue
            # What has appeared since is all new; a size that is seen for the first time is no growth.
            start = getattr(old, attribute)
            start = (value if attribute in _GROWING else 0.0) if start is None else start
            change = (value - start) / seconds
            setattr(rate, attribute, change if attribute in _GROWING else max(0.0, change))
        rates[name] = rate
    return rates


def _activity(rate: Counts) -> float:
    """What a course shows: units, else records, else growth."""
    for value in (rate.units, rate.records, rate.size_bytes):
        if value is not None:
            return max(0.0, value)
    return 0.0
