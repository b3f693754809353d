"""What statements of PartiQL cost, each beside the request of the API that does the same."""

from __future__ import annotations

import itertools
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.workloads import COLLECTION_ITEMS, TABLE, create_table, fill, item, key, numbers, query_index_100
from minidynamo import connect

_ITEMS, _CALLS, _ROUNDS = 5_000, 500, 15

_Operation = Callable[[], Any]


def print_statements() -> None:
    """Prints microseconds per call of both, and their ratio."""
    with connect() as database:
        client = database.client()
        create_table(client, has_index=True)
        fill(client, _ITEMS)
        print(f"{'µs per call':18}{'request':>10}{'statement':>12}{'ratio':>8}")
        for name, (request_of, statement_of) in _PAIRS.items():
            request, statement = request_of(client), statement_of(client)
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(_ROUNDS):  # Interleaved, since the machine is shared.
                for operation, found in zip((request, statement), times, strict=True):
                    found.append(_measured(operation))
            medians = [statistics.median(found) for found in times]
            print(f"{name:18}{medians[0]:>10.1f}{medians[1]:>12.1f}{medians[1] / medians[0]:>8.2f}")


def _measured(operation: _Operation) -> float:
    started = time.perf_counter()
    for _ in range(_CALLS):
        operation()
    return (time.perf_counter() - started) / _CALLS * 1e6


def _key_parameters(number: int) -> list[dict[str, Any]]:
    return list(key(number).values())


def _query_key(client: Any) -> _Operation:
    number = numbers(_ITEMS, 1)

    def operation() -> Any:
        partition, sort = _key_parameters(number())
        return client.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :p AND sk = :s",
            ExpressionAttributeValues={":p": partition, ":s": sort},
        )

    return operation


def _select_key(client: Any) -> _Operation:
    number = numbers(_ITEMS, 1)
    text = f'SELECT * FROM "{TABLE}" WHERE pk = ? AND sk = ?'
    return lambda: client.execute_statement(Statement=text, Parameters=_key_parameters(number()))


def _fresh_items(suffix: int) -> Callable[[], dict[str, Any]]:
    randomness = random.Random(2)
    items = itertools.cycle([item(number, randomness) for number in range(1_000)])
    count = itertools.count()
    return lambda: {**next(items), "sk": {"N": f"{COLLECTION_ITEMS}.{next(count)}{suffix}"}}


def _put_new(client: Any) -> _Operation:
    fresh = _fresh_items(1)
    return lambda: client.put_item(TableName=TABLE, Item=fresh(), ConditionExpression="attribute_not_exists(pk)")


def _insert(client: Any) -> _Operation:
    fresh = _fresh_items(2)
    members = ", ".join(f"'{name}': ?" for name in fresh())
    text = f'INSERT INTO "{TABLE}" VALUE {{{members}}}'
    return lambda: client.execute_statement(Statement=text, Parameters=list(fresh().values()))


def _update_item(client: Any) -> _Operation:
    number = numbers(_ITEMS, 3)
    return lambda: client.update_item(
        TableName=TABLE,
        Key=key(number()),
        UpdateExpression="SET visits = visits + :one",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


def _update(client: Any) -> _Operation:
    number = numbers(_ITEMS, 3)
    text = f'UPDATE "{TABLE}" SET visits = visits + 1 WHERE pk = ? AND sk = ?'
    return lambda: client.execute_statement(Statement=text, Parameters=_key_parameters(number()))


def _select_index(client: Any) -> _Operation:
    number = numbers(_ITEMS, 6)
    text = f'SELECT * FROM "{TABLE}"."by_group" WHERE "group" = ?'
    return lambda: client.execute_statement(Statement=text, Parameters=[{"S": f"group#{number() % 97:02d}"}], Limit=100)


_PAIRS: dict[str, tuple[Callable[[Any], _Operation], Callable[[Any], _Operation]]] = {
    "select by key": (_query_key, _select_key),
    "insert": (_put_new, _insert),
    "update by key": (_update_item, _update),
    "select index 100": (lambda client: query_index_100(client, _ITEMS), _select_index),
}
