"""The workloads of a boto3 `Table`, in Python values, on the table that `workloads.py` fills."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bench.workloads import COLLECTION_ITEMS, Operation, item, numbers


def put(table: Any, count: int) -> Operation:
    """Puts new items, in random order among the others."""
    from boto3.dynamodb.types import TypeDeserializer

    read = TypeDeserializer().deserialize
    randomness = random.Random(1)
    raw = (item(number, randomness) for number in randomness.sample(range(count), min(count, 4096)))
    items = itertools.cycle([{name: read(value) for name, value in each.items()} for each in raw])
    suffix = itertools.count()

    def operation() -> None:
        fresh = dict(next(items))
        fresh["sk"] = Decimal(f"{fresh['sk']}.{next(suffix)}1")
        table.put_item(Item=fresh)

    return operation


def get(table: Any, count: int) -> Operation:
    """Gets items by their keys."""
    number = numbers(count, 2)
    return lambda: table.get_item(Key=_key(number()))


def query_100(table: Any, count: int) -> Operation:
    """Reads 100 items of a collection of 1,000."""
    from boto3.dynamodb.conditions import Key

    number = numbers(count, 4)

    def operation() -> Any:
        first = number()
        start = first // COLLECTION_ITEMS * COLLECTION_ITEMS + first % 900
        condition = Key("pk").eq(f"user#{first // COLLECTION_ITEMS:06d}") & Key("sk").gte(start)
        return table.query(KeyConditionExpression=condition, Limit=100)

    return operation


def _key(number: int) -> dict[str, Any]:
    return {"pk": f"user#{number // COLLECTION_ITEMS:06d}", "sk": number}


TABLE_WORKLOADS: dict[str, Callable[[Any, int], Operation]] = {"put": put, "get": get, "query 100": query_100}
