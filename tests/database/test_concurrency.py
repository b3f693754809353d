"""Many threads at once: their history is linearizable per item, and serialisable where there are transactions."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from minidynamo import Database
from minidynamo.errors import ConditionalCheckFailed, TransactionCanceled
from minidynamo.formats.short_tables import create_table_request
from minidynamo.testing.linearizability import Operation, State, Step, find_order

THREADS = 16
TABLE = create_table_request("tbl", {"key": ["pk S"], "gsi": {"by_v": {"key": ["v N"]}}})
KEYS = ["a", "b", "c", "d", "e"]

Action = tuple[str, Step, Callable[[Database], Any]]


@pytest.fixture(autouse=True)
def restless() -> Iterator[None]:
    """Threads take turns much more often than they usually do."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def request_of(key: str) -> dict[str, Any]:
    return {"TableName": "tbl", "Key": {"pk": {"S": key}}}


def item(key: str, value: int) -> dict[str, Any]:
    return {"pk": {"S": key}, "v": {"N": str(value)}}


def value_in(found: dict[str, Any] | None) -> int | None:
    return None if found is None else int(found["v"]["N"])


def put(key: str, value: int) -> Action:
    def execute(database: Database) -> int | None:
        request = {"TableName": "tbl", "Item": item(key, value), "ReturnValues": "ALL_OLD"}
        return value_in(database.execute("PutItem", request).get("Attributes"))

    return f"put {key}={value}", lambda state: ({**state, key: value}, state[key]), execute


def get(key: str) -> Action:
    def execute(database: Database) -> int | None:
        return value_in(database.execute("GetItem", {**request_of(key), "ConsistentRead": True}).get("Item"))

    return f"get {key}", lambda state: (state, state[key]), execute


def delete(key: str) -> Action:
    def execute(database: Database) -> int | None:
        response = database.execute("DeleteItem", {**request_of(key), "ReturnValues": "ALL_OLD"})
        return value_in(response.get("Attributes"))

    return f"delete {key}", lambda state: ({**state, key: None}, state[key]), execute


def add(key: str, amount: int) -> Action:
    def step(state: State) -> tuple[State, Any]:
        total = (state[key] or 0) + amount
        return {**state, key: total}, total

    def execute(database: Database) -> int | None:
        update = {"UpdateExpression": "ADD v :n", "ExpressionAttributeValues": {":n": {"N": str(amount)}}}
        request = {**request_of(key), **update, "ReturnValues": "ALL_NEW"}
        return value_in(database.execute("UpdateItem", request)["Attributes"])

    return f"add {key}+{amount}", step, execute


def put_if_new(key: str, value: int) -> Action:
    def step(state: State) -> tuple[State, Any]:
        return ({**state, key: value}, True) if state[key] is None else (state, False)

    def execute(database: Database) -> bool:
        request = {"TableName": "tbl", "Item": item(key, value), "ConditionExpression": "attribute_not_exists(pk)"}
        try:
            database.execute("PutItem", request)
        except ConditionalCheckFailed:
            return False
        return True

    return f"put new {key}={value}", step, execute


def put_both(first: str, second: str, value: int) -> Action:
    """Unless the first one is there."""

    def step(state: State) -> tuple[State, Any]:
        return ({**state, first: value, second: -value}, True) if state[first] is None else (state, False)

    def execute(database: Database) -> bool:
        condition = {"ConditionExpression": "attribute_not_exists(pk)"}
        puts = [
            {"Put": {"TableName": "tbl", "Item": item(first, value), **condition}},
            {"Put": {"TableName": "tbl", "Item": item(second, -value)}},
        ]
        try:
            database.execute("TransactWriteItems", {"TransactItems": puts})
        except TransactionCanceled:
            return False
        return True

    return f"put both {first},{second}={value}", step, execute


def get_both(first: str, second: str) -> Action:
    def execute(database: Database) -> Any:
        gets = {"TransactItems": [{"Get": request_of(key)} for key in (first, second)]}
        responses = database.execute("TransactGetItems", gets)["Responses"]
        return tuple(value_in(each.get("Item")) for each in responses)

    return f"get both {first},{second}", lambda state: (state, (state[first], state[second])), execute


def single(chance: random.Random) -> Action:
    key, value = chance.choice(KEYS), chance.randrange(1, 10**9)
    return chance.choice([put(key, value), get(key), get(key), delete(key), add(key, value), put_if_new(key, value)])


def mixed(chance: random.Random) -> Action:
    first, second = chance.sample(KEYS, 2)
    both = [put_both(first, second, chance.randrange(1, 10**9)), get_both(first, second), get_both(second, first)]
    return chance.choice([*both, single(chance), single(chance)])


def record(database: Database, draw: Callable[[random.Random], Action], count: int) -> list[tuple[str, Operation]]:
    """What all threads did, each with the key it began with."""
    history: list[tuple[str, Operation]] = []
    begin = threading.Barrier(THREADS)

    def run(number: int) -> None:
        chance = random.Random(number)
        begin.wait()
        for _ in range(count):
            name, step, execute = draw(chance)
            start = time.perf_counter_ns()
            response = execute(database)
            history.append((name.split()[-1][0], Operation(start, time.perf_counter_ns(), step, response, name)))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(history) == THREADS * count
    return history


def test_each_item_is_linearizable(open_database: Callable[..., Database]) -> None:
    database = open_database(partition_size=40)
    database.execute("CreateTable", TABLE)
    histories = defaultdict(list)
    for key, operation in record(database, single, 100):
        histories[key].append(operation)
    assert set(histories) == set(KEYS)
    for key, history in histories.items():
        assert find_order(history, {key: None}) is not None, f"no order explains the history of {key}"


def test_transactions_are_serialisable(open_database: Callable[..., Database]) -> None:
    database = open_database(partition_size=40)
    database.execute("CreateTable", TABLE)
    history = [operation for _, operation in record(database, mixed, 40)]
    overlapping = sum(one.end > two.start for one, two in pairwise(history))
    assert overlapping > 10, "the threads hardly met"
    assert find_order(history, dict.fromkeys(KEYS)) is not None, "no order explains the history"


def operations(*parts: tuple[int, int, Action, Any]) -> list[Operation]:
    return [Operation(start, end, action[1], response, action[0]) for start, end, action, response in parts]


@pytest.mark.parametrize(
    ("history", "is_right"),
    [
        (operations((0, 1, put("a", 1), None), (2, 3, get("a"), 1)), True),
        (operations((0, 1, put("a", 1), None), (2, 3, get("a"), None)), False),  # A stale read.
        (operations((0, 3, put("a", 1), None), (1, 2, get("a"), None)), True),  # At the same time: either will do.
        (operations((0, 9, put("a", 1), None), (1, 2, get("a"), 1), (3, 4, get("a"), None)), False),  # Back again.
        (operations((0, 3, add("a", 1), 1), (1, 2, add("a", 1), 1)), False),  # A lost update.
        (operations((0, 3, add("a", 1), 2), (1, 2, add("a", 1), 1)), True),
        (operations((0, 3, put_if_new("a", 1), True), (1, 2, put_if_new("a", 2), True)), False),
        (operations((0, 9, put_both("a", "b", 1), True), (1, 2, get_both("a", "b"), (1, None))), False),  # Torn.
        (operations((0, 9, put_both("a", "b", 1), True), (1, 2, get("a"), 1), (3, 4, get("b"), None)), False),
        (operations((0, 1, put_both("a", "b", 1), False)), False),  # An abort without a cause.
    ],
)
def test_the_checker_tells_right_histories_from_wrong_ones(history: list[Operation], is_right: bool) -> None:
    assert (find_order(history, {"a": None, "b": None}) is not None) == is_right
