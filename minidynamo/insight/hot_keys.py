"""Which partition keys take the most units: a sketch of bounded size, which never misses one that is hot.

Space-saving (Metwally, Agrawal, El Abbadi, 2005): a new key takes the place, and the count, of the one with the least.
So a count is at most too high, by no more than what was taken over, and a key that has more than 1/n of all units is
among the n that are kept.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from minidynamo.limits import PARTITION_READ_UNITS, PARTITION_WRITE_UNITS

# For each table and index, and for all of them together.
KEYS_MAX, KEYS_ALL_MAX = 1_000, 10_000


@dataclass(frozen=True, slots=True)
class HotKey:
    """A partition key.

    Attributes:
        table, index: where; index None for the table itself.
        key: its value as text, those of several attributes separated by commas.
        units: that it has taken, of reading and writing.
        share: of all that its table or index has taken, 0 to 1.
        error: by how many units that may be too much.
        calls: requests that named it.
    """

    table: str
    index: str | None
    key: str
    units: float
    share: float
    error: float
    calls: int


class KeyCount:
    """What one key has taken.

    Attributes:
        units: in all.
        error: how many of them may be another key's.
        calls: requests.
        written: how many of them were of writing, or may have been.
        hot_read_seconds, hot_write_seconds: in how many seconds, by the clock, it took more than a partition gives.
    """

    __slots__ = (
        "_read",
        "_second",
        "_written",
        "calls",
        "error",
        "hot_read_seconds",
        "hot_write_seconds",
        "units",
        "written",
    )

    def __init__(self, error: float) -> None:
        self.units = self.error = self.written = error
        self.calls = 0
        self.hot_read_seconds = self.hot_write_seconds = 0
        self._second = 0
        self._read = self._written = 0.0

    def add(self, units: float, is_write: bool, second: int) -> None:
        """Counts a request."""
        self.units += units
        self.calls += 1
        if second != self._second:
            self._second = second
            self._read = self._written = 0.0
        if is_write:
            self.written += units
            before, self._written = self._written, self._written + units
            self.hot_write_seconds += before <= PARTITION_WRITE_UNITS < self._written
        else:
            before, self._read = self._read, self._read + units
            self.hot_read_seconds += before <= PARTITION_READ_UNITS < self._read


class Sketch:
    """The heaviest keys of one table or index.

    Attributes:
        units: of all keys together.
    """

    __slots__ = ("_counts", "_heap", "_keys_max", "units")

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        assert keys_max > 0, f"a sketch of {keys_max} keys"
        self._keys_max = keys_max
        self._counts: dict[str, KeyCount] = {}
        # The least of them, found when it is needed: counts that have grown since are put back.
        self._heap: list[tuple[float, str]] = []
        self.units = 0.0

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, key: str, units: float, is_write: bool, second: int) -> None:
        """Counts units that a key has taken in a second of the clock."""
        self.units += units
        count = self._counts.get(key)
        if count is None:
            count = self._new(key)
        count.add(units, is_write, second)

    def merge(self, key: str, units: float, error: float, calls: int) -> None:
        """Adds what another process has counted for a key."""
        self.units += units
        count = self._counts.get(key)
        if count is None:
            count = self._new(key)
        count.units += units
        count.written += units
        count.error += error
        count.calls += calls

    def shrink(self, keys_max: int) -> None:
        """Keeps fewer keys from now on, the heaviest of those that there are."""
        assert 0 < keys_max <= self._keys_max, f"a sketch of {self._keys_max} keys shrinks to {keys_max}"
        self._keys_max = keys_max
        while len(self._counts) > keys_max:
            self._evicted()

    def heaviest(self) -> list[tuple[str, KeyCount]]:
        """Keys with what they have taken, the heaviest first."""
        return sorted(self._counts.items(), key=lambda each: (-each[1].units, each[0]))

    def _new(self, key: str) -> KeyCount:
        least = 0.0
        while len(self._counts) >= self._keys_max:
            least = self._evicted()  # Each has no less than the one before.
        count = self._counts[key] = KeyCount(least)
        heapq.heappush(self._heap, (count.units, key))
        return count

    def _evicted(self) -> float:
        """Forgets the key with the least units; how many it had."""
        while True:
            noted, key = heapq.heappop(self._heap)
            units = self._counts[key].units
            if units == noted:
                del self._counts[key]
                return units
            heapq.heappush(self._heap, (units, key))


def hot_keys_of(sketches: dict[tuple[str, str | None], Sketch]) -> Iterator[HotKey]:
    """The keys of tables and indexes, the heaviest of each first."""
    for (table, index), sketch in sketches.items():
        for key, count in sketch.heaviest():
            share = count.units / sketch.units if sketch.units else 0.0
            yield HotKey(table, index, key, count.units, min(1.0, share), count.error, count.calls)
