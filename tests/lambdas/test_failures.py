"""Batches that fail: tried again, bisected, given up, and where their records go."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from minidynamo import Database, ManualClock
from tests.lambdas.streaming_table import Event, create, keys_of, put


def test_a_failing_batch_is_tried_again_and_then_given_up(database: Database, clock: ManualClock) -> None:
    calls: list[tuple[str, float]] = []
    failures: list[Any] = []

    def handler(event: Event, context: Any) -> None:
        calls.append((keys_of(event), clock.now()))
        if "b" in keys_of(event):
            raise RuntimeError("poison")

    destination = {"OnFailure": {"Destination": failures.append}}
    mapping = database.on_stream("tbl", handler, BatchSize=2, MaximumRetryAttempts=2, DestinationConfig=destination)
    put(database, *"abcd")
    database.drain(errors="report")
    assert [each for each, _ in calls] == ["ab", "ab", "ab", "cd"]
    times = [moment for _, moment in calls]
    assert times == sorted(times) and times[2] > times[1] > times[0]  # The clock was moved.
    (record,) = failures
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    batch = record["DDBStreamBatchInfo"]
    assert (batch["batchSize"], batch["streamArn"]) == (2, mapping.stream_arn)
    assert int(batch["endSequenceNumber"]) > int(batch["startSequenceNumber"])
    assert mapping.metrics.errors == 3


def test_a_handler_that_changes_its_event_gets_it_whole_again(database: Database) -> None:
    """Also where a stream keeps the key instead of an image."""
    create(database, "keys", "KEYS_ONLY")
    seen: list[str] = []

    def handler(event: Event, context: Any) -> None:
        seen.append(keys_of(event))
        event["Records"][0]["dynamodb"]["Keys"]["pk"]["S"] = "another"
        event["Records"][0]["dynamodb"]["Keys"].clear()
        raise ValueError

    database.on_stream("keys", handler, MaximumRetryAttempts=2)
    put(database, "a", table="keys")
    database.drain(errors="report")
    assert seen == ["a", "a", "a"]


def test_bisecting_isolates_the_poison(database: Database) -> None:
    """A bisection uses up no retry."""
    done: list[str] = []
    failures: list[Any] = []

    def handler(event: Event, context: Any) -> None:
        if "f" in keys_of(event):
            raise RuntimeError("poison")
        done.append(keys_of(event))

    destination = {"OnFailure": {"Destination": failures.append}}
    parameters = {"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": 1, "DestinationConfig": destination}
    database.on_stream("tbl", handler, BatchSize=8, **parameters)
    put(database, *"abcdefgh")
    database.drain(errors="report")
    assert "".join(done) == "abcdegh"
    assert [each["DDBStreamBatchInfo"]["batchSize"] for each in failures] == [1]
    assert [each["requestContext"]["approximateInvokeCount"] for each in failures] == [2]


@pytest.mark.parametrize(
    ("response", "again"),
    [
        ({"batchItemFailures": []}, ""),
        (None, ""),
        ({}, ""),
        ({"batchItemFailures": None}, ""),
        ("lowest", "cd"),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, "abcd"),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, "abcd"),
        ({"batchItemFailures": [{"wrong": "1"}]}, "abcd"),
    ],
)
def test_partial_failures(database: Database, response: Any, again: str) -> None:
    """It goes on from the lowest number reported; what is none means the whole batch."""
    batches: list[str] = []

    def handler(event: Event, context: Any) -> Any:
        batches.append(keys_of(event))
        if len(batches) > 1:
            return None
        if response == "lowest":
            numbers = [each["dynamodb"]["SequenceNumber"] for each in event["Records"]]
            return {"batchItemFailures": [{"itemIdentifier": numbers[3]}, {"itemIdentifier": numbers[2]}]}
        return response

    database.on_stream("tbl", handler, FunctionResponseTypes=["ReportBatchItemFailures"])
    put(database, *"abcd")
    database.drain()
    assert batches == ["abcd"] + [again] * bool(again)


@pytest.mark.parametrize("is_filtered", [False, True])
def test_progress_renews_the_retries(database: Database, is_filtered: bool) -> None:
    """What is left after a partial success is a batch of its own; the function answered, so `functionError` is null."""
    deliveries: Counter[str] = Counter()
    failures: list[Any] = []

    def handler(event: Event, context: Any) -> Any:
        deliveries.update(keys_of(event))
        reported = [each["dynamodb"]["SequenceNumber"] for each in event["Records"] if keys_of(event)[-1] == "f"][-1:]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in reported]}

    filters = {"FilterCriteria": {"Filters": [{"Pattern": json.dumps({"eventName": ["INSERT"]})}]}}
    database.on_stream(
        "tbl",
        handler,
        BatchSize=3,
        MaximumRetryAttempts=3,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": failures.append}},
        **(filters if is_filtered else {}),
    )
    put(database, *"abcdef")
    database.drain()
    assert deliveries == {**dict.fromkeys("abcde", 1), "f": 5}
    (record,) = failures
    assert record["requestContext"]["approximateInvokeCount"] == 4
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": None}
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1


def test_old_records_are_given_up(database: Database, clock: ManualClock) -> None:
    failures: list[Any] = []
    done: list[str] = []
    database.on_stream(
        "tbl",
        lambda event, context: done.append(keys_of(event)),
        MaximumRecordAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": failures.append}},
    )
    put(database, *"ab")
    clock.advance(61)
    put(database, "c")
    database.drain()
    assert done == ["c"]
    assert [each["requestContext"]["condition"] for each in failures] == ["RecordAgeExceeded"]


def test_a_function_that_always_fails_ends_with_its_records(database: Database, clock: ManualClock) -> None:
    """Retries without bound go on for the day that records are kept."""
    calls: list[float] = []

    def handler(event: Event, context: Any) -> None:
        calls.append(clock.now())
        raise RuntimeError

    database.on_stream("tbl", handler)
    put(database, "a")
    assert database.drain(errors="report").is_complete
    assert 23 * 3600 < calls[-1] - calls[0] <= 24 * 3600


def test_a_slow_handler_times_out(database: Database, clock: ManualClock) -> None:
    calls: list[str] = []

    def handler(event: Event, context: Any) -> None:
        calls.append(keys_of(event))
        clock.advance(5 if len(calls) == 1 else 1)

    mapping = database.on_stream("tbl", handler)
    put(database, "a")
    database.drain(errors="report")
    assert calls == ["a", "a"]
    assert mapping.metrics.errors == 1


def test_failures_go_into_a_table(database: Database) -> None:
    create(database, "failures")

    def failing(event: Event, context: Any) -> None:
        raise RuntimeError("poison")

    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/failures"
    destination = {"OnFailure": {"Destination": arn}}
    database.on_stream("tbl", failing, MaximumRetryAttempts=0, DestinationConfig=destination)
    put(database, "a")
    database.drain(errors="report")
    (item,) = database.execute("Scan", {"TableName": "failures"})["Items"]
    assert json.loads(item["record"]["S"])["DDBStreamBatchInfo"]["batchSize"] == 1
