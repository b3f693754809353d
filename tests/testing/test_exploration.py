"""Small scope, exhaustively: that all outcomes come, each once, and that the failures begin with the least."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database, ManualClock, Profile
from minidynamo.simulation import STORMY, SimulatedDatabase
from minidynamo.testing import FAILURES, explore
from minidynamo.testing.drawn_faults import drawn
from minidynamo.testing.variants import variants
from tests.testing.kit_tables import SCHEMA

Choices = list[tuple[int, str, object]]
DYNAMODB = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="a")
KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
ADD = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}


def small_database() -> Database:
    database = minidynamo.connect(clock=ManualClock())
    SCHEMA.create(database)
    return database


SMALL = small_database()


def choices_of(database: SimulatedDatabase) -> Choices:
    return list(database.history().choices)


def put_and_count(database: SimulatedDatabase) -> int:
    client = database.client()
    client.put_item(TableName="tbl", Item={**KEY, "h": {"B": b"x"}})
    return int(client.query(TableName="tbl", IndexName="by_h", **_equals("h", {"B": b"x"}))["Count"])


def _equals(name: str, value: object) -> dict[str, object]:
    return {"KeyConditionExpression": f"{name} = :v", "ExpressionAttributeValues": {":v": value}}


def write_in_batches(database: SimulatedDatabase) -> None:
    entries = [{"PutRequest": {"Item": {**KEY, "sk": {"N": str(number)}}}} for number in range(2)]
    database.client().batch_write_item(RequestItems={"tbl": entries})
    database.client().scan(TableName="tbl")


def read_pages(database: SimulatedDatabase) -> None:
    with database.faults.paused():
        for number in range(3):
            database.client().put_item(TableName="tbl", Item={**KEY, "sk": {"N": str(number)}})
    list(database.client().get_paginator("query").paginate(TableName="tbl", Limit=2, **_equals("pk", {"S": "a"})))


def transact_twice(database: SimulatedDatabase) -> None:
    actions = [{"Put": {"TableName": "tbl", "Item": {**KEY, "sk": {"N": str(number)}}}} for number in range(2)]
    for _ in range(2):
        with suppress(*FAILURES):
            database.client().transact_write_items(TransactItems=actions, ClientRequestToken="t")


PROGRAMS = [put_and_count, write_in_batches, read_pages, transact_twice]


def outcomes_of(program: Callable[[SimulatedDatabase], object], depth: int) -> list[Choices]:
    met: list[Choices] = []

    def noted(database: SimulatedDatabase) -> None:
        try:
            program(database)
        except FAILURES:
            pass
        finally:
            met.append(choices_of(database))

    explore(noted, depth=depth, source=SMALL)
    return met


@pytest.mark.parametrize("program", PROGRAMS)
def test_whatever_is_drawn_has_been_explored(program: Callable[[SimulatedDatabase], object]) -> None:
    """Hypothesis draws in another way: each of its runs of at most two faults is one of the outcomes."""
    explored = outcomes_of(program, depth=2)
    seen = 0

    @settings(deadline=None, max_examples=120, database=None)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        nonlocal seen
        database, _ = drawn(SMALL, replace(STORMY, capacity=False))
        with suppress(*FAILURES):
            program(database)
        choices = choices_of(database)
        if len(choices) <= 2:
            seen += bool(choices)
            assert choices in explored

    check()
    assert seen, "nothing has been compared"


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_outcome_comes_once(program: Callable[[SimulatedDatabase], object]) -> None:
    met = outcomes_of(program, depth=2)
    assert all(one != two for one, two in itertools.combinations(met, 2))


def test_subsets_of_a_batch_are_counted() -> None:
    unprocessed = Profile(name="unprocessed", unprocessed=0.01)

    def write(database: SimulatedDatabase) -> None:
        entries = [{"PutRequest": {"Item": {**KEY, "sk": {"N": str(number)}}}} for number in range(4)]
        database.client().batch_write_item(RequestItems={"tbl": entries})

    exploration = explore(write, source=SMALL, profile=unprocessed)
    assert exploration.outcomes == {0: 1, 1: 2**4 - 1}
    assert not exploration.failures
    assert str(exploration).splitlines()[-1].split() == ["all", "16", "0"]


def test_details_come_once_the_simplest_first() -> None:
    assert list(variants(lambda draw: {"which": draw.some("abc", draw.count(1, 3))})) == [0, 3, 6, 1, 10, 13, 2]
    assert list(variants(lambda draw: None)) == []
    assert list(variants(lambda draw: {})) == [0]


def count_points(database: SimulatedDatabase) -> None:
    with minidynamo.mock(database):
        try:
            DYNAMODB.update_item(TableName="tbl", Key=KEY, **ADD)
        except FAILURES:
            return
    database.faults.switch_off()
    assert database.client().get_item(TableName="tbl", Key=KEY)["Item"]["n"] == {"N": "1"}


def test_the_least_failure_is_raised_with_its_faults() -> None:
    with pytest.raises(AssertionError) as caught:
        explore(count_points, source=SMALL)
    least, count = caught.value.__notes__
    assert least == (
        "Faults of this run: minidynamo.simulate(..., schedule=FaultSchedule([Fault('response_lost')]), "
        "profile='stormy')"
    )
    assert count == "3 of 14 outcomes fail."


def test_each_failure_can_be_run_again() -> None:
    exploration = explore(count_points, source=SMALL, check=False)
    assert exploration.outcomes[1] == 13
    assert [len(each.schedule.faults) for each in exploration.failures[:4]] == [1, 1, 1, 2]
    assert exploration.kinds.keys() >= {"timed_out", "response_lost", "connection_lost_after"}
    for each in exploration.failures:
        with pytest.raises(type(each.error)):
            count_points(minidynamo.simulate(SMALL, schedule=each.schedule, profile=STORMY))


def test_a_failure_without_faults_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        explore(lambda database: 1 / 0)
    assert caught.value.__notes__[-1] == "1 of 1 outcomes fail."


def test_a_fork_meets_nothing() -> None:
    def use_fork(database: SimulatedDatabase) -> None:
        SCHEMA.create(database.fork())

    assert explore(use_fork).outcomes.total() == 1


def test_a_program_that_draws_by_chance_is_refused() -> None:
    runs = itertools.count()

    def changing(database: SimulatedDatabase) -> None:
        if next(runs) == 0:
            put_and_count(database)

    with pytest.raises(RuntimeError, match="does not make the same calls each time: Fault"):
        explore(changing, source=SMALL)


def test_too_many_outcomes_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 100 outcomes with 3 faults at most are to be tried"):
        explore(write_in_batches, source=SMALL, depth=3, outcomes_max=100, check=False)


async def _asynchronous(database: SimulatedDatabase) -> None:
    del database


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"program": _asynchronous}, TypeError, "asyncio.run"),
        ({"program": 7}, TypeError, "a function of a database, not 7"),
        ({"depth": -1}, ValueError, "depth must be at least 0, not -1"),
        ({"depth": "2"}, TypeError, "not '2'"),
        ({"outcomes_max": 0}, ValueError, "outcomes_max must be at least 1"),
        ({"without": "latency"}, TypeError, "give without=\\('latency',\\)"),
        ({"source": "shop.db"}, TypeError, "source takes a Database, .* not 'shop.db'"),
        ({"profile": "wild"}, ValueError, "there is no profile 'wild'"),
        ({"without": ("rain",)}, ValueError, "there is no fault called 'rain'"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, object], error: type[Exception], text: str) -> None:
    given = {"program": put_and_count, **arguments}
    with pytest.raises(error, match=text):
        explore(**given)  # type: ignore[arg-type]
