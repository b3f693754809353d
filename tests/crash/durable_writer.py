"""Writes to a store by a fixed plan, and tells on its standard output what has been answered; run and killed by tests.

    python -m tests.crash.durable_writer PATH DURABILITY FIRST

Operation number n is the same in every process, so that a plain database in memory can follow. Meanwhile changes are
handed over to a function in the background, copies are made, and children are forked.
"""

from __future__ import annotations

import os
import random
import sys
from typing import Any

import minidynamo
from minidynamo import Database
from minidynamo.formats.short_tables import create_table_request

SETTINGS: dict[str, Any] = {"partition_size": 9_000, "clock": minidynamo.ManualClock()}
TABLES = {
    "one": {"key": ["pk S", "sk N"], "lsi": {"by_x": {"key": ["pk S", "x N"]}}, "gsi": {"by_g": {"key": ["g S"]}}},
    "two": {"key": ["pk S"]},
}
_EXTRA_INDEX = {
    "IndexName": "extra",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "x", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
_EXTRA_ATTRIBUTES = [{"AttributeName": name, "AttributeType": kind} for name, kind in (("g", "S"), ("x", "N"))]


def create_tables(database: Database) -> None:
    """Creates the tables that are not there yet."""
    for name, table in TABLES.items():
        if name not in database.execute("ListTables", {})["TableNames"]:
            stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
            database.execute("CreateTable", {**create_table_request(name, table), "StreamSpecification": stream})


def perform(database: Database, number: int) -> None:
    """Carries out operation `number`; ones of every kind take turns."""
    chance = random.Random(number)
    if number % 40 == 0:
        change = {"Create": _EXTRA_INDEX} if number // 40 % 2 else {"Delete": {"IndexName": "extra"}}
        if number >= 40 and (number // 40 % 2 or number >= 80):
            request = {"TableName": "one", "GlobalSecondaryIndexUpdates": [change]}
            database.execute("UpdateTable", {**request, "AttributeDefinitions": _EXTRA_ATTRIBUTES})
        return
    operation, request = _KINDS[number % len(_KINDS)](number, chance)
    database.execute(operation, request)


def _key(chance: random.Random) -> dict[str, Any]:
    return {"pk": {"S": f"p{chance.randrange(12)}"}, "sk": {"N": str(chance.randrange(40))}}


def _item(number: int, chance: random.Random) -> dict[str, Any]:
    text = "." * chance.randrange(120)
    return {**_key(chance), "g": {"S": f"g{number % 7}"}, "x": {"N": str(number)}, "text": {"S": text}}


def _put(number: int, chance: random.Random) -> tuple[str, Any]:
    return "PutItem", {"TableName": "one", "Item": _item(number, chance)}


def _delete(number: int, chance: random.Random) -> tuple[str, Any]:
    return "DeleteItem", {"TableName": "one", "Key": _key(chance)}


def _update(number: int, chance: random.Random) -> tuple[str, Any]:
    update = {"UpdateExpression": "ADD n :one SET x = :x", "ExpressionAttributeValues": _update_values(number)}
    return "UpdateItem", {"TableName": "one", "Key": _key(chance), **update}


def _update_values(number: int) -> dict[str, Any]:
    return {":one": {"N": "1"}, ":x": {"N": str(number)}}


def _batch(number: int, chance: random.Random) -> tuple[str, Any]:
    keys = {str(_key(chance)["sk"]["N"]) for _ in range(8)}
    puts = [{"PutRequest": {"Item": {**_item(number, chance), "sk": {"N": sort}}}} for sort in sorted(keys)]
    unique = {(each["PutRequest"]["Item"]["pk"]["S"], each["PutRequest"]["Item"]["sk"]["N"]): each for each in puts}
    marks = [{"PutRequest": {"Item": {"pk": {"S": f"b{number % 11}"}, "n": {"N": str(number)}}}}]
    return "BatchWriteItem", {"RequestItems": {"one": list(unique.values()), "two": marks}}


def _transaction(number: int, chance: random.Random) -> tuple[str, Any]:
    counts = [
        {
            "Update": {
                "TableName": "two",
                "Key": {"pk": {"S": f"t{each}"}},
                "UpdateExpression": "ADD n :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
        }
        for each in range(3)
    ]
    put = {"Put": {"TableName": "one", "Item": _item(number, chance)}}
    return "TransactWriteItems", {"TransactItems": [put, *counts], "ClientRequestToken": f"token-{number}"}


_KINDS = (_put, _put, _update, _batch, _transaction, _delete, _put)


def _import_everything() -> None:
    """Performs one operation of each kind elsewhere, so that the first ones here are as quick as the others."""
    with minidynamo.connect(**SETTINGS) as elsewhere:
        create_tables(elsewhere)
        for number in range(len(_KINDS)):
            perform(elsewhere, number)


def main(path: str, durability: str, first: int) -> None:
    """Performs operations from number `first` on until it is killed."""
    database = minidynamo.connect(path, durability=durability, **SETTINGS)
    create_tables(database)
    database.on_stream("two", lambda event, context: None)
    database.functions.start()
    _import_everything()
    os.write(1, b"ready\n")
    number = first
    while True:
        perform(database, number)
        os.write(1, b"%d\n" % number)
        if number % 9 == 4:
            database.backup(f"{path}.copy{number}")
        if number % 13 == 6 and hasattr(os, "fork"):
            _fork(database)
        number += 1


def _fork(database: Database) -> None:
    """A child that tries to use the store, is refused, and ends."""
    child = os.fork()
    if child == 0:
        try:
            database.execute("ListTables", {})
        except minidynamo.DynamoError:
            database.close()
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0, "a child was not refused"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
