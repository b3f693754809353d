"""Items that expire: which, when, and what is left of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from minidynamo import Database, ManualClock
from minidynamo.errors import DatabaseClosed
from minidynamo.formats.short_tables import create_table_request
from tests.streams.stream_reading import changes

YEAR = 365 * 24 * 3600


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(open_database: Callable[..., Database], clock: ManualClock) -> Database:
    """With a table whose items expire at `at`."""
    database = open_database(clock=clock, partition_size=2_000)
    short = {"key": ["pk S"], "gsi": {"by_g": {"key": ["g S"]}}}
    stream = {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}
    database.execute("CreateTable", {**create_table_request("tbl", short), "StreamSpecification": stream})
    specification = {"Enabled": True, "AttributeName": "at"}
    database.execute("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": specification})
    return database


def put(database: Database, key: str, at: Any) -> None:
    database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": key}, "g": {"S": "x"}, "at": at}})


def keys(database: Database, **index: str) -> set[str]:
    return {each["pk"]["S"] for each in database.execute("Scan", {"TableName": "tbl", **index})["Items"]}


def number(value: float) -> dict[str, str]:
    return {"N": str(int(value))}


def test_items_are_deleted_after_their_time(database: Database, clock: ManualClock) -> None:
    now = clock.now()
    put(database, "soon", number(now + 10))
    put(database, "later", number(now + 20))
    put(database, "text", {"S": str(int(now - 10))})
    put(database, "ancient", number(now - 5 * YEAR - 10))
    put(database, "exactly", number(now))
    put(database, "fraction", {"N": f"{int(now) - 3}.5"})
    assert database.expire() == 2
    assert keys(database) == {"soon", "later", "text", "ancient"}
    clock.advance(10)
    assert keys(database, IndexName="by_g") == {"soon", "later", "text", "ancient"}  # Not before the sweep.
    assert database.expire() == 1
    assert database.expire() == 0
    assert keys(database) == keys(database, IndexName="by_g") == {"later", "text", "ancient"}


def test_the_service_is_named_in_the_stream(database: Database, clock: ManualClock) -> None:
    put(database, "a", number(clock.now()))
    put(database, "b", number(clock.now()))
    database.execute("DeleteItem", {"TableName": "tbl", "Key": {"pk": {"S": "a"}}})
    database.expire()
    (listed,) = database.execute("ListStreams", {})["Streams"]
    removed = [each for each in changes(database, listed["StreamArn"]) if each["eventName"] == "REMOVE"]
    service = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert [each.get("userIdentity") for each in removed] == [None, service]
    assert removed[1]["dynamodb"]["OldImage"]["pk"] == {"S": "b"}


def test_a_new_time_saves_an_item(database: Database, clock: ManualClock) -> None:
    put(database, "a", number(clock.now()))
    put(database, "a", number(clock.now() + 60))
    assert database.expire() == 0


def test_many_items_expire_in_turns(database: Database, clock: ManualClock) -> None:
    for first in range(0, 2_500, 25):
        puts = [
            {"PutRequest": {"Item": {"pk": {"S": str(each)}, "at": number(clock.now() - each % 2 + 0.5)}}}
            for each in range(first, first + 25)
        ]
        database.execute("BatchWriteItem", {"RequestItems": {"tbl": puts}})
    assert database.expire() == 2_500


def test_tables_without_the_setting_are_left_alone(database: Database, clock: ManualClock) -> None:
    database.execute("CreateTable", create_table_request("other", {"key": ["pk S"]}))
    database.execute("PutItem", {"TableName": "other", "Item": {"pk": {"S": "a"}, "at": {"N": "1"}}})
    assert database.expire() == 0


def test_milliseconds_are_warned_of_once(
    database: Database, clock: ManualClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minidynamo.database.expiry._warned", set())
    put(database, "a", number(clock.now() * 1000))
    put(database, "b", number(clock.now() * 1000))
    with caplog.at_level(logging.WARNING, "minidynamo.expiry"):
        assert database.expire() == database.expire() == 0
    assert len(caplog.records) == 1
    assert "in milliseconds?" in caplog.text


def test_a_sweep_in_the_background(database: Database, clock: ManualClock) -> None:
    put(database, "a", number(clock.now()))
    with pytest.raises(ValueError, match="more than 0"):
        database.expire_in_background(0)
    database.expire_in_background(0.01)
    end = time.monotonic() + 20
    while keys(database) and time.monotonic() < end:
        time.sleep(0.01)
    assert keys(database) == set()
    fork = database.fork()
    fork.expire_in_background(0.01)
    fork.close()
    with pytest.raises(DatabaseClosed):
        fork.expire()
