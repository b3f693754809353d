"""Datapoints are kept by minute within bounds, and statistics of them are exact."""

from __future__ import annotations

import math
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo import ManualClock
from minidynamo.metrics import datapoints
from minidynamo.metrics.buckets import statistic_of
from minidynamo.metrics.metrics import Metrics

MINUTE = 60
START = 1_699_999_980  # The minute that a ManualClock begins in.


@pytest.fixture
def metrics(clock: ManualClock) -> Metrics:
    return Metrics(clock)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_statistics_are_those_of_all_values(values: list[float]) -> None:
    """Whatever minutes the values came in."""
    clock = ManualClock()
    metrics = Metrics(clock)
    for value in values:
        metrics.record("Shop", "Price", {}, value)
        clock.advance(20)
    assert metrics.sum("Shop", "Price") == pytest.approx(math.fsum(values), abs=1e-3)
    assert metrics.get("Shop", "Price", "SampleCount") == len(values)
    assert metrics.get("Shop", "Price", "Minimum") == min(values)
    assert metrics.get("Shop", "Price", "Maximum") == max(values)
    assert metrics.get("Shop", "Price", "Average") == pytest.approx(math.fsum(values) / len(values), abs=1e-3)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50), st.integers(0, 100))
def test_a_percentile_is_the_least_value_that_so_many_are_not_above(values: list[int], percent: int) -> None:
    metrics = Metrics(ManualClock())
    for value in values:
        metrics.record("Shop", "Price", {}, value)
    found = metrics.get("Shop", "Price", f"p{percent}")
    assert found is not None
    assert sum(each <= found for each in values) * 100 >= percent * len(values)
    assert sum(each < found for each in values) * 100 < max(percent, 1) * len(values)


def test_series_are_by_period(metrics: Metrics, clock: ManualClock) -> None:
    """Minutes without datapoints are left out; periods begin where the span does."""
    for value in (1, 2, 4):
        metrics.record("Shop", "Price", {}, value)
        clock.advance(2 * MINUTE)
    assert metrics.series("Shop", "Price") == [(START, 1), (START + 120, 2), (START + 240, 4)]
    assert metrics.series("Shop", "Price", start=START, period=180) == [(START, 3), (START + 180, 4)]
    assert metrics.series("Shop", "Price", start=START + 60, end=START + 240) == [(START + 120, 2)]
    assert metrics.sum("Shop", "Price", start=START + 120) == 6


def test_nothing_is_summed_over_dimensions(metrics: Metrics) -> None:
    """Source: CloudWatch User Guide, "Dimensions": each combination is a metric of its own."""
    metrics.record("Shop", "Price", {"a": "1", "b": "2"}, 5)
    assert metrics.get("Shop", "Price", b="2", a="1") == 5
    assert metrics.get("Shop", "Price", a="1") is None
    assert metrics.get("Shop", "Price") is None
    assert [str(each) for each in metrics.list("Shop")] == ["Shop Price a=1 b=2"]
    assert metrics.list("Other") == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"value": math.nan}, "both must be finite numbers"),
        ({"value": math.inf}, "both must be finite numbers"),
        ({"value": 1, "count": 0}, "both must be finite numbers"),
        ({"value": 1, "time": START + 3 * 3600}, "two hours after"),
        ({"value": 1, "time": START - 15 * 24 * 3600}, "two weeks before"),
        ({"value": 1, "dimensions": {str(number): "x" for number in range(31)}}, "more than 30 dimensions"),
    ],
)
def test_what_is_no_datapoint_is_refused(metrics: Metrics, arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        metrics.record("Shop", "Price", **{"dimensions": {}, **arguments})
    assert metrics.list() == []


@pytest.mark.parametrize("name", ["sum", "p", "p101", "p100.1", "p-1", "pxx", "", "tm99"])
def test_what_is_no_statistic_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="there is no statistic"):
        statistic_of(name)


def test_minutes_are_kept_for_fifteen_days(metrics: Metrics, clock: ManualClock) -> None:
    """What is older goes, and what Prometheus counts does not."""
    metrics.record("Shop", "Price", {}, 1)
    clock.advance(16 * 24 * 3600)
    metrics.record("Shop", "Price", {}, 2)
    assert metrics.sum("Shop", "Price") == 2
    assert "shop_price_sum 3.0" in metrics.prometheus()


def test_memory_is_bounded(metrics: Metrics, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest minutes go first; a minute alone keeps no more values, and knows no percentiles then."""
    monkeypatch.setattr(datapoints, "METRIC_VALUES_MAX", 10)
    for value in range(15):
        metrics.record("Shop", "Price", {}, value)
    assert metrics.get("Shop", "Price", "Maximum") == 14
    assert metrics.get("Shop", "Price", "p50") is None
    clock.advance(MINUTE)
    metrics.record("Shop", "Price", {}, 7)
    assert metrics.series("Shop", "Price") == [(START + 60, 7)]
    assert metrics.get("Shop", "Price", "p50") == 7


def test_the_number_of_metrics_is_bounded(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datapoints, "METRICS_MAX", 2)
    for number in range(4):
        metrics.record("Shop", "Price", {"id": str(number)}, 1)
    assert len(metrics.list()) == 2


def test_threads_lose_nothing(metrics: Metrics) -> None:
    def work() -> None:
        for value in range(500):
            metrics.record("Shop", "Price", {}, value % 3)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert metrics.get("Shop", "Price", "SampleCount") == 2000
