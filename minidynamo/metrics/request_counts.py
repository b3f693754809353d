"""What has been asked since the beginning, for those who watch a server: requests, units, and how long they took.

Beside CloudWatch's metrics, which know no operation's units and no latency's distribution. Labels are bounded: a table
is named once something has succeeded on it, so that nobody makes labels by asking for tables that there are not; tables
and indexes beyond the bound are counted together.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Sequence

from minidynamo.metrics.asked_capacity import Consumed
from minidynamo.metrics.prometheus import Family
from minidynamo.requests.operations import API

# Upper bounds in seconds, and all beyond.
LATENCY_BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
assert list(LATENCY_BOUNDS) == sorted(LATENCY_BOUNDS), "a bucket ends before it begins"
# How many tables are told apart, and how many indexes of all tables.
_TABLES_MAX = 1_000
_INDEXES_MAX = 5_000

SEVERAL = "(several)"
"""The table of a request on more than one."""
OTHERS = "(others)"
"""That of tables beyond the bound, and the name of operations that there are not."""


class RequestCounts:
    """Counts of the requests to one database. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables: set[str] = set()
        self._indexes: set[tuple[str, str]] = set()
        self._requests: dict[tuple[str, str, str], int] = {}
        self._units: dict[tuple[str, str, str], float] = {}
        self._latencies: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def begin_as_child(self) -> None:
        """Begins anew in a child process, where no other thread holds the lock."""
        self._lock = threading.Lock()

    def note(
        self, operation: str, tables: Sequence[str], error: str, seconds: float, consumed: Sequence[Consumed] = ()
    ) -> None:
        """Counts a request that has been answered.

        Parameters:
            operation: its API name.
            tables: the names of the tables that it is about.
            error: the code of its error; "" where it succeeded.
            seconds: how long it took.
            consumed: its units, by the bare names of tables.
        """
        known = operation if operation in API else OTHERS
        with self._lock:
            named = [self._table(table, not error) for table in tables]
            table = SEVERAL if len(named) > 1 else "".join(named)
            key = known, table, error
            self._requests[key] = self._requests.get(key, 0) + 1
            counts = self._latencies.setdefault(known, [0] * (len(LATENCY_BOUNDS) + 1))
            counts[bisect_left(LATENCY_BOUNDS, seconds)] += 1
            self._seconds[known] = self._seconds.get(known, 0.0) + max(0.0, seconds)
            for each in consumed:
                self._add_units(each)

    def families(self) -> list[Family]:
        """What has been counted, as families of metrics."""
        requests = Family("minidynamo_requests_total", "Requests by operation, table and error.", "counter")
        units = Family("minidynamo_capacity_units_total", "Capacity units by table, index and way.", "counter")
        latencies = Family("minidynamo_request_seconds", "How long requests took, by operation.", "histogram")
        with self._lock:
            for (operation, table, error), count in self._requests.items():
                requests.add({"operation": operation, "table": table, "error": error}, count)
            for (table, index, way), sum_ in self._units.items():
                units.add({"table": table, "index": index, "way": way}, sum_)
            for operation, counts in self._latencies.items():
                latencies.add_histogram(
                    {"operation": operation}, LATENCY_BOUNDS, counts, round(self._seconds[operation], 9)
                )
        return [each for each in (requests, units, latencies) if each.has_samples]

    def _table(self, table: str, is_there: bool) -> str:
        """The label of a table: "" for one of which nothing has succeeded yet."""
        if table in self._tables:
            return table
        if not is_there:
            return ""
        if len(self._tables) >= _TABLES_MAX:
            return OTHERS
        self._tables.add(table)
        return table

    def _add_units(self, consumed: Consumed) -> None:
        table, index = self._table(consumed.table, True), consumed.index_name or ""
        if index and (table, index) not in self._indexes:
            if len(self._indexes) >= _INDEXES_MAX:
                index = OTHERS
            else:
                self._indexes.add((table, index))
        key = table, index, "write" if consumed.is_write else "read"
        self._units[key] = self._units.get(key, 0.0) + consumed.units
        assert self._units[key] >= 0, f"{key} has given units back"
