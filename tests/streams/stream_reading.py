"""A table with a stream, changes of it, and reading them shard by shard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minidynamo import Database
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
