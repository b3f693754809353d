"""What explore() makes of programs at its edges: other failures, no run at all, bounds, and what it keeps."""

from __future__ import annotations

import gc
import itertools
import unittest
import weakref
from collections.abc import Callable
from contextlib import suppress

import pytest

import minidynamo
from minidynamo import ManualClock, Profile
from minidynamo.simulation import SimulatedDatabase
from minidynamo.simulation.faults.chance import Draw
from minidynamo.testing import FAILURES, explore
from minidynamo.testing.variants import variants
from tests.testing.kit_tables import TABLE
from tests.testing.test_exploration import KEY, SMALL, count_points, put_and_count


def test_what_pytest_fails_with_is_a_failure() -> None:
    def give_up(database: SimulatedDatabase) -> None:
        try:
            put_and_count(database)
        except FAILURES:
            pytest.fail("it did not retry")

    exploration = explore(give_up, source=SMALL, depth=1, check=False)
    assert len(exploration.failures) > 5
    with pytest.raises(pytest.fail.Exception) as caught:
        explore(give_up, source=SMALL, depth=1)
    assert "Faults of this run: " in caught.value.__notes__[0]


@pytest.mark.parametrize("error", [unittest.SkipTest, pytest.skip.Exception])
def test_what_skips_a_test_does_so(error: type[BaseException]) -> None:
    def skipping(database: SimulatedDatabase) -> None:
        raise error("not now")

    with pytest.raises(error, match="not now"):
        explore(skipping)


async def _never_run(database: SimulatedDatabase) -> None:
    raise AssertionError


@pytest.mark.parametrize("program", [lambda db: _never_run(db), lambda db: (each for each in "abc")])
def test_a_program_that_was_not_run_is_refused(program: Callable[[SimulatedDatabase], object]) -> None:
    with pytest.raises(TypeError, match=r"was not run: explore\(\) awaits nothing"):
        explore(program)


def test_capacity_does_not_run_out() -> None:
    """A schedule that is pasted knows nothing of it."""
    database = minidynamo.connect(clock=ManualClock())
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    database.execute("CreateTable", {**TABLE, "BillingMode": "PROVISIONED", **_provisioned(units)})

    def write_much(simulated: SimulatedDatabase) -> None:
        for number in range(30):
            item = {**KEY, "sk": {"N": str(number)}, "d": {"S": "x" * 20_000}}
            simulated.client().put_item(TableName="tbl", Item=item)

    assert explore(write_much, source=database, depth=0, profile=Profile(capacity=True)).outcomes == {0: 1}


def _provisioned(units: dict[str, int]) -> dict[str, object]:
    indexes = [{**each, "ProvisionedThroughput": units} for each in TABLE["GlobalSecondaryIndexes"]]
    return {"ProvisionedThroughput": units, "GlobalSecondaryIndexes": indexes}


def test_failures_in_a_row_are_not_bounded() -> None:
    def try_twice(database: SimulatedDatabase) -> None:
        for _ in range(2):
            with suppress(*FAILURES):
                database.client().put_item(TableName="tbl", Item=KEY)
                return
        raise AssertionError("gave up")

    for bound in (0, 1):
        profile = Profile(throttled=0.1, server_error=0.1, refusals_in_a_row_max=bound)
        exploration = explore(try_twice, source=SMALL, profile=profile, check=False)
        assert len(exploration.failures) == exploration.outcomes[2]


def test_a_failure_is_raised_although_there_are_too_many_outcomes() -> None:
    with pytest.raises(AssertionError, match="assert"):
        explore(count_points, source=SMALL, outcomes_max=20)


def test_only_the_least_failure_keeps_its_database() -> None:
    databases: list[weakref.ref[SimulatedDatabase]] = []

    def fails(database: SimulatedDatabase) -> None:
        databases.append(weakref.ref(database))
        database.client().list_tables()
        raise AssertionError

    with suppress(*FAILURES):
        exploration = explore(fails, depth=1, check=False)
    gc.collect()
    assert len(exploration.failures) > 5
    assert sum(each() is not None for each in databases) <= 1


def test_notes_come_once() -> None:
    exploration = explore(count_points, source=SMALL, depth=1, check=False)
    for _ in range(2):
        with pytest.raises(AssertionError) as caught:
            exploration.raise_least()
    assert len(caught.value.__notes__) == 2


def test_a_table_made_in_a_fork_is_its_own() -> None:
    """Ids in a simulated fork are others than those of what it was forked from."""
    other = {**TABLE, "TableName": "other"}
    assert not explore(lambda db: db.client().create_table(**other), source=SMALL, depth=0).failures
    one, two, three = (minidynamo.simulate(SMALL, seed=seed, profile="calm") for seed in (0, 0, 1))
    ids = [each.execute("CreateTable", other)["TableDescription"]["TableId"] for each in (one, two, three)]
    assert ids[0] == ids[1] != ids[2]


def test_a_batch_of_many_is_given_up_at_once() -> None:
    """There are two to the power of 25 ways to leave some of it."""

    def write(database: SimulatedDatabase) -> None:
        entries = [{"PutRequest": {"Item": {**KEY, "sk": {"N": str(number)}}}} for number in range(25)]
        database.client().batch_write_item(RequestItems={"tbl": entries})

    with pytest.raises(ValueError, match="more than 500 outcomes"):
        explore(write, source=SMALL, depth=1, outcomes_max=500)


def test_each_choice_of_some_is_made_once() -> None:
    """Two to the power of ten less one of them, not a hundred times as many."""
    calls = itertools.count()

    def leave(draw: Draw) -> dict[str, object]:
        next(calls)
        return {"left": draw.some(range(10), draw.count(1, 10))}

    assert len(list(variants(leave))) == next(calls) == 2**10 - 1
