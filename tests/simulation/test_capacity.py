"""Capacity: what is provisioned runs out, per table, index and partition."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from minidynamo import DynamoError, Profile, simulate
from minidynamo.formats.short_tables import create_table_request
from minidynamo.simulation import SimulatedDatabase
from tests.simulation.small_table import PROVISIONED, entries_of, get, put


def provisioned(index: bool = False, read: int = 1, write: int = 1, **options: Any) -> SimulatedDatabase:
    database = simulate(**{"profile": Profile(capacity=True), **options})
    short: dict[str, Any] = {"key": ["pk S", "sk S"], "gsi": {"by_g": {"key": ["g S"]}} if index else {}}
    request = create_table_request("tbl", short)
    request["BillingMode"] = "PROVISIONED"
    request["ProvisionedThroughput"] = {"ReadCapacityUnits": read, "WriteCapacityUnits": write}
    if index:
        request["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] = PROVISIONED
    else:
        del request["GlobalSecondaryIndexes"]
    database.execute("CreateTable", request)
    return database


def count_until_throttled(call: Callable[[], Any]) -> tuple[int, DynamoError]:
    for number in range(100_000):
        try:
            call()
        except DynamoError as error:
            return number, error
    raise AssertionError("never throttled")


def test_unused_capacity_is_kept_for_five_minutes() -> None:
    database = provisioned()
    count, error = count_until_throttled(lambda: put(database, "a"))
    assert count == 300
    assert error.code == "ProvisionedThroughputExceededException"
    assert error.members["ThrottlingReasons"][0]["reason"] == "TableWriteProvisionedThroughputExceeded"
    database.clock.advance(10)
    assert count_until_throttled(lambda: put(database, "a"))[0] == 10
    assert count_until_throttled(lambda: get(database, "a"))[0] == 600  # Half a unit each.


def test_a_slow_index_holds_writes_back() -> None:
    database = provisioned(index=True, write=1000)
    count, error = count_until_throttled(lambda: put(database, "a", g="x", n=next(numbers)))
    assert count == 300
    reason = error.members["ThrottlingReasons"][0]
    assert reason["reason"] == "IndexWriteProvisionedThroughputExceeded"
    assert reason["resource"].endswith("table/tbl/index/by_g")
    put(database, "b")  # Not in the index.


numbers = itertools.count()


def test_a_partition_has_its_own_bound_and_splits_when_it_is_hot() -> None:
    database = provisioned(write=40_000)
    large = "x" * 100_000

    def write() -> None:
        put(database, str(next(numbers) % 20), large=large)

    count, error = count_until_throttled(write)
    assert count == 11  # 98 units each, of 1,000 per second; the last may overdraw.
    assert error.members["ThrottlingReasons"][0]["reason"] == "TableWriteKeyRangeThroughputExceeded"
    for _ in range(70):
        database.clock.advance(1)
        count_until_throttled(write)
    assert len(database.partitions("tbl")) > 1
    database.check()


def test_a_batch_beyond_capacity_comes_back_in_part() -> None:
    def run(database: SimulatedDatabase) -> None:
        for _ in range(298):
            put(database, "a")
        response = database.execute("BatchWriteItem", {"RequestItems": {"tbl": entries_of("1", "2", "3", "4")}})
        assert [each["PutRequest"]["Item"]["sk"]["S"] for each in response["UnprocessedItems"]["tbl"]] == ["3", "4"]
        with pytest.raises(DynamoError) as raised:
            database.execute("BatchWriteItem", {"RequestItems": response["UnprocessedItems"]})
        assert raised.value.code == "ProvisionedThroughputExceededException"

    database = provisioned()
    run(database)
    again = provisioned(profile=None, replay=database.history())
    run(again)
    assert again.history() == database.history()
