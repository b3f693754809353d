"""Aims, switches and schedules: which calls a fault meets, and how mistakes in them are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from minidynamo import DynamoError, Fault, FaultSchedule, Profile, simulate
from minidynamo.simulation import (
    Latency,
    ResponseLost,
    ServerError,
    SimulatedDatabase,
    SlowTable,
    StaleRead,
    Throttled,
    TtlDelay,
)
from tests.simulation.small_table import TABLE, entries_of, get, opened, put, query


def test_a_fault_is_aimed_at_one_key(database: SimulatedDatabase) -> None:
    database.faults.on("PutItem", key={"pk": "a"}, fault=Throttled, times=2)
    outcomes = []
    for pk in ("b", "a", "a", "a"):
        try:
            put(database, pk)
            outcomes.append("ok")
        except DynamoError:
            outcomes.append("throttled")
    assert outcomes == ["ok", "throttled", "throttled", "ok"]


def test_faults_are_aimed_at_tables_batches_and_predicates(database: SimulatedDatabase) -> None:
    database.execute("CreateTable", {**TABLE, "TableName": "other"})
    other = database.faults.on(table="other", fault=ServerError, times=None)
    put(database, "a")
    arn = database.execute("DescribeTable", {"TableName": "tbl"})["Table"]["TableArn"].replace("tbl", "other")
    for name in ("other", arn):
        with pytest.raises(DynamoError):
            database.execute("Scan", {"TableName": name})
    assert other.fired == 2
    database.faults.on(key={"sk": {"S": "2"}}, fault="unprocessed")
    response = database.execute("BatchWriteItem", {"RequestItems": {"tbl": entries_of("1", "3")}})
    assert not response["UnprocessedItems"]
    response = database.execute("BatchWriteItem", {"RequestItems": {"tbl": entries_of("1", "2")}})
    assert response["UnprocessedItems"]
    database.faults.on(where=lambda operation, request: "Limit" in request, fault=ServerError)
    query(database)
    with pytest.raises(DynamoError):
        query(database, Limit=1)


def test_kinds_are_switched_off_and_on() -> None:
    database = opened(Profile(server_error=1.0, refusals_in_a_row_max=100))
    database.faults.switch_off("server_error")
    put(database, "a")
    database.faults.switch_on()
    with pytest.raises(DynamoError):
        put(database, "a")
    with database.faults.paused():
        put(database, "a")
    quiet = opened(Profile(server_error=1.0), without=("server_error",))
    put(quiet, "a")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (lambda db: db.faults.on("PutItem", fault="throtled"), "did you mean throttled?"),
        (lambda db: db.faults.on("put_item", fault=Throttled), "names are the API's, such as PutItem"),
        (lambda db: db.faults.on("PutItem", fault=StaleRead), "stale_read does not happen with PutItem"),
        (lambda db: db.faults.on("PutItem", fault=Throttled, times=0), "times must be at least 1"),
        (lambda db: db.faults.on("PutItem", fault=Throttled, table="Nope"), "no table 'Nope': there are tbl"),
        (lambda db: db.faults.on(fault=Throttled, key={"nokey": 1}), "'nokey': there are pk of tbl, sk of tbl"),
        (lambda db: db.faults.on(fault=Throttled, key={"pk": 1}), "the key attribute pk of tbl is of type S, not N"),
        (lambda db: db.faults.on("Query", fault=Throttled, key={"pk": "a"}), "Query names no key: leave key out"),
        (lambda db: db.faults.on("ListTables", fault=Latency, table="tbl"), "ListTables names no table"),
        (lambda db: db.faults.on(fault=TtlDelay, table="tbl"), "what ttl_delay happens to names no table"),
        (lambda db: simulate().faults.on("Query", fault=StaleRead, table="tbl"), "there are none yet"),
        (lambda db: simulate().faults.on(fault=StaleRead, key={"pk": "a"}), "there is no table yet"),
        (lambda db: db.faults.switch_off("all"), "there is no fault called 'all'"),
        (lambda db: simulate(profile="mild"), "there is no profile 'mild': there are calm, typical, stormy, adversary"),
        (lambda db: Profile(throttled=2), "throttled is a rate from 0 to 1, not 2"),
        (lambda db: Fault("server_eror"), "did you mean server_error?"),
        (lambda db: simulate(without=("x",)), "there is no fault called 'x'"),
    ],
)
def test_mistakes_are_told(database: SimulatedDatabase, fault: Callable[[Any], Any], text: str) -> None:
    with pytest.raises(ValueError) as raised:
        fault(database)
    assert text in str(raised.value)


def test_what_is_no_fault_is_told(database: SimulatedDatabase) -> None:
    with pytest.raises(TypeError, match=r"such as Throttled, or its name, not ValueError$"):
        database.faults.on("PutItem", fault=ValueError)  # type: ignore[arg-type]


def test_an_aim_counts_and_is_cancelled(database: SimulatedDatabase) -> None:
    aim = database.faults.on("PutItem", key={"pk": "a"}, fault=Throttled, times=2)
    assert repr(aim) == "<Aim throttled aimed at PutItem, key pk=a, 2 times: fired 0>"
    with pytest.raises(DynamoError):
        put(database, "a")
    assert (aim.fired, aim.is_open) == (1, True)
    aim.cancel()
    put(database, "a")
    assert (aim.fired, aim.is_open) == (1, False)
    cleared = database.faults.on("PutItem", fault=Throttled)
    database.faults.clear()
    put(database, "a")
    assert not cleared.is_open


def test_an_aim_that_is_used_passes_and_ends_with_its_block(database: SimulatedDatabase) -> None:
    with database.faults.on("PutItem", fault=Throttled, times=None) as aim, pytest.raises(DynamoError):
        put(database, "a")
    put(database, "a")
    assert aim.fired == 1
    with pytest.raises(ZeroDivisionError), database.faults.on("PutItem", fault=Throttled):
        _ = 1 / 0  # The block's own error stands, used or not.


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "no call came near"),
        ({"operation": "PutItem", "key": {"pk": "a"}}, "near came call 2 PutItem tbl pk=b, sk=1 (another key)"),
        ({"operation": "GetItem", "table": "two"}, "near came call 3 GetItem tbl pk=b, sk=1 (another table)"),
        ({"where": lambda *_: False}, "near came call 2 PutItem tbl pk=b, sk=1 (its where refused it)"),
    ],
)
def test_an_aim_that_is_never_used_says_what_came_near(options: dict[str, Any], text: str) -> None:
    database = opened()
    if options.get("table"):
        database.execute("CreateTable", {**TABLE, "TableName": "two"})
        text = text.replace("call 3", "call 4")
    with pytest.raises(AssertionError) as raised, database.faults.on(fault=ServerError, **options):
        if options:
            put(database, "b")
            get(database, "b")
    assert str(raised.value).startswith("server_error aimed at ")
    assert text in str(raised.value) and "\n" not in str(raised.value)


def test_only_the_nearest_calls_are_named(database: SimulatedDatabase) -> None:
    put(database, "a")
    with pytest.raises(AssertionError) as raised, database.faults.on("GetItem", key={"pk": "a"}, fault=StaleRead):
        get(database, "b")
        for _ in range(5):
            get(database, "a", consistent=True)
    assert str(raised.value) == (
        "stale_read aimed at GetItem, key pk=a never happened: near came "
        + ", ".join(
            f"call {number} GetItem tbl pk=a, sk=1 (it could not happen there, see spec/faults/stale_read.md)"
            for number in (4, 5, 6)
        )
        + " and 2 more"
    )


def test_what_has_no_effect_is_not_counted(database: SimulatedDatabase) -> None:
    aim = database.faults.on("CreateTable", table="new", fault=SlowTable)
    with pytest.raises(DynamoError):
        database.execute("CreateTable", {**TABLE, "TableName": "new", "KeySchema": []})
    assert (aim.fired, aim.is_open) == (0, True)
    database.execute("CreateTable", {**TABLE, "TableName": "new"})
    assert aim.fired == 1


def test_aims_are_counted_in_replays() -> None:
    """So that a program that asserts on them can be replayed."""
    first = opened()
    databases = [first]
    for database in databases:
        with database.faults.on("PutItem", fault=ResponseLost), pytest.raises(DynamoError):
            put(database, "a")
        if database is first:
            databases.append(opened(replay=first.history()))


def test_a_list_of_faults_is_a_schedule() -> None:
    assert repr(simulate(schedule=[Fault("throttled")])) == (
        "simulate(schedule=FaultSchedule([Fault('throttled')]), profile='calm')"
    )


def test_a_schedule_counts_the_opportunities_of_each_kind() -> None:
    schedule = FaultSchedule([Fault("server_error", at=3), Fault("stale_read", at=0)])
    assert repr(schedule) == "FaultSchedule([Fault('server_error', at=3), Fault('stale_read')])"
    database = simulate(schedule=schedule)
    database.execute("CreateTable", TABLE)
    put(database, "a")
    assert get(database, "a") is None
    with pytest.raises(DynamoError):
        get(database, "a")
    assert get(database, "a") is not None
    assert Counter(kind for _, kind, _ in database.history().choices) == {"server_error": 1, "stale_read": 1}


def test_capacity_cannot_be_aimed(database: SimulatedDatabase) -> None:
    with pytest.raises(ValueError, match="use throttled"):
        database.faults.on("PutItem", fault="capacity")
    with pytest.raises(ValueError, match="Profile"):
        Fault("capacity")
