"""Faults drawn where they happen: what Hypothesis finds, to what it shrinks, and that its report can be run again."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

import minidynamo
from bench.bug_hunt import BUGS, hunt
from bench.bugs.base import THINGS, BuggyApplication
from minidynamo import Database, DynamoError, Fault, FaultSchedule, ManualClock
from minidynamo.simulation import STORMY, SimulatedDatabase
from minidynamo.testing import simulate_drawn, simulated
from minidynamo.testing.drawn_faults import drawn, schedule_text

FAILURES = (ClientError, BotoCoreError)


@pytest.fixture
def quiet() -> Database:
    database = minidynamo.connect(clock=ManualClock())
    database.execute("CreateTable", THINGS)
    return database


def use(database: SimulatedDatabase, names: str) -> None:
    """Calls of many kinds, whatever becomes of them."""
    table = database.resource().Table("Things")
    actions: list[Callable[[str], object]] = [
        lambda name: table.put_item(Item={"id": name, "kind": "x"}),
        lambda name: table.scan(),
        lambda name: table.scan(IndexName="by_kind", Limit=2),
        lambda name: table.get_item(Key={"id": name}),
        lambda name: table.meta.client.batch_get_item(RequestItems={"Things": {"Keys": [{"id": name}]}}),
    ]
    for number, name in enumerate(names):
        try:
            actions[number % len(actions)](name)
        except FAILURES:
            continue


def test_a_schedule_tells_what_was_drawn(quiet: Database) -> None:
    """The same calls under the schedule of a run have its history."""
    kinds: set[str] = set()

    @settings(max_examples=60, database=None, deadline=None, phases=(Phase.generate,))
    @given(st.text("abcd", min_size=5, max_size=40))
    def check(names: str) -> None:
        database, chance = drawn(quiet, "stormy")
        use(database, names)
        kinds.update(fault.kind for fault in chance.faults)
        again = minidynamo.simulate(quiet, schedule=chance.faults, profile="stormy")
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


def test_a_run_without_faults_says_so() -> None:
    class Nothing:
        faults: tuple[Fault, ...] = ()

    assert schedule_text(Nothing(), STORMY) == "minidynamo.simulate(..., schedule=FaultSchedule([]))"  # type: ignore[arg-type]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_planted_bugs_are_found_and_shrunk(bug: type[BuggyApplication]) -> None:
    """With the first seed of three that finds it; `python -m bench --bugs` measures how often."""
    hunts = (hunt(bug, number) for number in range(3))
    found = next(each for each in hunts if each.is_found)
    assert (found.steps, found.faults) == bug.least
