"""The store of datapoints: by minute and metric, for as long as the service keeps them, within bounds.

A metric is a namespace, a name and dimensions; as in the service nothing is summed over dimensions. When more values
are kept than may be, the oldest minute goes; the totals of a metric, which only grow, stay.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Self

from minidynamo.clock import Clock
from minidynamo.limits import (
    METRIC_DIMENSIONS_MAX,
    METRIC_MINUTES_MAX,
    METRIC_PERIOD_SECONDS,
    METRIC_SECONDS_AHEAD_MAX,
    METRIC_SECONDS_BEFORE_MAX,
    METRIC_VALUES_MAX,
    METRICS_MAX,
)
from minidynamo.metrics.buckets import Bucket

assert METRIC_SECONDS_BEFORE_MAX <= METRIC_MINUTES_MAX * METRIC_PERIOD_SECONDS


class Metric(NamedTuple):
    """What datapoints are of.

    Attributes:
        namespace, name: such as "AWS/Lambda" and "Errors".
        dimensions: names and values, in the order of names.
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> Self:
        """The metric with these dimensions."""
        return cls(namespace, name, tuple(sorted(dimensions.items())))

    def __str__(self) -> str:
        return " ".join([self.namespace, self.name, *(f"{name}={value}" for name, value in self.dimensions)])


# Gives the metrics of a name and a subject, each with its unit.
MetricsOf = Callable[..., Sequence[tuple[Metric, str]]]
# So many different values wait until they are taken up, unless somebody asks before.
_PENDING_MAX = 2_000


class Total(NamedTuple):
    """All that has ever been recorded of a metric.

    Attributes:
        unit: that of the last datapoint.
        sum, sample_count: of all values.
    """

    unit: str
    sum: float
    sample_count: float


class Span(NamedTuple):
    """A stretch of time.

    Attributes:
        start, end: start <= time < end, in epoch seconds; None for no bound.
    """

    start: float | None = None
    end: float | None = None


class Datapoints:
    """Keeps datapoints. Safe to use from many threads.

    Parameters:
        clock: tells the minute of those without a time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minutes: dict[int, dict[Metric, Bucket]] = {}
        self._totals: dict[Metric, Total] = {}
        self._values_count = 0
        self._pending: dict[tuple[int, MetricsOf, str, tuple[str | None, ...], float], int] = {}
        self._lock = threading.Lock()

    def begin_as_child(self) -> None:
        """Begins anew in a child process, where no other thread holds the lock."""
        self._lock = threading.Lock()

    def add(self, metric: Metric, unit: str, value: float, count: float = 1.0, time: float | None = None) -> None:
        """Keeps a value that came so often.

        Raises:
            ValueError: it is no number, or came at a time or in a form that the service does not take.
        """
        _require_numbers(metric, value, count)
        with self._lock:
            bucket = self._bucket(metric, unit, time)
            if bucket is None:
                return
            has_room = self._values_count < METRIC_VALUES_MAX
            self._values_count += bucket.add(float(value), float(count), has_room)
            self._count(metric, unit, value * count, count)

    def add_now(self, metrics_of: MetricsOf, subject: tuple[str | None, ...], values: Mapping[str, float]) -> None:
        """Keeps values that have come once each, now: for the present only how often each has.

        Parameters:
            metrics_of: gives the metrics of a name and a subject, each with its unit.
            subject: such as a function and its version.
            values: numbers by the names of metrics, as services publish them.
        """
        now = self._clock.now()
        if not 0 <= now < math.inf:
            return
        minute = _minute(now)
        with self._lock:
            pending = self._pending
            for name, value in values.items():
                key = minute, metrics_of, name, subject, value
                pending[key] = pending.get(key, 0) + 1
            if len(pending) > _PENDING_MAX:
                self._take_up()

    def add_set(self, metric: Metric, unit: str, summary: Bucket, time: float | None = None) -> None:
        """Keeps values of which only number, sum and bounds are known, as a bucket has them; see `add`."""
        _require_numbers(metric, summary.sum, summary.count)
        with self._lock:
            bucket = self._bucket(metric, unit, time)
            if bucket is None:
                return
            bucket.add_set(summary.count, summary.sum, summary.minimum, summary.maximum)
            bucket.is_complete = False
            self._count(metric, unit, summary.sum, summary.count)

    def totals(self) -> dict[Metric, Total]:
        """All metrics there are, in order, with what was recorded of them since the beginning."""
        with self._lock:
            self._take_up()
            return dict(sorted(self._totals.items()))

    def merged(self, metric: Metric, span: Span) -> Bucket | None:
        """The datapoints within a span; None where there are none."""
        found = [bucket for _, bucket in self._found(metric, span)]
        return _merged(found) if found else None

    def periods(self, metric: Metric, span: Span, seconds: int = METRIC_PERIOD_SECONDS) -> list[tuple[int, Bucket]]:
        """The datapoints by period: when it begins, and what is in it. Periods without any are left out.

        Parameters:
            metric: of which.
            span: from its start, or from a multiple of the period on.
            seconds: how long a period is, a multiple of 60.
        """
        assert seconds > 0 and seconds % METRIC_PERIOD_SECONDS == 0, f"a period of {seconds} seconds"
        origin = 0 if span.start is None else _minute(span.start) * METRIC_PERIOD_SECONDS
        periods: dict[int, list[Bucket]] = {}
        for second, bucket in self._found(metric, span):
            periods.setdefault(second - (second - origin) % seconds, []).append(bucket)
        return [(second, _merged(buckets)) for second, buckets in periods.items()]

    def check(self) -> None:
        """Asserts that minutes, metrics and the number of values fit together."""
        with self._lock:
            self._take_up()
            buckets = [bucket for each in self._minutes.values() for bucket in each.values()]
            metrics = {metric for each in self._minutes.values() for metric in each}
            held = sum(len(bucket.values) for bucket in buckets)
            assert held == self._values_count, f"{held} values are kept, and {self._values_count} are counted"
            assert metrics <= self._totals.keys(), f"without totals: {metrics - self._totals.keys()}"
            assert len(self._totals) <= METRICS_MAX, f"there are {len(self._totals)} metrics"
            for bucket in buckets:
                bucket.check()

    def _found(self, metric: Metric, span: Span) -> list[tuple[int, Bucket]]:
        first = -math.inf if span.start is None else _minute(span.start)
        last = math.inf if span.end is None else span.end / METRIC_PERIOD_SECONDS
        with self._lock:
            self._take_up()
            return [
                (minute * METRIC_PERIOD_SECONDS, _merged([buckets[metric]]))
                for minute, buckets in sorted(self._minutes.items())
                if first <= minute < last and metric in buckets
            ]

    def _take_up(self) -> None:
        """Puts what waits into its buckets."""
        pending, self._pending = self._pending, {}
        for (minute, metrics_of, name, subject, value), count in pending.items():
            for metric, unit in metrics_of(name, *subject):
                bucket = self._bucket_of(metric, unit, minute)
                if bucket is not None:
                    self._values_count += bucket.add(value, float(count), self._values_count < METRIC_VALUES_MAX)
                    self._count(metric, unit, value * count, count)

    def _bucket(self, metric: Metric, unit: str, time: float | None) -> Bucket | None:
        """Where a datapoint goes; None where it goes nowhere, since there are too many metrics, or no time."""
        now = self._clock.now()
        if not 0 <= now < math.inf:
            return None
        at = now if time is None else time
        if not now - METRIC_SECONDS_BEFORE_MAX <= at <= now + METRIC_SECONDS_AHEAD_MAX:
            raise ValueError(
                f"{metric} has a datapoint at {at}: it must be from two weeks before to two hours after {now}"
            )
        if len(metric.dimensions) > METRIC_DIMENSIONS_MAX:
            raise ValueError(f"{metric.namespace} {metric.name} has more than {METRIC_DIMENSIONS_MAX} dimensions")
        return self._bucket_of(metric, unit, _minute(at))

    def _bucket_of(self, metric: Metric, unit: str, minute: int) -> Bucket | None:
        """The bucket of a minute; None where there are too many metrics."""
        if metric not in self._totals and len(self._totals) >= METRICS_MAX:
            return None
        buckets = self._minutes.get(minute)
        if buckets is None:
            self._forget(max(minute, *self._minutes, 0) - METRIC_MINUTES_MAX)
            buckets = self._minutes[minute] = {}
        bucket = buckets.get(metric)
        if bucket is None:
            bucket = buckets[metric] = Bucket(unit)
        return bucket

    def _count(self, metric: Metric, unit: str, total: float, count: float) -> None:
        known = self._totals.get(metric)
        before = (0.0, 0.0) if known is None else (known.sum, known.sample_count)
        self._totals[metric] = Total(unit, before[0] + total, before[1] + count)

    def _forget(self, before: int) -> None:
        """Forgets minutes that are too old, and the oldest ones for as long as too many values are kept."""
        for minute in sorted(self._minutes):
            if minute >= before and self._values_count < METRIC_VALUES_MAX:
                return
            self._values_count -= sum(len(bucket.values) for bucket in self._minutes.pop(minute).values())
        assert self._values_count == 0, f"{self._values_count} values are kept of no minute"


def _require_numbers(metric: Metric, value: float, count: float) -> None:
    if not (math.isfinite(value) and math.isfinite(count) and math.isfinite(value * count) and count > 0):
        raise ValueError(f"{metric} has the value {value!r}, {count!r} times: both must be finite numbers")


def _minute(time: float) -> int:
    return int(time // METRIC_PERIOD_SECONDS)


def _merged(buckets: list[Bucket]) -> Bucket:
    merged = Bucket(buckets[0].unit)
    for bucket in buckets:
        merged.merge(bucket)
    return merged
