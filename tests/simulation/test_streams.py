"""Streams that lag, shards that split, readers that come too late, batches that come twice."""

from __future__ import annotations

from typing import Any

import pytest

from minidynamo import Database, DynamoError, simulate
from minidynamo.formats.short_tables import create_table_request
from minidynamo.simulation import ConsumerPaused, DuplicateDelivery, ShardSplit, SimulatedDatabase, StreamLag
from tests.simulation.small_table import STREAM, put


def iterator_of(database: Database) -> str:
    stream = database.execute("DescribeTable", {"TableName": "tbl"})["Table"]["LatestStreamArn"]
    shards = database.execute("DescribeStream", {"StreamArn": stream})["StreamDescription"]["Shards"]
    place = {"StreamArn": stream, "ShardId": shards[0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    return str(database.execute("GetShardIterator", place)["ShardIterator"])


@pytest.mark.parametrize("variant", range(3))
def test_records_come_late_and_none_is_lost(database: SimulatedDatabase, variant: int) -> None:
    for sk in "123":
        put(database, "a", sk)
    database.faults.on("GetRecords", fault=StreamLag, variant=variant)
    first = database.execute("GetRecords", {"ShardIterator": iterator_of(database)})
    assert len(first["Records"]) == 2 - variant
    second = database.execute("GetRecords", {"ShardIterator": first["NextShardIterator"]})
    found = [each["dynamodb"]["Keys"]["sk"]["S"] for each in first["Records"] + second["Records"]]
    assert found == ["1", "2", "3"]


def test_a_shard_splits_between_two_reads() -> None:
    database = simulate(profile="calm")
    database.execute("CreateTable", {**create_table_request("tbl", {"key": ["pk S", "sk S"]}), **STREAM})
    for number in range(10):
        put(database, str(number))
    database.faults.on("GetRecords", fault=ShardSplit)
    iterator = iterator_of(database)
    response = database.execute("GetRecords", {"ShardIterator": iterator})
    assert len(response["Records"]) == 10 and "NextShardIterator" not in response
    assert len(database.partitions("tbl")) == 2
    for number in range(10, 20):
        put(database, str(number))
    database.check()


def test_a_paused_reader_comes_too_late(database: SimulatedDatabase) -> None:
    put(database, "a")
    iterator = iterator_of(database)
    database.faults.on("GetRecords", fault=ConsumerPaused)
    with pytest.raises(DynamoError) as raised:
        database.execute("GetRecords", {"ShardIterator": iterator})
    assert raised.value.code == "ExpiredIteratorException"


def test_a_batch_is_duplicate_delivery(database: SimulatedDatabase) -> None:
    seen: list[str] = []

    def handler(event: Any, context: Any) -> None:
        seen.extend(each["dynamodb"]["Keys"]["sk"]["S"] for each in event["Records"])

    database.on_stream("tbl", handler, BatchSize=1)
    put(database, "a", "1")
    put(database, "a", "2")
    database.faults.on(fault=DuplicateDelivery)
    database.drain()
    assert seen == ["1", "1", "2"]
    assert [call.operation for call in database.history().calls[-2:]] == ["Deliver", "Deliver"]
