"""Metrics as users have them: what has been recorded, its statistics, and what a test demands of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from minidynamo.arguments import did_you_mean
from minidynamo.clock import Clock
from minidynamo.limits import METRIC_PERIOD_SECONDS
from minidynamo.metrics.alarm_conditions import read_condition, told
from minidynamo.metrics.buckets import WITHOUT_DATAPOINTS, statistic_of
from minidynamo.metrics.datapoints import Datapoints, Metric, Span
from minidynamo.metrics.prometheus import Family, exposition, written
from minidynamo.metrics.published import PUBLISHED, fault_of, unit_of
from minidynamo.metrics.request_counts import RequestCounts


class Metrics:
    """The metrics of one database, by its clock. Safe to use from many threads.

    Parameters:
        clock: tells in which minute something is recorded.

    Attributes:
        datapoints: what is kept.
        known: by the names of dimensions, what these may be; of others, and of what was recorded, anything may.
        requests: what was asked, for Prometheus.
        states: gives what the database is like at the moment, for Prometheus.
    """

    def __init__(self, clock: Clock) -> None:
        self.datapoints = Datapoints(clock)
        self.known: dict[str, Callable[[], Collection[str]]] = {}
        self.requests = RequestCounts()
        self.states: Callable[[], Iterable[Family]] = list

    def __repr__(self) -> str:
        return f"<Metrics: {len(self.datapoints.totals())}>"

    def record(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float,
        unit: str | None = None,
        *,
        count: float = 1.0,
        time: float | None = None,
    ) -> None:
        """Records a datapoint.

        Parameters:
            namespace, name, dimensions: of which metric.
            value: the value.
            unit: such as "Count"; by default the one in which the service publishes it, or "None".
            count: how often the value came.
            time: in epoch seconds; now by default.

        Raises:
            ValueError: the value is no finite number, the time lies two weeks before or two hours after now, or there
                are more than 30 dimensions.
        """
        metric = Metric.of(namespace, name, dimensions)
        self.datapoints.add(metric, unit_of(namespace, name) if unit is None else unit, value, count, time)

    def get(
        self,
        namespace: str,
        name: str,
        /,
        statistic: str = "Sum",
        start: float | None = None,
        end: float | None = None,
        **dimensions: str,
    ) -> float | None:
        """A statistic over some time: `metrics.get("AWS/Lambda", "Errors", FunctionName="f")`.

        Parameters:
            namespace, name: of which metric.
            statistic: Sum, Average, Minimum, Maximum, SampleCount, or a percentile such as p99.9.
            start, end: start <= time < end, in epoch seconds and whole minutes; by default all that is kept.
            dimensions: all that the metric has: as in CloudWatch nothing is summed over dimensions.

        Returns:
            The value; None where nothing was recorded.

        Raises:
            ValueError: there is no such statistic, or the service publishes no such metric.

        Source: Amazon CloudWatch User Guide, "CloudWatch statistics definitions".
        """
        take = statistic_of(statistic)
        merged = self.datapoints.merged(_asked(namespace, name, dimensions), Span(start, end))
        return None if merged is None else take(merged)

    def sum(
        self, namespace: str, name: str, /, start: float | None = None, end: float | None = None, **dimensions: str
    ) -> float:
        """The sum over some time, 0 where nothing was recorded; see `get`."""
        return self.get(namespace, name, "Sum", start, end, **dimensions) or 0.0

    def series(
        self,
        namespace: str,
        name: str,
        /,
        statistic: str = "Sum",
        start: float | None = None,
        end: float | None = None,
        period: int = METRIC_PERIOD_SECONDS,
        **dimensions: str,
    ) -> list[tuple[int, float]]:
        """A statistic period by period: when each begins, in epoch seconds, and the value. See `get`.

        Parameters:
            namespace, name, statistic, start, end, dimensions: as of `get`.
            period: how many seconds one is, a multiple of 60.
        """
        if period <= 0 or period % METRIC_PERIOD_SECONDS:
            raise ValueError(f"period takes a multiple of {METRIC_PERIOD_SECONDS} seconds, not {period!r}")
        return self._series(_asked(namespace, name, dimensions), statistic, Span(start, end), period)

    def _series(
        self, metric: Metric, statistic: str, span: Span, period: int = METRIC_PERIOD_SECONDS
    ) -> list[tuple[int, float]]:
        take = statistic_of(statistic)
        values = ((second, take(bucket)) for second, bucket in self.datapoints.periods(metric, span, period))
        return [(second, value) for second, value in values if value is not None]

    def require(
        self,
        namespace: str,
        name: str,
        condition: str,
        /,
        start: float | None = None,
        end: float | None = None,
        **dimensions: str,
    ) -> None:
        """Asserts what a metric is: `metrics.require("AWS/Lambda", "Errors", "Sum <= 0", FunctionName="f")`.

        Where nothing was recorded, Sum and SampleCount are 0, and no condition on another statistic holds.

        Parameters:
            namespace, name, start, end, dimensions: as of `get`.
            condition: a statistic, a comparison (<, <=, >, >=, ==, !=) and a number, such as "p99 < 20".

        Raises:
            AssertionError: it is not so; the text says what was found, minute by minute.
            ValueError: the condition is none, the service publishes no such metric, or there is no such table,
                operation, function or API: what is misspelt would be 0 for ever.
        """
        wanted = read_condition(condition)
        self._check_known(_asked(namespace, name, dimensions))
        found = self.get(namespace, name, wanted.statistic, start, end, **dimensions)
        value = WITHOUT_DATAPOINTS.get(wanted.statistic) if found is None else found
        if value is None or not wanted.holds(value):
            minutes = self._series(_asked(namespace, name, dimensions), wanted.statistic, Span(start, end))
            raise AssertionError(told(str(Metric.of(namespace, name, dimensions)), wanted, value, minutes))

    def _check_known(self, metric: Metric) -> None:
        """Raises ValueError for a metric of a service that is about something of which nothing is known."""
        if metric.namespace not in PUBLISHED or metric in self.datapoints.totals():
            return
        for name, value in metric.dimensions:
            there_are = self.known.get(name)
            if there_are is not None and value not in there_are():
                raise ValueError(f"there is no {name} {value!r}: {did_you_mean(value, sorted(there_are()))}")

    def prometheus(self) -> str:
        """All that has ever been recorded in the text format of Prometheus: sums and numbers of samples.

        Before them what was asked, and what the database is like, where these are known.
        """
        own = written([*self.requests.families(), *self.states()])
        return own + exposition(self.datapoints.totals())

    def __iter__(self) -> Iterator[Metric]:
        return iter(self.datapoints.totals())

    def list(self, namespace: str | None = None) -> list[Metric]:
        """The metrics of which something was recorded, in order; those of one namespace where it is given."""
        return [each for each in self if namespace in (None, each.namespace)]


def _asked(namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric:
    """The metric that is asked for; raises ValueError for one that a service has not, since it would be missed."""
    fault = fault_of(namespace, name, dimensions)
    if fault is not None:
        raise ValueError(fault)
    return Metric.of(namespace, name, dimensions)
