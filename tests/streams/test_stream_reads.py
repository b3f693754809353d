"""Reading a stream: iterators, pages, boto3."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.errors import ExpiredIterator, ResourceNotFound, ValidationError
from tests.streams.stream_reading import changes, create, iterator, put, read, shards_of


def test_iterators(open_database: Callable[..., Database]) -> None:
    clock = ManualClock()
    database = open_database(clock=clock)
    arn = create(database)
    for key in "abc":
        put(database, key)
        clock.advance(60)
    (shard,) = (each["ShardId"] for each in shards_of(database, arn))

    def keys(kind: str, **more: Any) -> str:
        place = iterator(database, arn, shard, kind, **more)
        return "".join(each["dynamodb"]["Keys"]["pk"]["S"] for each in read(database, place, limit=1))

    numbers = [each["dynamodb"]["SequenceNumber"] for each in changes(database, arn)]
    assert keys("TRIM_HORIZON") == "abc"
    assert keys("LATEST") == ""
    assert keys("AT_SEQUENCE_NUMBER", SequenceNumber=numbers[1]) == "bc"
    assert keys("AFTER_SEQUENCE_NUMBER", SequenceNumber=numbers[1]) == "c"
    assert keys("AT_TIMESTAMP", Timestamp=clock.now() - 120) == "bc"
    assert keys("AT_TIMESTAMP", Timestamp=datetime.fromtimestamp(clock.now() - 100, UTC)) == "c"
    assert keys("AT_TIMESTAMP", Timestamp=clock.now() + 1) == ""
    latest = iterator(database, arn, shard, "LATEST")
    put(database, "d")
    assert len(list(read(database, latest))) == len(list(read(database, latest))) == 1  # It may be used again.
    with pytest.raises(ResourceNotFound, match="Shard does not exist"):
        iterator(database, arn, "shardId-00000001573689847184-864758bb")
    with pytest.raises(ValidationError, match="Timestamp is required"):
        iterator(database, arn, shard, "AT_TIMESTAMP")
    clock.advance(15 * 60 + 1)
    with pytest.raises(ExpiredIterator):
        list(read(database, latest))


def test_pages_are_bounded_by_a_megabyte(database: Database) -> None:
    arn = create(database, "NEW_IMAGE")
    for number in range(5):
        put(database, str(number), t={"S": "." * 300_000})
    (shard,) = shards_of(database, arn)
    response = database.execute("GetRecords", {"ShardIterator": iterator(database, arn, shard["ShardId"])})
    assert len(response["Records"]) == 3
    assert len(changes(database, arn)) == 5


def test_boto3_reads_streams() -> None:
    """Through the double, on both of its roads, with datetimes; and over HTTP."""
    with minidynamo.mock() as database, database.serve() as server:
        arn = create(database)
        put(database, "a", b={"B": b"\x00\xff"}, CreationDateTime={"S": "an attribute of that name"})
        found = []
        for endpoint in (None, server.url):
            for has_hook in (False, True):
                client = boto3.client(
                    "dynamodbstreams",
                    endpoint_url=endpoint,
                    region_name="us-east-1",
                    aws_access_key_id="x",
                    aws_secret_access_key="x",
                )
                if has_hook:
                    client.meta.events.register("before-send", lambda **ignored: None)
                (listed,) = client.list_streams(TableName="tbl")["Streams"]
                description = client.describe_stream(StreamArn=listed["StreamArn"])["StreamDescription"]
                assert isinstance(description["CreationRequestDateTime"], datetime)
                shard = description["Shards"][0]["ShardId"]
                place = client.get_shard_iterator(
                    StreamArn=arn, ShardId=shard, ShardIteratorType="AT_TIMESTAMP", Timestamp=datetime(2020, 1, 1)
                )["ShardIterator"]
                found.append(client.get_records(ShardIterator=place)["Records"])
                with pytest.raises(client.exceptions.ResourceNotFoundException):
                    client.describe_stream(StreamArn=arn[:-1] + "x")
        assert found[0] == found[1] == found[2] == found[3]
        (record,) = found[0]
        assert record["dynamodb"]["NewImage"]["b"] == {"B": b"\x00\xff"}
        assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], datetime)
