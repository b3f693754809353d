"""What calls cost on simulated databases, beside the same on a plain one."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from minidynamo import Database, DynamoError, connect, simulate

_ITEMS, _CALLS, _ROUNDS = 200, 2_000, 5


def print_simulation() -> None:
    """Prints microseconds per call, by operation and profile."""
    profiles = ["calm", "typical", "stormy", "adversary"]
    print(f"{'µs per call':14}{'plain':>10}" + "".join(f"{each:>12}" for each in profiles))
    for name, call in _CALLS_BY_NAME.items():
        times: dict[str, list[float]] = {each: [] for each in ["plain", *profiles]}
        for _ in range(_ROUNDS):  # Interleaved, since the machine is shared.
            for each, found in times.items():
                found.append(_measured(_opened(each), call))
        print(f"{name:14}{statistics.median(times.pop('plain')):>10.1f}", end="")
        print("".join(f"{statistics.median(found):>12.1f}" for found in times.values()))


def _opened(profile: str) -> Database:
    database = connect()
    database.execute(
        "CreateTable",
        {
            "TableName": "tbl",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    for number in range(_ITEMS):
        _put(database, number)
    return database if profile == "plain" else simulate(database, profile=profile, seed=1)


def _measured(database: Database, call: Callable[[Database, int], None]) -> float:
    started = time.perf_counter()
    for number in range(_CALLS):
        try:
            call(database, number)
        except DynamoError:
            continue
    return (time.perf_counter() - started) / _CALLS * 1e6


def _get(database: Database, number: int) -> None:
    database.execute("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": str(number % _ITEMS)}}})


def _put(database: Database, number: int) -> None:
    item = {"pk": {"S": str(number % _ITEMS)}, "n": {"N": str(number)}}
    database.execute("PutItem", {"TableName": "tbl", "Item": item})


def _scan(database: Database, number: int) -> None:
    database.execute("Scan", {"TableName": "tbl", "Limit": 10})


_CALLS_BY_NAME = {"get": _get, "put": _put, "scan of 10": _scan}
