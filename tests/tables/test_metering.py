"""Units are counted once, when what consumes them has happened, and whoever listens is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

import minidynamo
from minidynamo.formats.short_tables import create_table_request
from minidynamo.tables.metering import Charge

TABLE = create_table_request("tbl", {"key": ["pk S", "sk N"], "gsi": {"by_a": {"key": ["a S"]}}})
ITEM = {"pk": {"S": "p"}, "sk": {"N": "1"}, "a": {"S": "x"}}
KEY = {name: ITEM[name] for name in ("pk", "sk")}
VALUES = {"ExpressionAttributeValues": {":p": KEY["pk"]}}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("PutItem", {"TableName": "tbl", "Item": {**ITEM, "big": {"S": "x" * 3000}}}),
    ("UpdateItem", {"TableName": "tbl", "Key": KEY, "UpdateExpression": "REMOVE a"}),
    ("GetItem", {"TableName": "tbl", "Key": KEY, "ConsistentRead": True}),
    (
        "Query",
        {"TableName": "tbl", "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": KEY["pk"]}},
    ),
    ("Scan", {"TableName": "tbl", "IndexName": "by_a"}),
    ("BatchGetItem", {"RequestItems": {"tbl": {"Keys": [KEY]}}}),
    ("BatchWriteItem", {"RequestItems": {"tbl": [{"PutRequest": {"Item": ITEM}}]}}),
    ("DeleteItem", {"TableName": "tbl", "Key": KEY}),
]


def test_what_is_charged_is_what_is_reported() -> None:
    """For every operation the charges add up to its ConsumedCapacity, table and index apart."""
    database = minidynamo.connect()
    database.execute("CreateTable", TABLE)
    heard: list[Charge] = []
    database.meter.listeners += (heard.extend,)
    for operation, request in CALLS:
        heard.clear()
        response = database.execute(operation, {**request, "ReturnConsumedCapacity": "INDEXES"})
        capacity = response["ConsumedCapacity"]
        capacity = capacity[0] if isinstance(capacity, list) else capacity
        own = sum(each.read_units + each.write_units for each in heard if each.partition.keyspace.endswith("/table"))
        of_index = sum(each.read_units + each.write_units for each in heard if "/index/by_a" in each.partition.keyspace)
        assert own == capacity.get("Table", {"CapacityUnits": 0.0})["CapacityUnits"], operation
        reported = capacity.get("GlobalSecondaryIndexes", {"by_a": {"CapacityUnits": 0.0}})
        assert of_index == reported["by_a"]["CapacityUnits"], operation


@pytest.mark.parametrize("operation", ["PutItem", "TransactWriteItems"])
def test_what_fails_costs_nothing(operation: str) -> None:
    """Units are counted after the commit."""
    database = minidynamo.connect()
    database.execute("CreateTable", TABLE)
    heard: list[Sequence[Charge]] = []
    database.meter.listeners += (heard.append,)
    put = {"TableName": "tbl", "Item": ITEM, "ConditionExpression": "attribute_exists(pk)"}
    request = put if operation == "PutItem" else {"TransactItems": [{"Put": put}]}
    with pytest.raises(minidynamo.DynamoError):
        database.execute(operation, request)
    assert not heard
    assert all(each.write_units == 0 for each in database.partitions("tbl"))
