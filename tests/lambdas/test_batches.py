"""Batches: their order and size, windows, filters, and handlers whose writes are handed over in turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from minidynamo import Database, ManualClock
from tests.lambdas.streaming_table import Event, create, keys_of, put


def test_batches_are_bounded_and_in_order(database: Database) -> None:
    batches: list[str] = []
    mapping = database.on_stream("tbl", lambda event, context: batches.append(keys_of(event)), BatchSize=3)
    put(database, *"abcdefgh")
    database.drain()
    assert batches == ["abc", "def", "gh"]
    assert (mapping.metrics.invocations, mapping.metrics.records) == (3, 8)
    assert mapping.last_processing_result == "OK"


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
    report = database.drain(max_batches=100, errors="report")
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
