"""Streams as their readers meet them: what is recorded, in which shard, for how long; on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.errors import (
    DynamoError,
    ExpiredIterator,
    ResourceNotFound,
    TransactionCanceled,
    TrimmedDataAccess,
    ValidationError,
)
from minidynamo.formats.short_tables import create_table_request

HOUR = 3600


def create(database: Database, view_type: str = "NEW_AND_OLD_IMAGES", **short: Any) -> str:
    """Makes a table with a stream; the stream's ARN."""
    specification = {"StreamEnabled": True, "StreamViewType": view_type}
    request = {**create_table_request("tbl", {"key": ["pk S"], **short}), "StreamSpecification": specification}
    arn: str = database.execute("CreateTable", request)["TableDescription"]["LatestStreamArn"]
    return arn


def put(database: Database, key: str, **more: Any) -> None:
    database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": key}, **more}})


def update(database: Database, key: str, expression: str, **values: Any) -> None:
    named = {f":{name}": value for name, value in values.items()}
    request = {"TableName": "tbl", "Key": {"pk": {"S": key}}, "UpdateExpression": expression}
    database.execute("UpdateItem", {**request, **({"ExpressionAttributeValues": named} if named else {})})


def delete(database: Database, key: str) -> None:
    database.execute("DeleteItem", {"TableName": "tbl", "Key": {"pk": {"S": key}}})


def shards_of(database: Database, arn: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    start: dict[str, str] = {}
    while True:
        response = database.execute("DescribeStream", {"StreamArn": arn, "Limit": 2, **start})["StreamDescription"]
        found += response["Shards"]
        if "LastEvaluatedShardId" not in response:
            return found
        start = {"ExclusiveStartShardId": response["LastEvaluatedShardId"]}


def iterator(database: Database, arn: str, shard: str, kind: str = "TRIM_HORIZON", **more: Any) -> str:
    request = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": kind, **more}
    text: str = database.execute("GetShardIterator", request)["ShardIterator"]
    return text


def read(database: Database, place: str | None, limit: int = 1_000) -> Iterator[dict[str, Any]]:
    """All records from an iterator to the present end of its shard."""
    while place is not None:
        response = database.execute("GetRecords", {"ShardIterator": place, "Limit": limit})
        yield from response["Records"]
        if not response["Records"]:
            return
        place = response.get("NextShardIterator")


def changes(database: Database, arn: str, limit: int = 100) -> list[dict[str, Any]]:
    """All records of a stream, parents before children."""
    shards = shards_of(database, arn)
    known = {each["ShardId"] for each in shards}
    done: list[str] = []
    found: list[dict[str, Any]] = []
    while len(done) < len(shards):
        for shard in shards:
            parent = shard.get("ParentShardId")
            if shard["ShardId"] not in done and (parent not in known or parent in done):
                found += read(database, iterator(database, arn, shard["ShardId"]), limit=limit)
                done.append(shard["ShardId"])
    return found


def test_the_documented_example(database: Database) -> None:
    """Names, images, sizes. Source: DynamoDB Developer Guide, "Reading and processing a stream"."""
    specification = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    request = {**create_table_request("tbl", {"key": ["Id N"]}), "StreamSpecification": specification}
    arn = database.execute("CreateTable", request)["TableDescription"]["LatestStreamArn"]
    key = {"Id": {"N": "101"}}
    for message in ("New item!", "This item has changed"):
        database.execute("PutItem", {"TableName": "tbl", "Item": {**key, "Message": {"S": message}}})
    database.execute("DeleteItem", {"TableName": "tbl", "Key": key})
    records = changes(database, arn)
    assert [each["eventName"] for each in records] == ["INSERT", "MODIFY", "REMOVE"]
    assert [each["dynamodb"]["SizeBytes"] for each in records] == [26, 59, 38]
    assert [sorted(each["dynamodb"].keys() & {"NewImage", "OldImage"}) for each in records] == [
        ["NewImage"],
        ["NewImage", "OldImage"],
        ["OldImage"],
    ]
    assert records[1]["dynamodb"]["OldImage"]["Message"] == {"S": "New item!"}
    assert all(each["dynamodb"]["Keys"] == key for each in records)
    numbers = [int(each["dynamodb"]["SequenceNumber"]) for each in records]
    assert numbers == sorted(set(numbers))
    assert all(21 <= len(each["dynamodb"]["SequenceNumber"]) <= 40 for each in records)
    assert len({each["eventID"] for each in records}) == 3
    assert {(each["eventVersion"], each["eventSource"], each["awsRegion"]) for each in records} == {
        ("1.1", "aws:dynamodb", "us-east-1")
    }


@pytest.mark.parametrize(
    ("view_type", "images"),
    [
        ("KEYS_ONLY", [[], [], []]),
        ("NEW_IMAGE", [["NewImage"], ["NewImage"], []]),
        ("OLD_IMAGE", [[], ["OldImage"], ["OldImage"]]),
        ("NEW_AND_OLD_IMAGES", [["NewImage"], ["NewImage", "OldImage"], ["OldImage"]]),
    ],
)
def test_view_types(database: Database, view_type: str, images: list[list[str]]) -> None:
    arn = create(database, view_type, gsi={"by_g": {"key": ["g S"]}})
    put(database, "a", g={"S": "x"})
    put(database, "a", g={"S": "y"})
    delete(database, "a")
    records = changes(database, arn)
    assert [sorted(each["dynamodb"].keys() & {"NewImage", "OldImage"}) for each in records] == images
    assert {each["dynamodb"]["StreamViewType"] for each in records} == {view_type}
    assert all(each["dynamodb"]["Keys"] == {"pk": {"S": "a"}} for each in records)


def test_what_changes_nothing_is_not_recorded(database: Database) -> None:
    """Deep-equal items, missing ones, failed conditions, cancelled transactions."""
    arn = create(database)
    put(database, "a", n={"N": "1"}, s={"SS": ["x", "y"]}, m={"M": {"one": {"N": "1"}, "two": {"N": "2"}}})
    put(database, "a", s={"SS": ["y", "x"]}, m={"M": {"two": {"N": "2.0"}, "one": {"N": "1"}}}, n={"N": "1.00"})
    update(database, "a", "SET n = :n", n={"N": "1"})
    update(database, "a", "REMOVE nowhere")
    delete(database, "b")
    for request in (
        {"ConditionExpression": "attribute_not_exists(pk)", "Item": {"pk": {"S": "a"}}},
        {"ConditionExpression": "attribute_exists(pk)", "Item": {"pk": {"S": "c"}}},
    ):
        with pytest.raises(DynamoError):
            database.execute("PutItem", {"TableName": "tbl", **request})
    failing = {"ConditionCheck": {"TableName": "tbl", "Key": {"pk": {"S": "c"}}, "ConditionExpression": "a = pk"}}
    with pytest.raises(TransactionCanceled):
        transaction = [{"Put": {"TableName": "tbl", "Item": {"pk": {"S": "d"}}}}, failing]
        database.execute("TransactWriteItems", {"TransactItems": transaction})
    assert [each["eventName"] for each in changes(database, arn)] == ["INSERT"]


def test_every_write_is_recorded(database: Database) -> None:
    arn = create(database)
    batch = [{"PutRequest": {"Item": {"pk": {"S": each}}}} for each in "abc"]
    database.execute("BatchWriteItem", {"RequestItems": {"tbl": batch}})
    gone = {"DeleteRequest": {"Key": {"pk": {"S": "a"}}}}
    database.execute("BatchWriteItem", {"RequestItems": {"tbl": [gone]}})
    put_d = {"Put": {"TableName": "tbl", "Item": {"pk": {"S": "d"}}}}
    gone_b = {"Delete": {"TableName": "tbl", "Key": {"pk": {"S": "b"}}}}
    database.execute("TransactWriteItems", {"TransactItems": [put_d, gone_b], "ClientRequestToken": "t"})
    database.execute("TransactWriteItems", {"TransactItems": [put_d, gone_b], "ClientRequestToken": "t"})
    update(database, "e", "SET x = :x", x={"BOOL": True})
    found = [(each["eventName"], each["dynamodb"]["Keys"]["pk"]["S"]) for each in changes(database, arn)]
    assert found == [("INSERT", each) for each in "abc"] + [
        ("REMOVE", "a"), ("INSERT", "d"), ("REMOVE", "b"), ("INSERT", "e")
    ]  # fmt: skip


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


def test_a_disabled_stream_is_readable_for_a_day(open_database: Callable[..., Database]) -> None:
    clock = ManualClock()
    database = open_database(clock=clock)
    first = create(database)
    put(database, "a")
    database.execute("UpdateTable", {"TableName": "tbl", "StreamSpecification": {"StreamEnabled": False}})
    put(database, "b")
    described = database.execute("DescribeStream", {"StreamArn": first})["StreamDescription"]
    assert described["StreamStatus"] == "DISABLED"
    assert all("EndingSequenceNumber" in each["SequenceNumberRange"] for each in described["Shards"])
    enable = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    response = database.execute("UpdateTable", {"TableName": "tbl", "StreamSpecification": enable})
    second = response["TableDescription"]["LatestStreamArn"]
    assert second != first  # Though no time has passed.
    put(database, "c")
    assert [[each["dynamodb"]["Keys"]["pk"]["S"] for each in changes(database, arn)] for arn in (first, second)] == [
        ["a"],
        ["c"],
    ]
    clock.advance(HOUR)
    database.execute("DeleteTable", {"TableName": "tbl"})
    assert [each["StreamArn"] for each in database.execute("ListStreams", {})["Streams"]] == [first, second]
    assert len(changes(database, second)) == 1
    clock.advance(23 * HOUR)
    assert [each["StreamArn"] for each in database.execute("ListStreams", {})["Streams"]] == [second]
    with pytest.raises(ResourceNotFound, match=r"Stream: .* not found"):
        changes(database, first)
    clock.advance(HOUR)
    third = create(database)
    assert [each["StreamArn"] for each in database.execute("ListStreams", {})["Streams"]] == [third]
    put(database, "d")
    assert len(changes(database, third)) == 1


def test_streams_are_listed_in_pages(database: Database) -> None:
    specification = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    for number in range(7):
        request = create_table_request(f"table{number}", {"key": ["pk S"]})
        database.execute("CreateTable", {**request, "StreamSpecification": specification})
    client = database.streams_client()
    first = client.list_streams(Limit=4)
    second = client.list_streams(Limit=4, ExclusiveStartStreamArn=first["LastEvaluatedStreamArn"])
    names = [each["TableName"] for page in (first, second) for each in page["Streams"]]
    assert names == [f"table{number}" for number in range(7)]
    assert "LastEvaluatedStreamArn" not in second
    assert [each["TableName"] for each in client.list_streams(TableName="table3")["Streams"]] == ["table3"]


def test_a_stream_goes_on_in_its_file(tmp_path: Any) -> None:
    """Numbers and shards go on, also where all records have been trimmed meanwhile."""
    path, clock = tmp_path / "shop.db", ManualClock()
    numbers: list[int] = []
    for turn in range(4):
        with minidynamo.connect(path, clock=clock, partition_size=300) as database:
            if turn == 0:
                create(database)
            (arn,) = (each["StreamArn"] for each in database.execute("ListStreams", {})["Streams"])
            for number in range(10):
                put(database, str(number), turn={"N": str(turn)})
            database.check()
            numbers += [int(each["dynamodb"]["SequenceNumber"]) for each in changes(database, arn)][-10:]
        clock.advance(10 * HOUR)
    assert len(set(numbers)) == 40
    with minidynamo.connect(path, clock=clock) as database:
        fork = database.fork()
        put(fork, "x")
        assert len(changes(fork, arn)) == len(changes(database, arn)) + 1
        fork.check()


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
