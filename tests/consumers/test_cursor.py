"""Cursors: in order, behind the last record, whatever befalls their iterators."""

from __future__ import annotations

import logging

import pytest

import minidynamo
from minidynamo.clock import ManualClock
from minidynamo.consumers.cursor import OLDEST, ShardCursor, since
from minidynamo.consumers.shards import beginnable, listed_shards
from tests.consumers.streamed_table import make_streamed_table, put, stream_arn_of


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_700_000_000.0)


@pytest.fixture
def database(clock: ManualClock) -> minidynamo.Database:
    database = minidynamo.connect(clock=clock)
    make_streamed_table(database)
    return database


def cursor_of(database: minidynamo.Database, position: str = OLDEST, is_latest: bool = False) -> ShardCursor:
    arn = stream_arn_of(database)
    (shard,) = listed_shards(database.execute, arn)
    return ShardCursor(database.execute, arn, shard.id, position, is_latest)


def ids(cursor: ShardCursor) -> list[str]:
    return [each.record["dynamodb"]["Keys"]["id"]["S"] for each in cursor.read()]


def test_it_reads_on_from_where_it_was(database: minidynamo.Database) -> None:
    """Each record comes once, and a new cursor goes on behind the position of the old one."""
    put(database, "a", "b")
    cursor = cursor_of(database)
    assert ids(cursor) == ["a", "b"]
    put(database, "c")
    position = cursor.position
    assert ids(cursor) == ["c"]
    assert ids(cursor_of(database, position)) == ["c"]


def test_a_record_tells_the_position_before_it(database: minidynamo.Database) -> None:
    """A cursor from there begins with that record."""
    put(database, "a", "b", "c")
    last = cursor_of(database).read()[-1]
    assert ids(cursor_of(database, last.previous)) == ["c"]


def test_an_expired_iterator_is_replaced(database: minidynamo.Database, clock: ManualClock) -> None:
    """Source: API reference of DynamoDB Streams, GetShardIterator: iterators expire after 15 minutes."""
    put(database, "a")
    cursor = cursor_of(database)
    assert ids(cursor) == ["a"]
    clock.advance(16 * 60)
    put(database, "b")
    assert ids(cursor) == []
    assert ids(cursor) == ["b"]


def test_what_was_trimmed_is_told(
    database: minidynamo.Database, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes on with the oldest record that is left, of which this shard has none, and says that others are gone."""
    put(database, "a")
    cursor = cursor_of(database)
    assert ids(cursor) == ["a"]
    put(database, "b")
    clock.advance(25 * 3600)
    with caplog.at_level(logging.WARNING, "minidynamo.streams"):
        found = [each for _ in range(4) for each in ids(cursor)]
    assert found == []
    assert "are gone: they were too old" in caplog.text


def test_a_time_leaves_out_what_was_before(database: minidynamo.Database, clock: ManualClock) -> None:
    """The position stays a time until something has been read that counts."""
    put(database, "a")
    clock.advance(10)
    begin = since(clock.now())
    cursor = cursor_of(database, begin)
    assert ids(cursor) == []
    assert cursor.position == begin
    put(database, "b")
    assert ids(cursor) == ["b"]


def test_latest_begins_behind_what_is_there(database: minidynamo.Database, clock: ManualClock) -> None:
    """And if it must begin anew before anything was read, at the time that it was given."""
    put(database, "a")
    cursor = cursor_of(database, since(clock.now()), is_latest=True)
    put(database, "b")
    assert ids(cursor) == ["b"]


def test_a_deleted_table_ends_it(database: minidynamo.Database, clock: ManualClock) -> None:
    """What is left is read; then it is at its end, and asks no more."""
    put(database, "a")
    cursor = cursor_of(database)
    database.client().delete_table(TableName="Things")
    found = [each for _ in range(3) for each in ids(cursor)]
    assert found == ["a"]
    assert cursor.is_at_end


def test_children_wait_for_their_parents() -> None:
    """A shard may be read when its parent is done, or gone."""
    database = minidynamo.connect(partition_size=2_000)
    make_streamed_table(database)
    for number in range(60):
        database.Table("Things").put_item(Item={"id": str(number), "text": "x" * 200})
    shards = listed_shards(database.execute, stream_arn_of(database))
    parents = {each.parent for each in shards} - {None}
    assert parents
    first = beginnable(shards, set())
    assert [each for each in first if each.parent is not None and each.parent in {one.id for one in shards}] == []
    assert {each.id for each in beginnable(shards, {each.id for each in shards})} == set()
    places = {each.id: place for place, each in enumerate(shards)}
    assert all(places[each.parent] < places[each.id] for each in shards if each.parent in places)
