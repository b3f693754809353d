"""A program that asserts on every promise that a mutant breaks."""

from __future__ import annotations

from typing import Any

import pytest

import minidynamo
from minidynamo import Database, DynamoError, ManualClock
from tests.testing.kit_tables import TABLE

IMAGES = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
QUERY: dict[str, Any] = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
ADD = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
PRECISE = "12345678901234567890.123"


def opened() -> Database:
    return minidynamo.connect(clock=ManualClock(1_000))


class Program:
    """Calls to one table, short."""

    def __init__(self, database: Database) -> None:
        self.database, self.seen = database, list[Any]()
        self.call("CreateTable", **IMAGES, **{name: each for name, each in TABLE.items() if name != "TableName"})
        database.on_stream("tbl", lambda event, context: self.seen.extend(event["Records"]))

    def call(self, operation: str, **request: Any) -> Any:
        return self.database.execute(operation, {"TableName": "tbl", **request})

    def all(self, operation: str, *actions: Any) -> Any:
        return self.database.execute(operation, {"TransactItems": list(actions)})

    def fails(self, code: str, operation: str, **request: Any) -> DynamoError:
        with pytest.raises(DynamoError) as raised:
            self.call(operation, **request)
        assert raised.value.code == code
        return raised.value

    def n(self, number: int) -> Any:
        return self.call("GetItem", Key=key(number), ConsistentRead=True)["Item"]["n"]["N"]

    def numbers(self, **options: Any) -> list[int]:
        return [int(each["sk"]["N"]) for each in self.call("Query", **{**QUERY, **options})["Items"]]

    def paged(self, operation: str, **options: Any) -> list[int]:
        found, start = [], {}
        while True:
            page = self.call(operation, **options, **start)
            assert page["Count"] <= 2
            found += [int(each["sk"]["N"]) for each in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def key(number: int) -> dict[str, Any]:
    return {"pk": {"S": "a"}, "sk": {"N": str(number)}}


def item(number: int, **members: Any) -> dict[str, Any]:
    return {**key(number), "g": {"S": "x"}, "h": {"B": b"h"}, "n": {"N": "1"}, **members}


def thorough(database: Database) -> None:
    """A test that needs every promise."""
    program = Program(database)
    check_batches(program)
    check_reads(program)
    check_writes(program)
    check_transactions(program)
    check_stream(program)
    check_expiry(program)


def check_batches(program: Program) -> None:
    entries = [{"PutRequest": {"Item": item(number)}} for number in range(4)]
    program.call("BatchWriteItem", RequestItems={"tbl": entries})
    keys = {"tbl": {"Keys": [key(number) for number in range(4)]}}
    assert len(program.call("BatchGetItem", RequestItems=keys)["Responses"]["tbl"]) == 4


def check_reads(program: Program) -> None:
    assert program.numbers() == [0, 1, 2, 3]
    assert program.numbers(ScanIndexForward=False) == [3, 2, 1, 0]
    values = {**QUERY["ExpressionAttributeValues"], ":x": {"N": "2"}, ":g": {"S": "y"}}
    below = {"KeyConditionExpression": "pk = :p AND sk < :x"}
    values = {":p": values[":p"], ":x": values[":x"]}
    assert program.numbers(**below, ExpressionAttributeValues=values) == [0, 1]
    filtered = {"FilterExpression": "n = :x", "ExpressionAttributeValues": values}
    assert program.numbers(**filtered) == []
    assert program.paged("Query", **QUERY, Limit=2) == [0, 1, 2, 3]
    assert program.call("Scan", IndexName="by_g")["Count"] == 4
    assert program.call("Scan")["Count"] == 4
    assert program.call("Query", **QUERY, Select="COUNT")["Count"] == 4
    segments = [program.call("Scan", Segment=each, TotalSegments=3)["Count"] for each in range(3)]
    assert sum(segments) == 4
    assert program.call("GetItem", Key=key(1), ProjectionExpression="n")["Item"] == {"n": {"N": "1"}}
    program.call("PutItem", Item=item(4, n={"N": PRECISE}, empty={"S": ""}))
    assert program.call("GetItem", Key=key(4))["Item"] == item(4, n={"N": PRECISE}, empty={"S": ""})
    program.fails("ResourceNotFoundException", "Scan", TableName="missing")


def check_writes(program: Program) -> None:
    new = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    error = program.fails("ConditionalCheckFailedException", "PutItem", Item=item(0), **new)
    assert error.members["Item"] == item(0)
    program.fails("ValidationException", "PutItem", Item={"pk": {"S": "a"}})
    program.fails("ResourceInUseException", "CreateTable", **{k: v for k, v in TABLE.items() if k != "TableName"})
    program.call("PutItem", Item=item(0, n={"N": "5"}, extra={"S": "x"}))
    assert program.n(0) == "5"
    program.call("PutItem", Item=item(0))
    assert program.call("GetItem", Key=key(0), ConsistentRead=True)["Item"] == item(0)
    updated = program.call("UpdateItem", Key=key(0), ReturnValues="ALL_NEW", **ADD)
    assert updated["Attributes"]["n"] == {"N": program.n(0)} == {"N": "2"}
    program.call("DeleteItem", Key=key(4))
    assert "Item" not in program.call("GetItem", Key=key(4))


def check_transactions(program: Program) -> None:
    add = [{"Update": {"TableName": "tbl", "Key": key(each), **ADD}} for each in (0, 1)]
    for _ in range(2):
        program.database.execute("TransactWriteItems", {"TransactItems": add, "ClientRequestToken": "token"})
    assert (program.n(0), program.n(1)) == ("3", "2")
    absent = {"TableName": "tbl", "ConditionExpression": "attribute_not_exists(pk)"}
    for action in ({"Put": {**absent, "Item": item(3)}}, {"ConditionCheck": {**absent, "Key": key(3)}}):
        with pytest.raises(DynamoError):
            program.all("TransactWriteItems", add[0], action)
        assert program.n(0) == "3"
    gets = [{"Get": {"TableName": "tbl", "Key": key(each)}} for each in (0, 1)]
    assert all("Item" in each for each in program.all("TransactGetItems", *gets)["Responses"])


def check_stream(program: Program) -> None:
    program.database.drain()
    changes = [record for record in program.seen if record["dynamodb"]["Keys"] == key(0)]
    assert [record["eventName"] for record in changes] == ["INSERT", *["MODIFY"] * 4]
    olds = [record["dynamodb"]["OldImage"]["n"]["N"] for record in changes[1:]]
    assert olds == ["1", "5", "1", "2"]


def check_expiry(program: Program) -> None:
    times = {"Enabled": True, "AttributeName": "until"}
    program.call("UpdateTimeToLive", TimeToLiveSpecification=times)
    program.call("PutItem", Item=item(9, until={"N": "2000"}))
    assert isinstance(program.database.clock, ManualClock)
    program.database.clock.advance(10_000)
    assert program.database.expire() == 1
    assert "Item" not in program.call("GetItem", Key=key(9))
