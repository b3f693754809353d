"""The workloads: what is done, the same way for every target.

A target gives a client with boto3's methods. `prepare` fills a table once; each workload then returns a function that
performs one operation, the next one each time it is called.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

Operation = Callable[[], Any]

TABLE = "Bench"
COLLECTION_ITEMS = 1_000
_CREATE: dict[str, Any] = {
    "TableName": TABLE,
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
_INDEX: dict[str, Any] = {
    "IndexName": "by_group",
    "KeySchema": [{"AttributeName": "group", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "ALL"},
}


def item(number: int, randomness: random.Random) -> dict[str, Any]:
    """An item of about 400 bytes in 10 attributes, of the collection that its number falls into."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return {
        "pk": {"S": f"user#{number // COLLECTION_ITEMS:06d}"},
        "sk": {"N": str(number)},
        "group": {"S": f"group#{number % 97:02d}"},
        "name": {"S": "".join(randomness.choices(letters, k=40))},
        "email": {"S": "".join(randomness.choices(letters, k=40))},
        "notes": {"S": "".join(randomness.choices(letters, k=222))},
        "visits": {"N": str(randomness.randrange(10**6))},
        "balance": {"N": str(randomness.randrange(10**9))},
        "active": {"BOOL": number % 2 == 0},
        "tags": {"L": [{"S": "alpha"}, {"S": "beta"}, {"N": "17"}]},
    }


def create_table(client: Any, has_index: bool, has_stream: bool | None = None) -> None:
    """Creates the table of the workloads; with an index it has a stream as well, unless it is to have none."""
    request = dict(_CREATE)
    if has_index if has_stream is None else has_stream:
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    if has_index:
        request["GlobalSecondaryIndexes"] = [_INDEX]
        group = {"AttributeName": "group", "AttributeType": "S"}
        request["AttributeDefinitions"] = [*_CREATE["AttributeDefinitions"], group]
    client.create_table(**request)


def fill(client: Any, count: int, start: int = 0) -> None:
    """Puts `count` items, in batches."""
    randomness = random.Random(start)
    for first in range(start, start + count, 25):
        batch = [item(number, randomness) for number in range(first, min(first + 25, start + count))]
        client.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": each}} for each in batch]})


def numbers(count: int, seed: int) -> Callable[[], int]:
    """An endless sequence of item numbers, the same for every target."""
    numbers = random.Random(seed).choices(range(count), k=4096)
    return itertools.cycle(numbers).__next__


def key(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"user#{number // COLLECTION_ITEMS:06d}"}, "sk": {"N": str(number)}}


def put(client: Any, count: int, mark: int = 1, **more: Any) -> Operation:
    """Puts new items, in random order among the others; those of another mark are others. Requests may have more."""
    randomness = random.Random(1)
    items = itertools.cycle([item(number, randomness) for number in randomness.sample(range(count), min(count, 4096))])
    suffix = itertools.count()

    def operation() -> None:
        fresh = dict(next(items))
        fresh["sk"] = {"N": f"{fresh['sk']['N']}.{next(suffix)}{mark}"}
        client.put_item(TableName=TABLE, Item=fresh, **more)

    return operation


def put_if_new(client: Any, count: int) -> Operation:
    """Puts new items, each if there is none yet."""
    return put(client, count, mark=2, ConditionExpression="attribute_not_exists(pk)")


def get(client: Any, count: int) -> Operation:
    """Gets items by their keys."""
    number = numbers(count, 2)
    return lambda: client.get_item(TableName=TABLE, Key=key(number()))


def update(client: Any, count: int, **more: Any) -> Operation:
    """Adds one to a number. Requests may have more."""
    number = numbers(count, 3)
    return lambda: client.update_item(
        TableName=TABLE,
        Key=key(number()),
        UpdateExpression="SET visits = visits + :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        **more,
    )


def update_if(client: Any, count: int) -> Operation:
    """Adds one to a number of an item that is there."""
    return update(client, count, ConditionExpression="attribute_exists(pk)")


def query_100(client: Any, count: int) -> Operation:
    """Reads 100 items of a collection of 1,000."""
    number = numbers(count, 4)

    def operation() -> Any:
        first = number()
        return client.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :p AND sk >= :s",
            ExpressionAttributeValues={
                ":p": {"S": f"user#{first // COLLECTION_ITEMS:06d}"},
                ":s": {"N": str(first // COLLECTION_ITEMS * COLLECTION_ITEMS + first % 900)},
            },
            Limit=100,
        )

    return operation


def query_filtered(client: Any, count: int) -> Operation:
    """Reads 100 items and keeps half of them."""
    number = numbers(count, 5)
    return lambda: client.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :p",
        FilterExpression="active = :yes AND size(notes) > :n",
        ExpressionAttributeValues={
            ":p": {"S": f"user#{number() // COLLECTION_ITEMS:06d}"},
            ":yes": {"BOOL": True},
            ":n": {"N": "10"},
        },
        Limit=100,
    )


def filter_1000(client: Any, count: int) -> Operation:
    """Reads 1,000 items and keeps about 100 of them."""
    number = numbers(count, 5)
    return lambda: client.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :p",
        FilterExpression="visits < :n",
        ExpressionAttributeValues={
            ":p": {"S": f"user#{number() // COLLECTION_ITEMS:06d}"},
            ":n": {"N": "100000"},
        },
    )


def query_index_100(client: Any, count: int) -> Operation:
    """Reads 100 items of a GSI."""
    number = numbers(count, 6)
    return lambda: client.query(
        TableName=TABLE,
        IndexName="by_group",
        KeyConditionExpression="#g = :g",
        ExpressionAttributeNames={"#g": "group"},
        ExpressionAttributeValues={":g": {"S": f"group#{number() % 97:02d}"}},
        Limit=100,
    )


def scan_1mb(client: Any, count: int) -> Operation:
    """Reads one page of 1 MB."""
    return lambda: client.scan(TableName=TABLE)


def batch_write_25(client: Any, count: int) -> Operation:
    """Writes 25 items at once."""
    randomness = random.Random(7)
    starts = range(0, min(max(count - 25, 1), 2_500), 25)
    batches = itertools.cycle(
        [
            [{"PutRequest": {"Item": item(number, randomness)}} for number in range(first, first + 25)]
            for first in starts
        ]
    )
    return lambda: client.batch_write_item(RequestItems={TABLE: next(batches)})


def transact_write_10(client: Any, count: int) -> Operation:
    """Updates ten items in one transaction."""
    start = itertools.cycle(range(0, max(count - 10, 1), 10))

    def operation() -> None:
        first = next(start)
        client.transact_write_items(
            TransactItems=[
                {
                    "Update": {
                        "TableName": TABLE,
                        "Key": key(number),
                        "UpdateExpression": "SET visits = visits + :one",
                        "ConditionExpression": "attribute_exists(pk)",
                        "ExpressionAttributeValues": {":one": {"N": "1"}},
                    }
                }
                for number in range(first, first + 10)
            ]
        )

    return operation


WORKLOADS: dict[str, Callable[[Any, int], Operation]] = {
    "get": get,
    "put": put,
    "put, index, stream": put,
    "put if new": put_if_new,
    "update": update,
    "update if": update_if,
    "query 100": query_100,
    "query filtered": query_filtered,
    "filter 1,000": filter_1000,
    "query index 100": query_index_100,
    "scan 1 MB": scan_1mb,
    "batch write 25": batch_write_25,
    "transact write 10": transact_write_10,
}
# These need the table with its index and stream; the others are measured without one.
INDEXED = frozenset({"query index 100", "put, index, stream"})
