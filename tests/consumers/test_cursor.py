"""Cursors: in order, behind the last record, whatever befalls their iterators."""

from __future__ import annotations

import logging

import pytest

import minidynamo
from minidynamo.clock import ManualClock
from minidynamo.consumers import cursor as cursor_module
from minidynamo.consumers.cursor import EMPTY_PAGES_MAX, OLDEST, ShardCursor, latest_position, since
from minidynamo.consumers.shards import Execute, beginnable, listed_shards
from minidynamo.values.api_types import RequestDraft, Response
from tests.consumers.streamed_table import make_streamed_table, put, stream_arn_of


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_700_000_000.0)


@pytest.fixture
def database(clock: ManualClock) -> minidynamo.Database:
    database = minidynamo.connect(clock=clock)
    make_streamed_table(database)
    return database


def cursor_of(database: minidynamo.Database, position: str = OLDEST) -> ShardCursor:
    arn = stream_arn_of(database)
    (shard,) = listed_shards(database.execute, arn)
    return ShardCursor(database.execute, arn, shard.id, position)


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


def test_any_number_of_pages_from_before_is_passed_by(
    database: minidynamo.Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not empty: what was made since is behind them, and a closed shard ends behind them."""
    execute = database.execute

    def by_one(operation: str, request: RequestDraft) -> Response:
        limited = {**request, "Limit": 1} if operation == "GetRecords" else request
        return execute(operation, limited)

    monkeypatch.setattr(database, "execute", by_one)
    put(database, *(f"old {number}" for number in range(2 * EMPTY_PAGES_MAX)))
    clock.advance(10)
    put(database, "new")
    cursor = cursor_of(database, since(clock.now()))
    (record,) = cursor.read_until_found()
    assert record.record["dynamodb"]["Keys"] == {"id": {"S": "new"}}
    assert cursor.read_until_found() == [] and not cursor.has_passed


def latest_of(database: minidynamo.Database, start: float) -> str:
    arn = stream_arn_of(database)
    (shard,) = listed_shards(database.execute, arn)
    return latest_position(database.execute, arn, shard.id, since(start))


def test_latest_begins_behind_what_is_there(database: minidynamo.Database, clock: ManualClock) -> None:
    """For whoever has the position, after pages with nothing too, and whatever the time is said to be."""
    put(database, "a")
    position = latest_of(database, clock.now() + 3600)
    cursor = cursor_of(database, position)
    assert ids(cursor) == []
    later = cursor.position
    put(database, "b")
    assert ids(cursor) == ids(cursor_of(database, position)) == ids(cursor_of(database, later)) == ["b"]


def test_latest_falls_back_on_its_time(database: minidynamo.Database, clock: ManualClock) -> None:
    """When its iterator has expired before anything was read."""
    put(database, "old")
    clock.advance(60)
    position = latest_of(database, clock.now())
    put(database, "a")
    clock.advance(16 * 60)
    put(database, "b")
    cursor = cursor_of(database, position)
    assert [each for page in cursor.pages() for each in _names(page)] == ["a", "b"]


def test_a_cursor_asks_for_nothing_before_it_is_read(database: minidynamo.Database) -> None:
    """So that nothing can fail when it is made."""
    arn = stream_arn_of(database)
    (shard,) = listed_shards(database.execute, arn)
    asked: list[str] = []

    def execute(operation: str, request: RequestDraft) -> Response:
        asked.append(operation)
        return database.execute(operation, request)

    cursor = ShardCursor(execute, arn, shard.id, OLDEST)
    assert asked == []
    cursor.read()
    assert asked == ["GetShardIterator", "GetRecords"]


def test_some_pages_may_be_empty(database: minidynamo.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as they are not too many in a row, there is more; after that, one is enough for a while."""
    put(database, "a")
    empty = [EMPTY_PAGES_MAX - 1]
    pages: list[str] = []
    arn = stream_arn_of(database)
    (shard,) = listed_shards(database.execute, arn)
    cursor = ShardCursor(_with_empty_pages(database.execute, empty, pages), arn, shard.id, OLDEST)
    assert _names(cursor.read_until_found()) == ["a"]
    pages.clear()
    assert (cursor.read_until_found(), len(pages)) == ([], EMPTY_PAGES_MAX)
    pages.clear()
    assert (cursor.read_until_found(), len(pages)) == ([], 1)
    monkeypatch.setattr(cursor_module, "TIP_SECONDS", 0.0)
    put(database, "b")
    empty[0] = EMPTY_PAGES_MAX - 1
    assert [_names(page) for page in cursor.pages()] == [["b"]]


def _with_empty_pages(execute: Execute, left: list[int], pages: list[str]) -> Execute:
    """GetRecords as Amazon's: it may find nothing in a piece of a shard, and go on with the next."""

    def carried_out(operation: str, request: RequestDraft) -> Response:
        if operation != "GetRecords":
            return execute(operation, request)
        pages.append(operation)
        if left[0]:
            left[0] -= 1
            return {"Records": [], "NextShardIterator": request["ShardIterator"]}
        return execute(operation, request)

    return carried_out


def _names(records: list[cursor_module.ReadRecord]) -> list[str]:
    return [each.record["dynamodb"]["Keys"]["id"]["S"] for each in records]


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
