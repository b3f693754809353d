"""Writes the store that is kept of a format: `python -m tests.stores.write_store tests/stores/format-1.db`.

It holds something of everything a file may hold. A file of a released format is never written anew.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import minidynamo
from minidynamo import Database, ManualClock

PARTITION_SIZE = 4_000
TOKEN = "00000000-0000-4000-8000-000000000001"
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Orders"
TRANSACTION: dict[str, Any] = {
    "ClientRequestToken": TOKEN,
    "TransactItems": [
        {
            "Update": {
                "TableName": "Orders",
                "Key": {"customer": {"S": "counter"}, "number": {"N": "0"}},
                "UpdateExpression": "ADD hits :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
        }
    ],
}
_TABLE: dict[str, Any] = {
    "TableName": "Orders",
    "AttributeDefinitions": [
        {"AttributeName": "customer", "AttributeType": "S"},
        {"AttributeName": "number", "AttributeType": "N"},
        {"AttributeName": "day", "AttributeType": "B"},
        {"AttributeName": "state", "AttributeType": "S"},
    ],
    "KeySchema": [
        {"AttributeName": "customer", "KeyType": "HASH"},
        {"AttributeName": "number", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_state",
            "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]},
            "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3},
        }
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "by_day",
            "KeySchema": [
                {"AttributeName": "customer", "KeyType": "HASH"},
                {"AttributeName": "day", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
    "Tags": [{"Key": "team", "Value": "shop"}],
}


def order(number: int) -> dict[str, Any]:
    """One item, with a value of every type."""
    item: dict[str, Any] = {
        "customer": {"S": f"customer-{number % 13}-é"},
        "number": {"N": f"{(-1) ** number * number}.5"},
        "total": {"N": f"{number}E-20"},
        "lines": {"L": [{"M": {"sku": {"S": "\U0001f4d7"}, "count": {"N": "3"}}}, {"NULL": True}]},
        "tags": {"SS": ["a", "b"]},
        "sizes": {"NS": ["1", "2.5"]},
        "marks": {"BS": [b"\x00", b"\xff"]},
        "paid": {"BOOL": number % 2 == 0},
        "note": {"S": "." * (number * 2)},
    }
    if number % 3:
        item |= {"day": {"B": bytes([number])}, "state": {"S": "open" if number % 2 else "sent"}}
    return item


def write(database: Database) -> None:
    """Fills a new database."""
    execute = database.execute
    execute("CreateTable", _TABLE)
    for number in range(70):
        execute("PutItem", {"TableName": "Orders", "Item": order(number)})
    for number in range(60, 70):
        key = {name: order(number)[name] for name in ("customer", "number")}
        execute("DeleteItem", {"TableName": "Orders", "Key": key})
    execute("TransactWriteItems", TRANSACTION)
    expiry = {"Enabled": True, "AttributeName": "expires"}
    execute("UpdateTimeToLive", {"TableName": "Orders", "TimeToLiveSpecification": expiry})
    key_schema = [{"AttributeName": "id", "KeyType": "HASH"}]
    definitions = [{"AttributeName": "id", "AttributeType": "S"}]
    empty = {"KeySchema": key_schema, "AttributeDefinitions": definitions, "BillingMode": "PAY_PER_REQUEST"}
    execute("CreateTable", {"TableName": "Empty", **empty})


if __name__ == "__main__":
    path = Path(sys.argv[1])
    with minidynamo.connect(path, clock=ManualClock(), partition_size=PARTITION_SIZE) as database:
        write(database)
    path.with_name(path.name + ".lock").unlink()
