"""What tests demand of metrics: a condition holds, or the error tells what was found, minute by minute."""

from __future__ import annotations

import pytest

from minidynamo import ManualClock
from minidynamo.metrics.metrics import Metrics


@pytest.fixture
def metrics(clock: ManualClock) -> Metrics:
    metrics = Metrics(clock)
    for value in (1.0, 2.0, 6.0):
        metrics.record("AWS/Lambda", "Errors", {"FunctionName": "f"}, value)
        clock.advance(60)
    return metrics


@pytest.mark.parametrize(
    "condition", ["Sum == 9", "Sum<=9", "Maximum < 6.5", "p50 >= 2", "Average != 4", "Minimum > -1"]
)
def test_what_holds_passes(metrics: Metrics, condition: str) -> None:
    metrics.require("AWS/Lambda", "Errors", condition, FunctionName="f")


def test_what_does_not_hold_is_told_minute_by_minute(metrics: Metrics) -> None:
    with pytest.raises(AssertionError) as caught:
        metrics.require("AWS/Lambda", "Errors", "Sum <= 0", start=1_700_000_040, FunctionName="f")
    assert str(caught.value).splitlines() == [
        "AWS/Lambda Errors FunctionName=f: wanted Sum <= 0, found 8",
        "  minute (UTC)      Sum",
        "  2023-11-14 22:14  2",
        "  2023-11-14 22:15  6",
    ]


def test_a_long_table_shows_the_last_minutes(metrics: Metrics, clock: ManualClock) -> None:
    for _ in range(30):
        metrics.record("Shop", "Price", {}, 1)
        clock.advance(60)
    with pytest.raises(AssertionError) as caught:
        metrics.require("Shop", "Price", "Sum < 1")
    lines = str(caught.value).splitlines()
    assert len(lines) == 23
    assert lines[2] == "  (10 earlier ones)"


def test_where_nothing_was_recorded_sums_are_zero_and_nothing_else_is(metrics: Metrics) -> None:
    metrics.require("AWS/Lambda", "Throttles", "Sum <= 0", FunctionName="f")
    metrics.require("AWS/Lambda", "Throttles", "SampleCount == 0", FunctionName="f")
    with pytest.raises(AssertionError, match=r"wanted p99 < 5, found nothing recorded$"):
        metrics.require("AWS/Lambda", "Duration", "p99 < 5", FunctionName="f")


@pytest.mark.parametrize(
    "text", ["", "Sum", "Sum <= ", "<= 0", "Sum =< 0", "Sum <= zero", "Sum <= 0 or 1", "Sum <= 0 1"]
)
def test_what_is_no_condition_is_refused(metrics: Metrics, text: str) -> None:
    with pytest.raises(ValueError, match="is no condition: write a statistic, a comparison and a number, such as "):
        metrics.require("AWS/Lambda", "Errors", text, FunctionName="f")


def test_a_metric_that_is_misspelt_is_refused(metrics: Metrics) -> None:
    """Its sum would always be 0, and whoever demands that would learn nothing."""
    with pytest.raises(ValueError, match="no 'Error' is recorded in AWS/Lambda: there are ConcurrentExecutions, "):
        metrics.require("AWS/Lambda", "Error", "Sum <= 0", FunctionName="f")
    with pytest.raises(ValueError, match=r"Errors has the dimensions none or FunctionName or .*, not Function$"):
        metrics.require("AWS/Lambda", "Errors", "Sum <= 0", Function="f")
    with pytest.raises(ValueError, match="there is no statistic 'sum'"):
        metrics.require("AWS/Lambda", "Errors", "sum <= 0", FunctionName="f")
    with pytest.raises(ValueError, match="period takes a multiple of 60 seconds, not 90"):
        metrics.series("AWS/Lambda", "Errors", period=90, FunctionName="f")
