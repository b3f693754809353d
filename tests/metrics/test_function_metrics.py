"""Invocations of functions and calls of APIs are recorded as AWS Lambda and API Gateway do."""

from __future__ import annotations

from typing import Any

import pytest

import minidynamo
from minidynamo import Database, DynamoError, ManualClock
from minidynamo.metrics.api_metrics import record_http_call, record_rest_call
from minidynamo.metrics.lambda_metrics import record_invocation
from minidynamo.metrics.metrics import Metrics
from tests.lambdas.streaming_table import create, put


@pytest.fixture
def database(clock: ManualClock) -> Database:
    return minidynamo.connect(clock=clock)


def of(database: Database, name: str, statistic: str = "Sum", **dimensions: str) -> float | None:
    return database.metrics.get("AWS/Lambda", name, statistic, **dimensions)


@pytest.mark.parametrize("is_early", [True, False])
def test_invocations_and_errors(database: Database, is_early: bool) -> None:
    """Whether functions or metrics are asked for first."""
    if is_early:
        assert database.metrics.list() == []
    database.functions.register("f", lambda event, context: 1 / event["by"])
    assert database.metrics.list() == []
    for by in (1, 0, 2):
        database.functions.invoke("f", {"by": by})
    database.functions.publish_version("f")
    database.functions.invoke("f", {"by": 1}, Qualifier="1")
    assert of(database, "Invocations") == 4
    assert of(database, "Invocations", FunctionName="f", Resource="f:1") == 1
    assert of(database, "Errors", FunctionName="f") == 1
    assert of(database, "Errors", "Average", FunctionName="f") == 0.25
    assert of(database, "Throttles", FunctionName="f") == 0
    assert of(database, "ConcurrentExecutions", "Maximum", FunctionName="f") == 1


def test_throttles(database: Database) -> None:
    database.functions.register("f", lambda event, context: None, ReservedConcurrency=0)
    assert database.metrics.list() == []
    with pytest.raises(DynamoError):
        database.functions.invoke("f")
    assert of(database, "Throttles", FunctionName="f") == 1
    assert of(database, "Invocations", FunctionName="f") is None


def test_the_age_of_what_a_stream_hands_over(database: Database, clock: ManualClock) -> None:
    create(database)
    seen: list[Any] = []
    database.on_stream("tbl", lambda event, context: seen.append(event), BatchSize=1)
    assert database.metrics.list() == []
    put(database, "a")
    clock.advance(3)
    put(database, "b")
    clock.advance(1)
    database.drain()
    (name,) = database.functions.names
    assert len(seen) == 2
    assert of(database, "IteratorAge", "Maximum", FunctionName=name) == 4000
    assert of(database, "IteratorAge", "Minimum", FunctionName=name) == 1000


def test_dead_letters_that_are_lost(database: Database) -> None:
    def lose(letter: object) -> None:
        raise OSError("the queue is gone")

    database.functions.register("f", lambda event, context: 1 / 0, MaximumRetryAttempts=0, DeadLetterConfig=lose)
    assert database.metrics.list() == []
    database.functions.invoke("f", InvocationType="Event")
    database.drain(errors="report")
    assert of(database, "DeadLetterErrors", FunctionName="f") == 1


def test_provisioned_concurrency(clock: ManualClock) -> None:
    metrics = Metrics(clock)
    record_invocation(metrics, "f", "live", 12.5, is_error=False, concurrent=3, provisioned=4)
    dimensions = {"FunctionName": "f", "Resource": "f:live"}
    assert metrics.get("AWS/Lambda", "ProvisionedConcurrencyUtilization", "Maximum", **dimensions) == 0.75
    assert metrics.get("AWS/Lambda", "Duration", "p99", **dimensions) == 12.5


def test_calls_of_apis(clock: ManualClock) -> None:
    """Source: API Gateway Developer Guide: the average of errors is their rate."""
    metrics = Metrics(clock)
    for status in (200, 404, 502, 200):
        record_rest_call(metrics, "shop", "prod", status, latency=10, integration_latency=8)
        record_http_call(metrics, "a1b2", "$default", status, latency=10)
    assert metrics.sum("AWS/ApiGateway", "Count", ApiName="shop", Stage="prod") == 4
    assert metrics.get("AWS/ApiGateway", "4XXError", "Average", ApiName="shop") == 0.25
    assert metrics.get("AWS/ApiGateway", "5xx", "Average", ApiId="a1b2", Stage="$default") == 0.25
    assert metrics.get("AWS/ApiGateway", "IntegrationLatency", "Average", ApiName="shop") == 8
    assert metrics.get("AWS/ApiGateway", "IntegrationLatency", ApiId="a1b2") is None
