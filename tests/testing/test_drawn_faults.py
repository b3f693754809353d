"""Faults drawn where they happen: what Hypothesis finds, to what it shrinks, and that its report can be run again."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

import minidynamo
from bench.bug_hunt import BUGS, hunt
from bench.bugs.base import THINGS, BuggyApplication
from minidynamo import Database, DynamoError, Fault, FaultSchedule, ManualClock, Profile
from minidynamo.simulation import STORMY, SimulatedDatabase, profile_text, without_kinds
from minidynamo.simulation.faults.profiles import profile_arguments
from minidynamo.testing import simulate_drawn, simulated
from minidynamo.testing.drawn_faults import drawn, schedule_text

FAILURES = (ClientError, BotoCoreError)


@pytest.fixture
def quiet() -> Database:
    database = minidynamo.connect(clock=ManualClock())
    database.execute("CreateTable", THINGS)
    return database


HARSH = replace(STORMY, name="harsh", refusals_in_a_row_max=1, conflict=0.4, server_error=0.3, empty_page=0.5)


def use(database: SimulatedDatabase, names: str) -> None:
    """Calls of many kinds, whatever becomes of them."""
    table = database.resource().Table("Things")
    actions: list[Callable[[str], object]] = [
        lambda name: table.put_item(Item={"id": name, "kind": "x"}),
        lambda name: table.scan(),
        lambda name: table.put_item(Item={"id": name, "kind": 7}),  # Refused, since it is a key of the index.
        lambda name: list(table.meta.client.get_paginator("scan").paginate(TableName="Things", Limit=1)),
        lambda name: table.meta.client.batch_write_item(
            RequestItems={"Things": [{"PutRequest": {"Item": {"id": each}}} for each in "ab"]}
        ),
        lambda name: table.scan(IndexName="by_kind", Limit=2),
        lambda name: table.get_item(Key={"id": name}),
        lambda name: table.meta.client.batch_get_item(RequestItems={"Things": {"Keys": [{"id": name}]}}),
    ]
    for number, name in enumerate(names):
        try:
            actions[number % len(actions)](name)
        except FAILURES:
            continue


@pytest.mark.parametrize("profile", [STORMY, HARSH], ids=lambda profile: profile.name)
def test_a_schedule_tells_what_was_drawn(profile: Profile, quiet: Database) -> None:
    """The same calls under the schedule of a run have its history: refused ones, and few failures in a row, too."""
    kinds: set[str] = set()

    @settings(max_examples=100, database=None, deadline=None, phases=(Phase.generate,))
    @given(st.text("abcd", min_size=5, max_size=40))
    def check(names: str) -> None:
        database, chance = drawn(quiet, profile)
        use(database, names)
        kinds.update(fault.kind for fault in chance.faults)
        again = minidynamo.simulate(quiet, schedule=chance.faults, profile=profile)
        use(again, names)
        assert again.history().choices == database.history().choices

    check()
    assert len(kinds) > 8


def test_histories_of_drawn_faults_can_be_replayed(quiet: Database) -> None:
    @settings(max_examples=20, database=None, deadline=None)
    @given(simulated(quiet), st.text("abcd", max_size=20))
    def check(database: SimulatedDatabase, names: str) -> None:
        use(database, names)
        again = minidynamo.simulate(quiet, replay=database.history())
        use(again, names)
        assert again.history() == database.history()

    check()


def test_the_report_ends_with_a_call_that_opens_the_same(quiet: Database) -> None:
    @settings(max_examples=100, database=None, deadline=None, print_blob=False)
    @seed(1)
    @given(simulated(quiet))
    def fails(database: SimulatedDatabase) -> None:
        try:
            database.resource().Table("Things").put_item(Item={"id": "a", "kind": "x"})
            assert database.resource().Table("Things").scan(IndexName="by_kind")["Count"] == 1
        except FAILURES:
            return

    with pytest.raises(AssertionError) as raised:
        fails()
    (printed,) = re.findall(r"Faults of this run: (.*)", "\n".join(raised.value.__notes__))
    expected = FaultSchedule([Fault("index_lag")])
    assert printed == f"minidynamo.simulate(..., schedule={expected!r}, profile='stormy')"
    with pytest.raises(TypeError, match="in place of the dots"):
        eval(printed)
    again = eval(printed.replace("...", "quiet"), {**globals(), "quiet": quiet})
    assert again.profile == STORMY


def test_rates_are_those_of_the_profile(quiet: Database) -> None:
    """Within a factor of two, over many calls; what cannot happen has no share."""
    counts = {"throttled": 0, "calls": 0}

    @settings(max_examples=300, database=None, deadline=None, phases=(Phase.generate,))
    @given(st.integers())
    def count(number: int) -> None:
        database = simulate_drawn(quiet, "stormy")
        for _ in range(10):
            with suppress(*FAILURES):
                database.client().put_item(TableName="Things", Item={"id": {"S": "a"}})
        counts["calls"] += 10
        counts["throttled"] += sum(kind == "throttled" for _, kind, _ in database.history().choices)

    count()
    assert 0.5 < counts["throttled"] / counts["calls"] / STORMY.throttled < 2


def test_an_aim_without_effect_is_not_taken_back_from_what_is_drawn(quiet: Database) -> None:
    @settings(max_examples=5, deadline=None)
    @given(simulated(quiet, "calm"))
    def check(database: SimulatedDatabase) -> None:
        aim = database.faults.on("CreateTable", fault="slow_table")
        with suppress(*FAILURES, DynamoError):
            database.execute("CreateTable", THINGS)
        assert aim.fired == 0

    check()


def test_there_is_nothing_to_draw_from_outside_of_a_test(quiet: Database) -> None:
    with pytest.raises(RuntimeError, match="@given"):
        simulate_drawn(quiet)


def test_what_has_no_place_is_refused(quiet: Database) -> None:
    """Kinds that are left out are not drawn; a seed, say, would decide nothing."""

    @settings(max_examples=20, database=None, deadline=None)
    @given(st.text("abcd", max_size=20))
    def check(names: str) -> None:
        left_out = ("throttled", "server_error", "capacity")
        database = simulate_drawn(quiet, "stormy", without=left_out)
        use(database, names)
        assert not {kind for _, kind, _ in database.history().choices} & set(left_out)
        with pytest.raises(TypeError, match="seed has no place"):
            simulate_drawn(quiet, seed=1)

    check()


def test_forks_and_aims_leave_the_schedule_right(quiet: Database) -> None:
    @settings(max_examples=40, database=None, deadline=None)
    @given(st.text("abcd", max_size=15), st.text("abcd", max_size=15))
    def check(names: str, others: str) -> None:
        database, chance = drawn(quiet, HARSH)
        with suppress(*FAILURES), database.faults.on("CreateTable", fault="slow_table") as aim:
            database.client().create_table(**THINGS)
            aim.cancel()
        use(database.fork(), others)
        use(database, names)
        again = minidynamo.simulate(quiet, schedule=chance.faults, profile=HARSH)
        with suppress(*FAILURES):
            again.client().create_table(**THINGS)
        use(again.fork(), others)
        use(again, names)
        assert again.history().choices == database.history().choices

    check()


def test_a_profile_of_ones_own_is_told_whole() -> None:
    assert profile_text(STORMY) == "'stormy'"
    assert eval(profile_text(HARSH)) == HARSH


def test_a_run_without_faults_says_so() -> None:
    assert (
        schedule_text(FaultSchedule(), STORMY)
        == "minidynamo.simulate(..., schedule=FaultSchedule([]), profile='stormy')"
    )


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_planted_bugs_are_found_and_shrunk(bug: type[BuggyApplication]) -> None:
    """With one seed of four at least; `python -m bench --bugs` measures how often."""
    hunts = (hunt(bug, number) for number in range(4))
    assert any(each.is_found and (each.steps, each.faults) == bug.least for each in hunts)


def test_an_example_says_how_it_is_run_again(quiet: Database) -> None:
    """By the profile's name, less what was left out; not by how the strategy is made."""

    @settings(database=None, deadline=None, phases=[Phase.generate, Phase.shrink])
    @given(db=simulated(quiet, replace(STORMY, throttled=1.0, server_error=0), without=("conflict",)))
    def fails(db: SimulatedDatabase) -> None:
        assert not db.history().choices
        db.Table("Things").get_item(Key={"id": "1"})
        assert not db.history().choices

    with pytest.raises((AssertionError, DynamoError, ClientError, BotoCoreError, ExceptionGroup)) as raised:
        fails()
    shown = "\n".join(note for error in getattr(raised.value, "exceptions", [raised.value]) for note in error.__notes__)
    assert "db=simulated(..., profile=Profile(name='stormy', " in shown


def test_a_profile_less_some_kinds_is_told_by_its_name() -> None:
    assert profile_arguments(without_kinds(STORMY, ["conflict", "capacity"])) == (
        "profile='stormy', without=('capacity', 'conflict')"
    )
    assert profile_arguments(STORMY) == "profile='stormy'"
    assert profile_arguments(Profile(conflict=0.5)) == "profile=Profile(conflict=0.5)"
    assert profile_arguments(replace(STORMY, name="own", conflict=0)).startswith("profile=Profile(name='own', ")
