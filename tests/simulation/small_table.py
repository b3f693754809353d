"""A simulated database with one small table, and short calls to it."""

from __future__ import annotations

from typing import Any

from minidynamo import Database, DynamoError, Profile, simulate
from minidynamo.formats.short_tables import create_table_request
from minidynamo.simulation import SimulatedDatabase

STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
TABLE = create_table_request(
    "tbl",
    {
        "key": ["pk S", "sk S"],
        "gsi": {"by_g": {"key": ["g S"]}},
        "lsi": {"by_l": {"key": ["pk S", "l S"], "projection": "KEYS_ONLY"}},
        "extra": STREAM,
    },
)
PROVISIONED = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}


def item(pk: str, sk: str = "1", **members: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}, **{name: {"S": str(value)} for name, value in members.items()}}


def opened(profile: str | Profile = "calm", **options: Any) -> SimulatedDatabase:
    """A simulated database with the table."""
    database = simulate(profile=profile, **options)
    with database.faults.paused():
        database.execute("CreateTable", TABLE)
    return database


def put(database: Database, *rest: Any, **members: Any) -> dict[str, Any]:
    return database.execute("PutItem", {"TableName": "tbl", "Item": item(*rest, **members)})


def get(database: Database, pk: str, sk: str = "1", consistent: bool = False) -> Any:
    request = {"TableName": "tbl", "Key": item(pk, sk), "ConsistentRead": consistent}
    return database.execute("GetItem", request).get("Item")


def query(database: Database, pk: str = "a", **options: Any) -> dict[str, Any]:
    request = {
        "TableName": "tbl",
        "KeyConditionExpression": "#k = :k",
        "ExpressionAttributeNames": {"#k": "g" if options.get("IndexName") == "by_g" else "pk"},
        "ExpressionAttributeValues": {":k": {"S": pk}},
    }
    return database.execute("Query", {**request, **options})


def pages(database: Database, **options: Any) -> list[dict[str, Any]]:
    found = [query(database, **options)]
    while "LastEvaluatedKey" in found[-1]:
        found.append(query(database, ExclusiveStartKey=found[-1]["LastEvaluatedKey"], **options))
        assert len(found) < 100, "paging never ends"
    return found


def keys_of(items: list[dict[str, Any]]) -> list[str]:
    return [each["sk"]["S"] for each in items]


def last_choices(database: SimulatedDatabase) -> dict[str, Any]:
    return database.history().calls[-1].choices


def program(database: SimulatedDatabase, rounds: int = 12) -> None:
    """Calls of every kind; errors are answers like others."""

    def call(operation: str, **request: Any) -> Any:
        try:
            return database.execute(operation, request)
        except DynamoError:
            return {}

    counter = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    for number in range(rounds):
        call("PutItem", TableName="tbl", Item=item("a", str(number % 5), g="x", l=number))
        call("GetItem", TableName="tbl", Key=item("a", str(number % 5)))
        call("UpdateItem", TableName="tbl", Key=item("a"), **counter)
        for options in ({}, {"Limit": 2}, {"IndexName": "by_l"}):
            call("Query", TableName="tbl", KeyConditionExpression="pk = :p",
                 ExpressionAttributeValues={":p": {"S": "a"}}, **options)  # fmt: skip
        call("Scan", TableName="tbl", IndexName="by_g")
        call("Scan", TableName="tbl", ExclusiveStartKey=item("a", "0"))
        entries = [{"PutRequest": {"Item": item("b", str(each), g="y")}} for each in range(4)]
        call("BatchWriteItem", RequestItems={"tbl": entries})
        call("BatchGetItem", RequestItems={"tbl": {"Keys": [item("b", str(each)) for each in range(4)]}})
        actions = [{"Delete": {"TableName": "tbl", "Key": item("b", str(each))}} for each in range(3)]
        call("TransactWriteItems", TransactItems=actions, ClientRequestToken=str(number // 2))
        call("TransactGetItems", TransactItems=[{"Get": {"TableName": "tbl", "Key": item("a")}}])
        call("CreateTable", **{**TABLE, "TableName": f"tbl-{number % 3}"})
        call("DeleteTable", TableName=f"tbl-{number % 3}")


def entries_of(*names: str) -> list[dict[str, Any]]:
    return [{"PutRequest": {"Item": item("a", each)}} for each in names]
