"""What a stream records, and how long it lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.errors import DynamoError, ResourceNotFound, TransactionCanceled
from minidynamo.formats.short_tables import create_table_request
from tests.streams.stream_reading import HOUR, changes, create, delete, put, update


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
