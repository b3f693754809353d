"""What a database over PostgreSQL costs beside psycopg by hand, in the same run: call by call in turns, as ratios."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg

import minidynamo

_CALLS = 600
_TABLE = "bench"
_RECORD = b"r" * 400
_MAKE = (
    "DROP TABLE IF EXISTS bench_raw",
    "CREATE TABLE bench_raw (keyspace bigint, key bytea, record bytea, PRIMARY KEY (keyspace, key))",
)
_GET = "SELECT record FROM bench_raw WHERE keyspace = 1 AND key = %b"
_PUT = "INSERT INTO bench_raw VALUES (1, %b, %b) ON CONFLICT (keyspace, key) DO UPDATE SET record = excluded.record"
_RANGE = "SELECT key, record FROM bench_raw WHERE keyspace = 1 AND key >= %b ORDER BY key LIMIT 100"
_ADD = "UPDATE bench_raw SET record = record WHERE keyspace = 1 AND key = %b"

Operation = Callable[[], object]


def print_shared(url: str) -> None:
    """Prints microseconds per call and ratios, for a store at a URL; tables of its own are made and removed there."""
    with minidynamo.connect(url) as database, psycopg.connect(url, autocommit=True, prepare_threshold=0) as raw:
        for statement in _MAKE:
            raw.execute(statement)
        _fill(database, raw)
        pairs = _pairs(database, raw)
        times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in pairs}
        for _ in range(_CALLS):
            for name, operations in pairs.items():
                for operation, found in zip(operations, times[name], strict=True):
                    found.append(_measured(operation))
        for name, (by_hand, ours) in times.items():
            one, two = _low(by_hand), _low(ours)
            print(f"{name:24}{one:>9,.0f} µs by hand {two:>9,.0f} µs here {two / one:>7.2f}")
        print(f"begun again: {database._shared.begun_again_count}")  # type: ignore[attr-defined]
    _print_hot_counter(url)
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute(_MAKE[0])


def _fill(database: minidynamo.Database, raw: psycopg.Connection[Any]) -> None:
    if _TABLE in database.tables:
        database.execute("DeleteTable", {"TableName": _TABLE})
    attributes = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}]
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    request = {"TableName": _TABLE, "KeySchema": keys, "AttributeDefinitions": attributes}
    database.execute("CreateTable", {**request, "BillingMode": "PAY_PER_REQUEST"})
    for number in range(300):
        database.execute("PutItem", _put(number))
        raw.execute(_PUT, (number.to_bytes(8, "big"), _RECORD))


def _put(number: int) -> dict[str, Any]:
    item = {"pk": {"S": "a"}, "sk": {"N": str(number)}, "text": {"S": "x" * 380}}
    return {"TableName": _TABLE, "Item": item}


def _pairs(database: minidynamo.Database, raw: psycopg.Connection[Any]) -> dict[str, tuple[Operation, Operation]]:
    """Operations by hand, and here."""
    cursor, key = raw.cursor(binary=True), (7).to_bytes(8, "big")
    place = {"TableName": _TABLE, "Key": {"pk": {"S": "a"}, "sk": {"N": "7"}}}
    condition = {"ConditionExpression": "attribute_exists(pk)"}
    query = {
        "TableName": _TABLE,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "a"}},
        "Limit": 100,
    }
    items = {"TransactItems": [{"Put": _put(number)} for number in range(25)]}

    def conditional_put() -> None:
        raw.execute("BEGIN")
        cursor.execute(_GET, (key,)).fetchone()
        raw.execute(_PUT, (key, _RECORD))
        raw.execute("COMMIT")

    def transaction() -> None:
        raw.execute("BEGIN")
        for number in range(25):
            cursor.execute(_GET, (number.to_bytes(8, "big"),)).fetchone()
        for number in range(25):
            raw.execute(_PUT, (number.to_bytes(8, "big"), _RECORD))
        raw.execute("COMMIT")

    execute = database.execute
    return {
        "get": (lambda: cursor.execute(_GET, (key,)).fetchone(), lambda: execute("GetItem", place)),
        "put": (conditional_put, lambda: execute("PutItem", _put(7))),
        "put if": (conditional_put, lambda: execute("PutItem", {**_put(7), **condition})),
        "query 100": (lambda: cursor.execute(_RANGE, (b"",)).fetchall(), lambda: execute("Query", query)),
        "transact 25": (transaction, lambda: execute("TransactWriteItems", items)),
    }


def _measured(operation: Operation) -> float:
    started = time.perf_counter()
    operation()
    return (time.perf_counter() - started) * 1e6


def _low(times: list[float]) -> float:
    """The tenth of the times from below: what the machine's other users do not add to."""
    return statistics.quantiles(times, n=10)[0]


def _print_hot_counter(url: str, seconds: float = 3.0) -> None:
    """Additions per second of four threads to one item, by hand and here."""
    update = {
        "TableName": _TABLE,
        "Key": {"pk": {"S": "a"}, "sk": {"N": "7"}},
        "UpdateExpression": "ADD n :o",
        "ExpressionAttributeValues": {":o": {"N": "1"}},
    }
    rates = []
    for is_ours in (False, True):
        counts = [0] * 4
        end = time.monotonic() + seconds

        def work(number: int, is_ours: bool = is_ours, end: float = end, counts: list[int] = counts) -> None:
            if is_ours:
                with minidynamo.connect(url) as database:
                    while time.monotonic() < end:
                        database.execute("UpdateItem", update)
                        counts[number] += 1
                return
            with psycopg.connect(url, autocommit=True, prepare_threshold=0) as raw:
                while time.monotonic() < end:
                    raw.execute("BEGIN")
                    raw.execute(_GET + " FOR UPDATE", ((7).to_bytes(8, "big"),)).fetchone()
                    raw.execute(_ADD, ((7).to_bytes(8, "big"),))
                    raw.execute("COMMIT")
                    counts[number] += 1

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        rates.append(sum(counts) / seconds)
    by_hand, ours = rates
    print(f"{'hot counter, 4 threads':24}{by_hand:>9,.0f} /s by hand {ours:>9,.0f} /s here {ours / by_hand:>7.2f}")
