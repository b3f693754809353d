"""Functions and event source mappings, as their users meet them."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.errors import ResourceNotFound, TooManyRequests
from minidynamo.formats.short_tables import create_table_request
from minidynamo.lambdas.filter_patterns import compiled_filters

Event = dict[str, Any]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(open_database: Callable[..., Database], clock: ManualClock) -> Database:
    database = open_database(clock=clock)
    create(database, "tbl")
    return database


def create(database: Database, name: str, view_type: str = "NEW_AND_OLD_IMAGES") -> None:
    specification = {"StreamEnabled": True, "StreamViewType": view_type}
    request = create_table_request(name, {"key": ["pk S"]})
    database.execute("CreateTable", {**request, "StreamSpecification": specification})


def put(database: Database, *keys: str, table: str = "tbl", **more: Any) -> None:
    for key in keys:
        database.execute("PutItem", {"TableName": table, "Item": {"pk": {"S": key}, **more}})


def keys_of(event: Event) -> str:
    return "".join(each["dynamodb"]["Keys"]["pk"]["S"] for each in event["Records"])


# Events.


def test_the_event_is_lambdas(database: Database, clock: ManualClock) -> None:
    """Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB"."""
    events: list[Event] = []
    mapping = database.on_stream("tbl", lambda event, context: events.append(event))
    nested = {"L": [{"M": {"b": {"BS": [b"\x01", b"\x02"]}}}]}
    put(database, "a", b={"B": b"\x00\xff"}, n={"N": "1.50"}, nested=nested)
    report = database.drain()
    assert (report.invocations, report.total, report.is_complete) == ({"lambda": 1}, 1, True)
    ((record,),) = (each["Records"] for each in events)
    number = record["dynamodb"].pop("SequenceNumber")
    assert number.isdigit() and len(number) >= 21
    assert len(record.pop("eventID")) == 32
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "eventSourceARN": mapping.stream_arn,
        "dynamodb": {
            "ApproximateCreationDateTime": clock.now(),
            "Keys": {"pk": {"S": "a"}},
            "NewImage": {
                "pk": {"S": "a"},
                "b": {"B": "AP8="},
                "n": {"N": "1.5"},
                "nested": {"L": [{"M": {"b": {"BS": ["AQ==", "Ag=="]}}}]},
            },
            "SizeBytes": record["dynamodb"]["SizeBytes"],
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
    json.dumps(events)


def test_expired_items_name_the_service(database: Database, clock: ManualClock) -> None:
    specification = {"Enabled": True, "AttributeName": "at"}
    database.execute("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": specification})
    records: list[Any] = []
    database.on_stream("tbl", lambda event, context: records.extend(event["Records"]))
    put(database, "a", at={"N": str(int(clock.now()))})
    database.expire()
    database.drain()
    assert [each["eventName"] for each in records] == ["INSERT", "REMOVE"]
    assert records[1]["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_the_context_is_lambdas(database: Database, clock: ManualClock) -> None:
    seen: list[Any] = []

    @database.on_stream("tbl", Timeout=10)  # type: ignore[untyped-decorator]
    def handler(event: Event, context: Any) -> None:
        clock.advance(2)
        seen.append((context, context.get_remaining_time_in_millis()))

    put(database, "a")
    database.drain()
    ((context, left),) = seen
    assert left == 8_000
    assert (context.function_name, context.function_version) == ("handler", "$LATEST")
    assert context.invoked_function_arn == "arn:aws:lambda:us-east-1:000000000000:function:handler"
    assert context.log_group_name == "/aws/lambda/handler"
    assert context.identity is context.client_context is None
    assert callable(handler)


# Batches and failures.


def test_batches_are_bounded_and_in_order(database: Database) -> None:
    batches: list[str] = []
    mapping = database.on_stream("tbl", lambda event, context: batches.append(keys_of(event)), BatchSize=3)
    put(database, *"abcdefgh")
    database.drain()
    assert batches == ["abc", "def", "gh"]
    assert (mapping.metrics.invocations, mapping.metrics.records) == (3, 8)
    assert mapping.last_processing_result == "OK"


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
    database.drain()
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
    database.drain()
    assert "".join(done) == "abcdegh"
    assert [each["DDBStreamBatchInfo"]["batchSize"] for each in failures] == [1]


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
    assert database.drain().is_complete
    assert 23 * 3600 < calls[-1] - calls[0] <= 24 * 3600


def test_a_slow_handler_times_out(database: Database, clock: ManualClock) -> None:
    calls: list[str] = []

    def handler(event: Event, context: Any) -> None:
        calls.append(keys_of(event))
        clock.advance(5 if len(calls) == 1 else 1)

    mapping = database.on_stream("tbl", handler)
    put(database, "a")
    database.drain()
    assert calls == ["a", "a"]
    assert mapping.metrics.errors == 1


def test_one_shard_does_not_hold_up_another(open_database: Callable[..., Database], clock: ManualClock) -> None:
    """A batch that fails for ever keeps back what is in its own shard alone."""
    database = open_database(clock=clock, partition_size=10)
    create(database, "tbl")
    letters = "abcdefghijklmnop"
    put(database, *letters)
    assert len(database.partitions("tbl")) >= 4
    done: list[str] = []

    def handler(event: Event, context: Any) -> None:
        if "a" in keys_of(event):
            raise RuntimeError("poison")
        done.extend(keys_of(event))

    mapping = database.on_stream("tbl", handler, StartingPosition="LATEST")
    put(database, *letters, t={"S": "."})
    report = database.drain(max_batches=100)
    assert not report.is_complete
    assert mapping.metrics.errors > 10
    assert len(done) == len(set(done)) >= 8
    assert "a" not in done


def test_handlers_write_and_their_writes_are_handed_over(database: Database) -> None:
    create(database, "totals")
    totals: list[str] = []

    @database.on_stream("tbl")  # type: ignore[untyped-decorator]
    def count(event: Event, context: Any) -> None:
        for record in event["Records"]:
            put(database, "total-" + record["dynamodb"]["Keys"]["pk"]["S"], table="totals")

    database.on_stream("totals", lambda event, context: totals.append(keys_of(event)))
    put(database, "a", "b")
    database.drain()
    assert "".join(totals) == "total-atotal-b"


def test_endless_loops_are_stopped(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """After sixteen invocations in a row, and the last writes go to the failure destination."""
    failures: list[Any] = []
    calls: list[str] = []

    def endless(event: Event, context: Any) -> None:
        calls.append(keys_of(event))
        put(database, "a", n={"N": str(len(calls))})

    database.on_stream("tbl", endless, DestinationConfig={"OnFailure": {"Destination": failures.append}})
    put(database, "a")
    assert database.drain().is_complete
    assert len(calls) == 16
    assert "endless was stopped" in caplog.text
    assert [each["requestContext"]["condition"] for each in failures] == ["RecursiveInvocationDetected"]


def test_failures_go_into_a_table(database: Database) -> None:
    create(database, "failures")

    def failing(event: Event, context: Any) -> None:
        raise RuntimeError("poison")

    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/failures"
    destination = {"OnFailure": {"Destination": arn}}
    database.on_stream("tbl", failing, MaximumRetryAttempts=0, DestinationConfig=destination)
    put(database, "a")
    database.drain()
    (item,) = database.execute("Scan", {"TableName": "failures"})["Items"]
    assert json.loads(item["record"]["S"])["DDBStreamBatchInfo"]["batchSize"] == 1


# Positions.


def test_starting_positions(database: Database) -> None:
    put(database, "a")
    seen: dict[str, list[str]] = defaultdict(list)

    def new_handler(name: str) -> Any:
        def handler(event: Event, context: Any) -> None:
            seen[name].append(keys_of(event))

        handler.__name__ = name
        return handler

    database.on_stream("tbl", new_handler("oldest"))
    database.on_stream("tbl", new_handler("latest"), StartingPosition="LATEST")
    put(database, "b")
    database.drain()
    assert seen == {"oldest": ["ab"], "latest": ["b"]}


def test_a_disabled_mapping_keeps_its_position(database: Database) -> None:
    seen: list[str] = []
    mapping = database.on_stream("tbl", lambda event, context: seen.append(keys_of(event)))
    put(database, "a")
    database.drain()
    mapping.disable()
    put(database, "b")
    assert database.drain().total == 0
    mapping.enable()
    database.drain()
    assert seen == ["a", "b"]
    mapping.delete()
    put(database, "c")
    assert database.drain().total == 0
    assert mapping.state == "Deleted"
    database.on_stream("tbl", lambda event, context: seen.append(keys_of(event)))
    database.drain()
    assert seen[2:] == ["abc"]  # A new one begins where its own starting position says.


def test_a_restored_database_hands_over_what_comes_after(database: Database) -> None:
    """Sequence numbers go back with it, and so do positions."""
    seen: list[str] = []
    database.on_stream("tbl", lambda event, context: seen.append(keys_of(event)))
    put(database, "a")
    database.drain()
    snapshot = database.snapshot()
    put(database, *"bcdef")
    database.drain()
    database.restore(snapshot)
    put(database, "x")
    database.drain()
    assert seen == ["a", "bcdef", "x"]


def test_positions_outlive_the_process(tmp_path: Path, clock: ManualClock) -> None:
    seen: list[str] = []

    def handler(event: Event, context: Any) -> None:
        seen.append(keys_of(event))

    for turn in range(3):
        with minidynamo.connect(tmp_path / "shop.db", clock=clock, partition_size=50) as database:
            if turn == 0:
                create(database, "tbl")
            mapping = database.on_stream("tbl", handler, ParallelizationFactor=2)
            put(database, *(f"{turn}{letter}" for letter in "abcdef"))
            database.drain(max_batches=3 if turn == 0 else 10_000)
            assert mapping.position
            database.check()
    assert sorted("".join(seen)) == sorted("".join(f"{turn}{letter}" for turn in range(3) for letter in "abcdef"))


def test_splits_are_followed_in_order(open_database: Callable[..., Database], clock: ManualClock) -> None:
    database = open_database(clock=clock, partition_size=50)
    create(database, "tbl")
    seen: dict[str, list[int]] = defaultdict(list)

    @database.on_stream("tbl", BatchSize=4, ParallelizationFactor=3)  # type: ignore[untyped-decorator]
    def handler(event: Event, context: Any) -> None:
        for record in event["Records"]:
            image = record["dynamodb"]["NewImage"]
            seen[image["pk"]["S"]].append(int(image["turn"]["N"]))

    for turn in range(5):
        put(database, *"abcdefghijklmnopqrstuvwxyz", turn={"N": str(turn)})
        database.drain(max_batches=turn)
    database.drain()
    assert len(database.partitions("tbl")) > 5
    assert seen == {letter: [0, 1, 2, 3, 4] for letter in "abcdefghijklmnopqrstuvwxyz"}


def test_the_order_of_a_drain_is_the_seeds(clock: ManualClock) -> None:
    def order(seed: int) -> list[str]:
        database = minidynamo.connect(clock=ManualClock(), seed=seed, partition_size=10)
        create(database, "tbl")
        for turn in "12":
            put(database, *"abcdefghijklmnop", turn={"N": turn})
        seen: list[str] = []
        database.on_stream("tbl", lambda event, context: seen.append(keys_of(event)), BatchSize=1)
        database.drain()
        return seen

    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in range(5)}) > 1


def test_a_drain_ends_when_it_is_told(database: Database) -> None:
    seen: list[str] = []
    database.on_stream("tbl", lambda event, context: seen.append(keys_of(event)), BatchSize=1)
    put(database, *"abcd")
    assert not database.drain(until=lambda: len(seen) == 2).is_complete
    assert seen == ["a", "b"]
    assert not database.drain(max_batches=1).is_complete
    assert database.drain().is_complete


# Windows.


def test_a_batching_window_waits_for_more(database: Database, clock: ManualClock) -> None:
    batches: list[tuple[str, float]] = []
    began = clock.now()
    database.on_stream(
        "tbl",
        lambda event, context: batches.append((keys_of(event), clock.now() - began)),
        MaximumBatchingWindowInSeconds=30,
        BatchSize=3,
    )
    put(database, *"abcd")
    database.drain()
    assert batches == [("abc", 0), ("d", 30)]


def test_tumbling_windows_carry_a_state(open_database: Callable[..., Database]) -> None:
    clock = ManualClock(1_700_000_000 // 60 * 60)
    database = open_database(clock=clock)
    create(database, "tbl")
    finals: list[Any] = []

    def handler(event: Event, context: Any) -> Any:
        if event["isFinalInvokeForWindow"]:
            finals.append((event["window"]["start"][-4:-1], event["state"], event["Records"]))
            return None
        return {"state": {"count": event["state"].get("count", 0) + len(event["Records"])}}

    database.on_stream("tbl", handler, TumblingWindowInSeconds=60, BatchSize=2)
    put(database, *"abc")
    clock.advance(61)
    put(database, *"de")
    database.drain()
    assert [state for _, state, _ in finals] == [{"count": 3}, {"count": 2}]
    assert all(records == [] for _, _, records in finals)


# Filters.

RECORD = {
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"pk": {"S": "order-1"}},
        "NewImage": {"state": {"S": "Open"}, "tags": {"SS": ["a", "b"]}, "paid": {"BOOL": False}, "x": {"NULL": True}},
        "SizeBytes": 41,
    },
}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({}, True),
        ({"eventName": ["INSERT", "MODIFY"]}, True),
        ({"eventName": ["insert"]}, False),
        ({"eventName": [{"equals-ignore-case": "insert"}]}, True),
        ({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"state": {"S": ["Open"]}}}}, True),
        ({"eventName": ["MODIFY"], "dynamodb": {"NewImage": {"state": {"S": ["Open"]}}}}, False),
        ({"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "order-"}]}}}}, True),
        ({"dynamodb": {"Keys": {"pk": {"S": [{"suffix": "-2"}]}}}}, False),
        ({"dynamodb": {"Keys": {"pk": {"S": [{"prefix": {"equals-ignore-case": "ORDER"}}]}}}}, True),
        ({"dynamodb": {"NewImage": {"state": {"S": [{"anything-but": ["Closed", "Lost"]}]}}}}, True),
        ({"dynamodb": {"NewImage": {"state": {"S": [{"anything-but": "Open"}]}}}}, False),
        ({"dynamodb": {"NewImage": {"state": {"S": [{"anything-but": {"prefix": "Op"}}]}}}}, False),
        ({"dynamodb": {"NewImage": {"missing": {"S": [{"anything-but": ["x"]}]}}}}, False),
        ({"dynamodb": {"SizeBytes": [{"numeric": [">", 40, "<=", 41]}]}}, True),
        ({"dynamodb": {"SizeBytes": [{"numeric": ["=", 40]}]}}, False),
        ({"dynamodb": {"SizeBytes": [41.0]}}, True),
        ({"dynamodb": {"NewImage": {"paid": {"BOOL": [False]}}}}, True),
        ({"dynamodb": {"NewImage": {"paid": {"BOOL": [0]}}}}, False),
        ({"dynamodb": {"NewImage": {"state": {"S": [{"exists": True}]}}}}, True),
        ({"dynamodb": {"NewImage": {"missing": {"S": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"OldImage": {"state": {"S": [{"exists": True}]}}}}, False),
        ({"dynamodb": {"NewImage": {"tags": {"SS": ["b"]}}}}, True),
        ({"dynamodb": {"NewImage": {"tags": {"SS": ["c"]}}}}, False),
        ({"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"SizeBytes": [41]}}]}, True),
        ({"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"SizeBytes": [1]}}]}, False),
    ],
)
def test_filter_patterns(pattern: Any, matches: bool) -> None:
    predicate = compiled_filters({"Filters": [{"Pattern": json.dumps(pattern)}]})
    assert predicate is not None
    assert predicate(RECORD) is matches


def test_filtered_records_are_passed_over(database: Database) -> None:
    seen: list[str] = []
    patterns = [{"dynamodb": {"Keys": {"pk": {"S": [letter]}}}} for letter in "bd"]
    criteria = {"Filters": [{"Pattern": json.dumps(each)} for each in patterns]}
    mapping = database.on_stream("tbl", lambda event, context: seen.append(keys_of(event)), FilterCriteria=criteria)
    put(database, *"abcdef")
    report = database.drain()
    assert (seen, report.total, mapping.metrics.records) == (["bd"], 1, 2)


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"BatchSize": 0}, "BatchSize must be a number from 1 to 10000, not 0"),
        ({"BatchSize": True}, "BatchSize must be a number"),
        ({"MaximumRetryAttempts": -2}, "or -1 for no bound, not -2"),
        ({"MaximumRecordAgeInSeconds": 59}, "from 60 to 604800"),
        ({"ParallelizationFactor": 11}, "from 1 to 10"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "must be one of TRIM_HORIZON, LATEST"),
        ({"FunctionResponseTypes": ["Nonsense"]}, "knows ReportBatchItemFailures, not Nonsense"),
        ({"TumblingWindowInSeconds": 10, "ParallelizationFactor": 2}, "needs a ParallelizationFactor of 1"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}, "it is no JSON"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": "b"}'}]}}, "'a' must be an object or a list"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": []}'}]}}, "the list of 'a' is empty"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": [{"like": "b"}]}'}]}}, "rules are prefix, suffix"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": [{"numeric": [">"]}]}'}]}}, "numeric takes pairs"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}] * 6}}, "at most 5 filters"),
        ({"DestinationConfig": {"OnFailure": {"Destination": 5}}}, "a destination is a callable"),
        ({"DestinationConfig": {"OnFailure": {"Destination": "x:table/nowhere"}}}, "whose key attributes are strings"),
        ({"Timeout": 0}, "Timeout must be more than 0"),
    ],
)
def test_wrong_settings_are_refused(database: Database, parameters: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        database.on_stream("tbl", print, **parameters)


def test_what_cannot_be_mapped_is_refused(database: Database) -> None:
    with pytest.raises(TypeError, match=r"has no parameter Batchsize; it has .*BatchSize"):
        database.on_stream("tbl", print, Batchsize=1)
    with pytest.raises(ResourceNotFound):
        database.on_stream("nowhere", print)
    with pytest.raises(ResourceNotFound, match="Function not found"):
        database.on_stream("tbl", "nowhere")
    with pytest.raises(TypeError, match="cannot be called"):
        database.on_stream("tbl", 5)
    database.execute("CreateTable", create_table_request("plain", {"key": ["pk S"]}))
    with pytest.raises(ValueError, match="has no enabled stream"):
        database.on_stream("plain", print)
    database.on_stream("tbl", print)
    with pytest.raises(ValueError, match="onto print already"):
        database.on_stream("tbl", print)


# Functions by name.


def test_functions_are_invoked_by_name(database: Database) -> None:
    functions = database.functions
    functions.register("double", lambda event, context: {"twice": event["n"] * 2})
    response = functions.invoke("double", {"n": 21})
    assert (response["StatusCode"], response["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads(response["Payload"]) == {"twice": 42}
    assert json.loads(functions.invoke("double", b'{"n": 1}')["Payload"]) == {"twice": 2}
    assert functions.invoke("double", InvocationType="DryRun") == {"StatusCode": 204}
    failed = functions.invoke("double", {})
    assert failed["FunctionError"] == "Unhandled"
    payload = json.loads(failed["Payload"])
    assert (payload["errorType"], payload["errorMessage"]) == ("KeyError", "'n'")
    with pytest.raises(ResourceNotFound, match=r"Function not found: arn:aws:lambda:.*:function:nowhere"):
        functions.invoke("nowhere")
    with pytest.raises(ValueError, match="InvocationType must be one of"):
        functions.invoke("double", InvocationType="Later")


def test_a_failing_function_is_logged_in_a_line(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """So that whoever serves functions sees what is wrong with them."""
    database.functions.register("failing", lambda event, context: event["n"])
    database.functions.invoke("failing", {})
    assert "function failing failed: KeyError: 'n'" in caplog.text


def test_versions_and_aliases(database: Database) -> None:
    functions = database.functions
    functions.register("greet", lambda event, context: f"one {context.function_version}")
    assert functions.publish_version("greet") == "1"
    functions.put_alias("greet", "live", "1")
    functions.register("greet", lambda event, context: f"two {context.function_version}")
    assert functions.publish_version("greet") == "2"

    def ask(name: str, **more: Any) -> Any:
        return json.loads(functions.invoke(name, **more)["Payload"])

    assert (ask("greet"), ask("greet:live"), ask("greet", Qualifier="2")) == ("two $LATEST", "one 1", "two 2")
    functions.put_alias("greet", "live", "2")
    assert ask("arn:aws:lambda:us-east-1:000000000000:function:greet:live") == "two 2"
    with pytest.raises(ResourceNotFound):
        functions.put_alias("greet", "live", "9")
    with pytest.raises(ResourceNotFound):
        ask("greet:nowhere")


def test_queued_invocations_are_tried_three_times(database: Database, clock: ManualClock) -> None:
    calls: list[float] = []
    records: list[Any] = []
    letters: list[Any] = []

    def failing(event: Event, context: Any) -> None:
        calls.append(clock.now())
        raise RuntimeError("no")

    database.functions.register("failing", failing, OnFailure=records.append, DeadLetterConfig=letters.append)
    response = database.functions.invoke("failing", {"a": 1}, InvocationType="Event")
    assert response["StatusCode"] == 202 and not calls
    assert database.drain().invocations == {"failing": 3}
    assert [calls[1] - calls[0], calls[2] - calls[1]] == [60, 120]
    (record,) = records
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestPayload"] == {"a": 1}
    assert record["responsePayload"]["errorMessage"] == "no"
    assert letters == [{"a": 1}]


def test_reserved_concurrency(database: Database) -> None:
    """A synchronous call is refused; a queued one waits and is tried again."""
    functions = database.functions
    seen: list[str] = []

    def inner(event: Event, context: Any) -> None:
        seen.append("ran")
        if event.get("again"):
            with pytest.raises(TooManyRequests, match="Rate Exceeded"):
                functions.invoke("inner", {})
            functions.invoke("inner", {}, InvocationType="Event")

    functions.register("inner", inner, ReservedConcurrency=1)
    functions.invoke("inner", {"again": True})
    database.drain()
    assert seen == ["ran", "ran"]
    function = functions.register("inner", inner, ReservedConcurrency=0)
    functions.invoke("inner", {}, InvocationType="Event")
    assert database.drain().is_complete  # Given up after six hours of throttles.
    assert function.metrics.throttles > 10
    with pytest.raises(TooManyRequests) as caught:
        functions.invoke("inner", {})
    assert caught.value.status == 429


def test_destinations_may_be_functions(database: Database) -> None:
    seen: list[Any] = []
    database.functions.register("after", lambda event, context: seen.append(event["requestContext"]["condition"]))
    database.functions.register("first", lambda event, context: None, OnSuccess="after")
    database.functions.invoke("first", InvocationType="Event")
    database.drain()
    assert seen == ["Success"]
    with pytest.raises(ResourceNotFound):
        database.functions.register("second", print, OnFailure="nowhere")
    with pytest.raises(ValueError, match="MaximumEventAgeInSeconds"):
        database.functions.register("second", print, MaximumEventAgeInSeconds=1)


# In the background.


@pytest.mark.parametrize("starts_one", [False, True])
def test_handlers_run_in_the_background(starts_one: bool) -> None:
    """Until the database is closed."""
    seen: list[str] = []
    arrived = threading.Event()

    def handler(event: Event, context: Any) -> None:
        seen.append(keys_of(event))
        if "".join(seen) == "abc":
            arrived.set()

    with minidynamo.connect() as database:
        create(database, "tbl")
        mapping = database.on_stream("tbl", handler)
        (mapping if starts_one else database.functions).start()
        for letter in "abc":
            put(database, letter)
            time.sleep(0.01)
        assert arrived.wait(20)
    assert not any(thread.name == "minidynamo functions" for thread in threading.enumerate())


# Other people's tools.


def test_powertools_work_unchanged(database: Database) -> None:
    from aws_lambda_powertools.utilities import batch
    from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

    processor = batch.BatchProcessor(event_type=batch.EventType.DynamoDBStreams)
    done: list[str] = []
    images: list[Any] = []

    def process(record: DynamoDBRecord) -> None:
        key = record.dynamodb.keys["pk"] if record.dynamodb else ""
        if key == "c" and done.count("b") < 2:
            raise RuntimeError("not yet")
        done.append(key)

    def handler(event: Event, context: Any) -> Any:
        images.extend(each.dynamodb.new_image for each in DynamoDBStreamEvent(event).records)
        return batch.process_partial_response(event=event, record_handler=process, processor=processor, context=context)

    database.on_stream("tbl", handler, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=2)
    put(database, *"ab", n={"N": "1"})
    put(database, "b", n={"N": "2"})
    put(database, "c", b={"B": b"\x00"})
    put(database, "d")
    database.drain()
    assert done == ["a", "b", "b", "d", "c", "d"] or done == ["a", "b", "b", "c", "d"]
    assert {"pk": "a", "n": 1} in images


# Any plan of failures.


@settings(max_examples=60)
@given(
    writes=st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), max_size=40),
    plan=st.lists(st.sampled_from(["fine", "fine", "fail", "report", "nonsense"]), max_size=20),
    size=st.integers(1, 7),
    factor=st.integers(1, 3),
    bisects=st.booleans(),
    retries=st.integers(0, 3),
    partition_size=st.sampled_from([12, 40, 10**10]),
)
def test_every_change_arrives(
    writes: list[tuple[str, bool]],
    plan: list[str],
    size: int,
    factor: int,
    bisects: bool,
    retries: int,
    partition_size: int,
) -> None:
    """Every change is handed over, or its batch goes to the failure destination; those of an item in their order."""
    database = minidynamo.connect(clock=ManualClock(), partition_size=partition_size)
    create(database, "tbl")
    numbers: dict[str, list[int]] = defaultdict(list)
    committed: list[int] = []
    steps = iter(plan)

    def handler(event: Event, context: Any) -> Any:
        step = next(steps, "fine")
        found = [
            (each["dynamodb"]["Keys"]["pk"]["S"], int(each["dynamodb"]["SequenceNumber"])) for each in event["Records"]
        ]
        if step == "fail":
            raise RuntimeError
        if step == "nonsense":
            return {"batchItemFailures": [{"itemIdentifier": "x"}]}
        done = found[: len(found) // 2] if step == "report" else found
        for key, number in done:
            numbers[key].append(number)
        rest = found[len(done) :]
        return {"batchItemFailures": [{"itemIdentifier": str(number)} for _, number in rest]}

    given_up: list[tuple[int, int]] = []

    def give_up(record: Any) -> None:
        batch = record["DDBStreamBatchInfo"]
        given_up.append((int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"])))

    database.on_stream(
        "tbl",
        handler,
        BatchSize=size,
        ParallelizationFactor=factor,
        BisectBatchOnFunctionError=bisects,
        MaximumRetryAttempts=retries,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": give_up}},
    )
    database.on_stream("tbl", lambda event, context: committed.extend(
        int(each["dynamodb"]["SequenceNumber"]) for each in event["Records"]
    ))  # fmt: skip
    for number, (key, is_delete) in enumerate(writes):
        if is_delete:
            database.execute("DeleteItem", {"TableName": "tbl", "Key": {"pk": {"S": key}}})
        else:
            put(database, key, n={"N": str(number)})
        if number % 7 == 6:
            database.drain(max_batches=2)
    assert database.drain().is_complete
    delivered = [number for each in numbers.values() for number in each]
    missing = set(committed) - set(delivered)
    assert all(any(low <= number <= high for low, high in given_up) for number in missing)
    assert set(delivered) <= set(committed)
    assert all(each == sorted(set(each)) for each in numbers.values())
    database.check()


def test_powertools_leave_the_double_fast() -> None:
    """They hook into botocore to name themselves to AWS; such calls need not go all through botocore."""
    import aws_lambda_powertools
    import boto3

    from minidynamo.boto.plans import Plan

    assert aws_lambda_powertools
    with minidynamo.mock():
        assert not Plan(boto3.client("dynamodb", region_name="us-east-1"), "GetItem").takes_full_path


def test_a_slow_function_holds_up_no_other_in_the_background() -> None:
    may_go_on, arrived = threading.Event(), threading.Event()

    def slow(event: Event, context: Any) -> None:
        may_go_on.wait(20)

    def quick(event: Event, context: Any) -> None:
        arrived.set()

    with minidynamo.connect() as database:
        create(database, "tbl")
        database.functions.start()
        database.on_stream("tbl", slow)
        database.on_stream("tbl", quick)
        put(database, "a")
        assert arrived.wait(20)
        may_go_on.set()
