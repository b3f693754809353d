"""Aims, switches and schedules: which calls a fault meets, and how mistakes in them are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from minidynamo import DynamoError, Fault, FaultSchedule, Profile, simulate
from minidynamo.simulation import ServerError, SimulatedDatabase, StaleRead, Throttled
from tests.simulation.small_table import TABLE, entries_of, get, opened, put, query


def test_a_fault_is_aimed_at_one_key(database: SimulatedDatabase) -> None:
    database.faults.on("PutItem", key={"pk": "a"}, raises=Throttled, times=2)
    outcomes = []
    for pk in ("b", "a", "a", "a"):
        try:
            put(database, pk)
            outcomes.append("ok")
        except DynamoError:
            outcomes.append("throttled")
    assert outcomes == ["ok", "throttled", "throttled", "ok"]


def test_faults_are_aimed_at_tables_batches_and_predicates(database: SimulatedDatabase) -> None:
    database.faults.on(table="other", raises=ServerError, times=None)
    put(database, "a")
    database.faults.on(key={"sk": {"S": "2"}}, raises="unprocessed")
    response = database.execute("BatchWriteItem", {"RequestItems": {"tbl": entries_of("1", "3")}})
    assert not response["UnprocessedItems"]
    response = database.execute("BatchWriteItem", {"RequestItems": {"tbl": entries_of("1", "2")}})
    assert response["UnprocessedItems"]
    database.faults.on(where=lambda operation, request: "Limit" in request, raises=ServerError)
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
        (lambda db: db.faults.on("PutItem", raises="throtled"), "did you mean throttled?"),
        (lambda db: db.faults.on("put_item", raises=Throttled), "names are the API's, such as PutItem"),
        (lambda db: db.faults.on("PutItem", raises=StaleRead), "stale_read does not happen with PutItem"),
        (lambda db: db.faults.on("PutItem", raises=Throttled, times=0), "times must be at least 1"),
        (lambda db: db.faults.switch_off("all"), "there is no fault called 'all'"),
        (lambda db: simulate(profile="mild"), "there is no profile 'mild': there are calm, typical, stormy, adversary"),
        (lambda db: Profile(throttled=2), "throttled is a rate from 0 to 1, not 2"),
        (lambda db: Profile(lag_seconds=-1), "lag_seconds must not be negative"),
        (lambda db: Fault("server_eror"), "did you mean server_error?"),
        (lambda db: Fault("server_error", at=-1), "must not be negative"),
        (lambda db: simulate(without=("x",)), "there is no fault called 'x'"),
    ],
)
def test_mistakes_are_told(database: SimulatedDatabase, fault: Callable[[Any], Any], text: str) -> None:
    with pytest.raises(ValueError) as raised:
        fault(database)
    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"colour": "red"}, "simulate() knows no colour; settings of a new database are account_id"),
        ({"replay": 3}, "replay takes a History, or the path of a saved one, not a int"),
        ({"schedule": ["throttled"]}, "a schedule is made of Faults, not of 'throttled'"),
        ({"schedule": 3}, "not iterable"),
    ],
)
def test_wrong_types_are_told(options: dict[str, Any], text: str) -> None:
    with pytest.raises(TypeError) as raised:
        simulate(**options)
    assert text in str(raised.value)


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
        database.faults.on("PutItem", raises="capacity")
    with pytest.raises(ValueError, match="Profile"):
        Fault("capacity")
