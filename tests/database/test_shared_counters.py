"""Threads count and transfer without loss."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from minidynamo import Database, DynamoError
from tests.database.new_table import Open, make_table

ACCOUNTS = [f"account{each}" for each in range(5)]


def read(database: Database, name: str) -> int:
    response = database.execute("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": name}}, "ConsistentRead": True})
    return int(response["Item"]["n"]["N"])


def increment(database: Database) -> None:
    """Adds one to the counter as it was seen, as often as it takes."""
    while True:
        seen = read(database, "counter")
        try:
            database.execute(
                "UpdateItem",
                {
                    "TableName": "tbl",
                    "Key": {"pk": {"S": "counter"}},
                    "UpdateExpression": "SET n = :new",
                    "ConditionExpression": "n = :seen",
                    "ExpressionAttributeValues": {":new": {"N": str(seen + 1)}, ":seen": {"N": str(seen)}},
                },
            )
            return
        except DynamoError as error:
            assert error.code == "ConditionalCheckFailedException"


def transfer(database: Database, number: int) -> None:
    """Moves one from an account to another."""
    giver, taker = ACCOUNTS[number % 5], ACCOUNTS[(number * 7 + 1) % 5]
    if giver == taker:
        return
    actions = [
        {
            "Update": {
                "TableName": "tbl",
                "Key": {"pk": {"S": name}},
                "UpdateExpression": f"SET n = n {sign} :one",
                "ConditionExpression": "n > :zero",
                "ExpressionAttributeValues": {":one": {"N": "1"}, ":zero": {"N": "0"}},
            }
        }
        for name, sign in ((giver, "-"), (taker, "+"))
    ]
    database.execute("TransactWriteItems", {"TransactItems": actions})


def test_sixteen_threads_count_and_transfer_without_loss(open_database: Open) -> None:
    """Conditional increments lose no update, transfers no money, and every index agrees at the end."""
    database = open_database(partition_size=100)
    make_table(database, key=["pk S"], gsi={"by_n": {"key": ["n N"], "projection": "KEYS_ONLY"}})
    for name in ("counter", *ACCOUNTS):
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": name}, "n": {"N": "100"}}})

    def work(number: int) -> None:
        for step in range(25):
            increment(database)
            transfer(database, number + step)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    assert read(database, "counter") == 100 + 16 * 25
    assert sum(read(database, name) for name in ACCOUNTS) == 500
