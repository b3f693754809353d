"""Threads count and transfer without loss."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from minidynamo import DynamoError
from tests.database.new_table import Open, make_table


def test_sixteen_threads_count_and_transfer_without_loss(open_database: Open) -> None:
    """Conditional increments lose no update, transfers no money, and every index agrees at the end."""
    database = open_database(partition_size=100)
    make_table(database, key=["pk S"], gsi={"by_n": {"key": ["n N"], "projection": "KEYS_ONLY"}})
    accounts = [f"account{each}" for each in range(5)]
    for name in ("counter", *accounts):
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": name}, "n": {"N": "100"}}})

    def read(name: str) -> int:
        response = database.execute("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": name}}, "ConsistentRead": True})
        return int(response["Item"]["n"]["N"])

    def increment() -> None:
        while True:
            seen = read("counter")
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

    def transfer(number: int) -> None:
        giver, taker = accounts[number % 5], accounts[(number * 7 + 1) % 5]
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

    def work(number: int) -> None:
        for step in range(25):
            increment()
            transfer(number + step)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    assert read("counter") == 100 + 16 * 25
    assert sum(map(read, accounts)) == 500
