"""Shards: opened, closed by splits and by time, trimmed after a day."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minidynamo import Database, ManualClock
from minidynamo.errors import ExpiredIterator, TrimmedDataAccess
from tests.streams.stream_reading import HOUR, changes, create, iterator, put, read, shards_of


def test_a_split_closes_its_shard_and_opens_children(open_database: Callable[..., Database]) -> None:
    """One open shard per partition; the records of an item are in order along the line of shards."""
    database = open_database(partition_size=100, clock=ManualClock())
    arn = create(database)
    for turn in range(4):
        for number in range(30):
            put(database, str(number), turn={"N": str(turn)}, t={"S": "." * 10})
    shards = shards_of(database, arn)
    opened = [each for each in shards if "EndingSequenceNumber" not in each["SequenceNumberRange"]]
    assert len(opened) == len([each for each in database.partitions("tbl") if each.index is None]) > 3
    known = {each["ShardId"] for each in shards}
    assert [each for each in shards if each.get("ParentShardId") not in known] == [
        each for each in shards if "ParentShardId" not in each
    ]
    assert len([each for each in shards if "ParentShardId" not in each]) == 1
    for shard in shards:
        ending = shard["SequenceNumberRange"].get("EndingSequenceNumber")
        if ending is not None:
            request = {"StreamArn": arn, "ShardFilter": {"Type": "CHILD_SHARDS", "ShardId": shard["ShardId"]}}
            children = database.execute("DescribeStream", request)["StreamDescription"]["Shards"]
            assert 1 <= len(children) <= 2
            assert all(int(each["SequenceNumberRange"]["StartingSequenceNumber"]) > int(ending) for each in children)
    seen: dict[str, list[str]] = {}
    for record in changes(database, arn):
        image = record["dynamodb"]["NewImage"]
        seen.setdefault(image["pk"]["S"], []).append(image["turn"]["N"])
    assert seen == {str(number): ["0", "1", "2", "3"] for number in range(30)}


def test_a_shard_ends_after_four_hours(open_database: Callable[..., Database]) -> None:
    clock = ManualClock()
    database = open_database(clock=clock)
    arn = create(database)
    put(database, "a")
    (first,) = shards_of(database, arn)
    place = iterator(database, arn, first["ShardId"], "LATEST")
    clock.advance(4 * HOUR)
    put(database, "b")
    old, new = shards_of(database, arn)
    assert (old["ShardId"], new["ParentShardId"]) == (first["ShardId"], first["ShardId"])
    with pytest.raises(ExpiredIterator, match=r"Iterator expired\. The iterator was created at time"):
        list(read(database, place))
    place = iterator(database, arn, old["ShardId"])
    response = database.execute("GetRecords", {"ShardIterator": place})
    assert len(response["Records"]) == 1
    assert "NextShardIterator" not in response
    assert [each["dynamodb"]["Keys"]["pk"]["S"] for each in changes(database, arn)] == ["a", "b"]


def test_records_are_trimmed_after_a_day(open_database: Callable[..., Database]) -> None:
    clock = ManualClock()
    database = open_database(clock=clock)
    arn = create(database)
    put(database, "a")
    (first,) = shards_of(database, arn)
    number = changes(database, arn)[0]["dynamodb"]["SequenceNumber"]
    clock.advance(3 * HOUR)
    put(database, "b")
    clock.advance(21 * HOUR)
    assert [each["dynamodb"]["Keys"]["pk"]["S"] for each in changes(database, arn)] == ["b"]
    with pytest.raises(TrimmedDataAccess, match="past the oldest stream record"):
        place = iterator(database, arn, first["ShardId"], "AT_SEQUENCE_NUMBER", SequenceNumber=number)
        list(read(database, place))
    place = iterator(database, arn, first["ShardId"], "AFTER_SEQUENCE_NUMBER", SequenceNumber=number)
    assert len(list(read(database, place))) == 1
    clock.advance(24 * HOUR)
    put(database, "c")
    assert [each["dynamodb"]["Keys"]["pk"]["S"] for each in changes(database, arn)] == ["c"]
    clock.advance(25 * HOUR)
    assert changes(database, arn) == []
    put(database, "d")
    (record,) = changes(database, arn)
    assert int(record["dynamodb"]["SequenceNumber"]) > int(number) + 2


def test_trimming_is_not_put_off_by_readers(open_database: Callable[..., Database]) -> None:
    clock = ManualClock()
    database = open_database(clock=clock)
    arn = create(database)
    for key in "abc":
        put(database, key)
    for _ in range(25 * 15):
        clock.advance(240)
        shards_of(database, arn)
    (stream,) = database.catalog.streams.all().values()
    assert stream._map.item_count == 0


def test_trimming_in_parts_loses_no_shard(
    open_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is more to trim than is done at once, the rest comes with the next write."""
    monkeypatch.setattr("minidynamo.streams.stream._TRIMMED_AT_ONCE_MAX", 3)
    clock = ManualClock()
    database = open_database(clock=clock)
    arn = create(database)
    for key in "abcdefgh":
        put(database, key)
    clock.advance(5 * HOUR)
    put(database, "i")
    clock.advance(30 * HOUR)
    for key in "jklm":
        put(database, key)
        database.check()
    (stream,) = database.catalog.streams.all().values()
    assert [each["dynamodb"]["Keys"]["pk"]["S"] for each in changes(database, arn)] == list("jklm")
    assert stream._map.item_count == 4
