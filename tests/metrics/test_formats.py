"""Prometheus reads what is recorded, and lines in the embedded metric format are recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo import ManualClock
from minidynamo.metrics.embedded_format import collect
from minidynamo.metrics.metrics import Metrics


@pytest.fixture
def metrics(clock: ManualClock) -> Metrics:
    return Metrics(clock)


def line_of(directives: Any, **members: Any) -> str:
    return json.dumps({"_aws": {"Timestamp": 1, "CloudWatchMetrics": directives}, **members})


PRICES = {"Namespace": "Shop", "Dimensions": [["service"]], "Metrics": [{"Name": "Price", "Unit": "Count"}]}


def test_prometheus_text(metrics: Metrics) -> None:
    """Source: Prometheus documentation, "Exposition formats"."""
    metrics.record("AWS/DynamoDB", "ConsumedReadCapacityUnits", {"TableName": "orders"}, 0.5)
    metrics.record("AWS/DynamoDB", "ConsumedReadCapacityUnits", {"TableName": "orders"}, 2)
    assert metrics.prometheus().splitlines() == [
        "# HELP aws_dynamodb_consumed_read_capacity_units_sum AWS/DynamoDB ConsumedReadCapacityUnits, sum, Count",
        "# TYPE aws_dynamodb_consumed_read_capacity_units_sum counter",
        'aws_dynamodb_consumed_read_capacity_units_sum{table_name="orders"} 2.5',
        "# HELP aws_dynamodb_consumed_read_capacity_units_sample_count "
        "AWS/DynamoDB ConsumedReadCapacityUnits, sample_count, Count",
        "# TYPE aws_dynamodb_consumed_read_capacity_units_sample_count counter",
        'aws_dynamodb_consumed_read_capacity_units_sample_count{table_name="orders"} 2.0',
    ]


@pytest.mark.parametrize(
    ("namespace", "name", "dimensions", "line"),
    [
        ("AWS/ApiGateway", "4XXError", {}, "aws_apigateway_4xx_error_sum 1.0"),
        ("9 lives", "Größe", {"1x": "ä"}, '_9_lives_gr_e_sum{_1x="ä"} 1.0'),
        ("S", "n", {"a": 'x"y\\z\n'}, 's_n_sum{a="x\\"y\\\\z\\n"} 1.0'),
        ("S", "n", {"a-b": "1", "a_b": "2"}, 's_n_sum{a_b="1",a_b_="2"} 1.0'),
    ],
)
def test_prometheus_names_and_escapes(
    metrics: Metrics, namespace: str, name: str, dimensions: dict[str, str], line: str
) -> None:
    metrics.record(namespace, name, dimensions, 1)
    assert line in metrics.prometheus().split("\n")


def test_names_that_become_one_are_one_family(metrics: Metrics) -> None:
    """A family must not come twice, nor a sample."""
    metrics.record("S", "a-b", {}, 1)
    metrics.record("S", "a_b", {}, 2)
    lines = metrics.prometheus().splitlines()
    assert lines.count("# TYPE s_a_b_sum counter") == 1
    assert "s_a_b_sum 3.0" in lines


def test_a_line_of_powertools_is_recorded(capsys: pytest.CaptureFixture[str], metrics: Metrics) -> None:
    powertools = pytest.importorskip("aws_lambda_powertools.metrics")
    theirs = powertools.Metrics(namespace="Shop", service="checkout")
    theirs.add_metric(name="Orders", unit=powertools.MetricUnit.Count, value=1)
    theirs.add_metric(name="Orders", unit=powertools.MetricUnit.Count, value=3)
    theirs.flush_metrics()
    assert sum(collect(line, metrics) for line in capsys.readouterr().out.splitlines()) == 2
    assert metrics.sum("Shop", "Orders", service="checkout") == 4


def test_several_sets_of_dimensions_are_several_metrics(metrics: Metrics) -> None:
    line = line_of(
        [{**PRICES, "Dimensions": [["service"], ["service", "kind"], []]}], service="s", kind="k", Price=[1, 2]
    )
    assert collect(line, metrics) == 6
    assert metrics.sum("Shop", "Price", service="s") == 3
    assert metrics.sum("Shop", "Price", service="s", kind="k") == 3
    assert metrics.sum("Shop", "Price") == 3


@pytest.mark.parametrize(
    "line",
    [
        "",
        "plain text",
        '{"_aws": ',
        '["_aws"]',
        json.dumps({"_aws": []}),
        '"_aws"' + "[" * 100_000,
        line_of({}, service="s", Price=1),
        line_of([1, None], service="s", Price=1),
        line_of([PRICES], service=1, Price=1),
        line_of([PRICES], Price=1),
        line_of([PRICES], service="s", Price="1"),
        line_of([PRICES], service="s", Price=True),
        line_of([PRICES], service="s", Price=float("nan")),
        line_of([PRICES], service="s", Price=10**400),
        line_of([PRICES], service="s"),
        line_of([{**PRICES, "Namespace": 1}], service="s", Price=1),
        line_of([{**PRICES, "Dimensions": [["service", 1]]}], service="s", Price=1),
        line_of([{**PRICES, "Metrics": [{"Name": ["Price"]}]}], service="s", Price=1),
    ],
)
def test_malformed_lines_are_passed_over(metrics: Metrics, line: str) -> None:
    assert collect(line, metrics) == 0
    assert metrics.list() == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(["service", "Price", "Shop"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["_aws", "CloudWatchMetrics", "Namespace", "Dimensions", "Metrics", "Name", "Unit", "Price"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_no_line_is_an_error(value: Any) -> None:
    collect(json.dumps({"_aws": value, "service": "x"}), Metrics(ManualClock()))
    collect(json.dumps({"_aws": {"CloudWatchMetrics": [value]}, "Price": value}), Metrics(ManualClock()))
