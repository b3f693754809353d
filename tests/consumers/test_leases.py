"""Leases: shared fairly, taken over when their owner stands still, handed over when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import minidynamo
from minidynamo.clock import ManualClock
from minidynamo.consumers import leases as leases_module
from minidynamo.consumers.holder import LeaseHolder
from minidynamo.consumers.leases import LEASE_SECONDS, RENEWAL_SECONDS, Lease, LeaseTable
from minidynamo.consumers.shards import ListedShard
from minidynamo.values.api_types import RequestDraft, Response

SHARDS = [ListedShard(f"shardId-{number}", None, True) for number in range(6)]


class Shared:
    """Processes that share the shards of one stream, by one clock."""

    def __init__(self) -> None:
        self.database = minidynamo.connect()
        self.clock = ManualClock(0.0)
        LeaseTable(self.database.execute, "f/Things/1").make()
        self._numbers = iter(range(1000))

    def holder(self) -> LeaseHolder:
        leases = LeaseTable(self.database.execute, "f/Things/1")
        return LeaseHolder(leases, f"process {next(self._numbers)}", self.clock.now, is_automatic=False)

    def pass_time(self, seconds: float, *alive: LeaseHolder) -> None:
        """Time passes; who is alive renews, and takes its share."""
        while seconds > 0:
            self.clock.advance(min(seconds, RENEWAL_SECONDS))
            seconds -= RENEWAL_SECONDS
            for each in alive:
                each.renew_if_used()
                for shard in each.wanted():
                    each.release(shard)
                each.take_share(lambda: SHARDS, lambda is_child: [""])


@pytest.fixture
def shared() -> Iterator[Shared]:
    with_processes = Shared()
    yield with_processes
    with_processes.database.close()


def held(holder: LeaseHolder) -> set[str]:
    return {each.id for each in SHARDS if holder.holds(each.id)}


def test_one_process_takes_all(shared: Shared) -> None:
    """It begins each shard at the start, and holds it as long as it renews."""
    only = shared.holder()
    assert only.take_share(lambda: SHARDS, lambda is_child: ["begin"]) == {each.id: ["begin"] for each in SHARDS}
    shared.pass_time(60, only)
    assert held(only) == {each.id for each in SHARDS}


def test_a_second_process_gets_its_share(shared: Shared) -> None:
    """Who holds most is asked for one at a time, until both have as many."""
    first, second = shared.holder(), shared.holder()
    first.take_share(lambda: SHARDS, lambda is_child: [""])
    shared.pass_time(60, first, second)
    assert len(held(first)) == len(held(second)) == 3
    assert not held(first) & held(second)


def test_what_a_dead_process_held_is_taken_over(shared: Shared) -> None:
    """Not before its leases have stood still for long enough, and behind what it has stored."""
    dead, other = shared.holder(), shared.holder()
    dead.take_share(lambda: SHARDS, lambda is_child: [""])
    dead.leases.save(SHARDS[0].id, dead.owner, ["7"])
    other.take_share(lambda: SHARDS, lambda is_child: [""])
    shared.clock.advance(LEASE_SECONDS - 1)
    assert other.take_share(lambda: SHARDS, lambda is_child: [""]) == {}
    shared.clock.advance(1)
    taken = other.take_share(lambda: SHARDS, lambda is_child: [""])
    assert taken.keys() == {each.id for each in SHARDS}
    assert taken[SHARDS[0].id] == ["7"]


def test_who_has_lost_a_lease_stores_nothing(shared: Shared) -> None:
    """A process that comes back from a long pause finds out by its first write."""
    paused, other = shared.holder(), shared.holder()
    paused.take_share(lambda: SHARDS, lambda is_child: [""])
    other.take_share(lambda: SHARDS, lambda is_child: [""])
    shared.clock.advance(LEASE_SECONDS)
    other.take_share(lambda: SHARDS, lambda is_child: [""])
    assert not paused.holds(SHARDS[0].id)
    assert not paused.leases.save(SHARDS[0].id, paused.owner, ["9"])
    paused.renew_if_used()
    assert held(paused) == set()


def test_a_released_lease_is_free_at_once(shared: Shared) -> None:
    """No time has to pass."""
    first, second = shared.holder(), shared.holder()
    first.take_share(lambda: SHARDS, lambda is_child: [""])
    for each in SHARDS:
        first.release(each.id)
    assert second.take_share(lambda: SHARDS, lambda is_child: [""]).keys() == {each.id for each in SHARDS}


def test_a_group_begins_once(shared: Shared) -> None:
    """Who comes second begins where the first has begun."""
    leases = LeaseTable(shared.database.execute, "f/Things/1")
    assert leases.begin("@5") == ("@5", True)
    assert leases.begin("") == ("@5", False)


def test_rows_of_shards_that_are_gone_are_removed(shared: Shared) -> None:
    """The table does not grow for ever: those that were read to their end at once, others when they have lapsed."""
    first, other = shared.holder(), shared.holder()
    first.take_share(lambda: SHARDS, lambda is_child: [""])
    first.finish(SHARDS[0].id)
    for _ in range(2):
        other.take_share(lambda: SHARDS[3:], lambda is_child: [""])
    assert {each.shard for each in other.leases.all()} == {each.id for each in SHARDS[1:]}
    shared.clock.advance(LEASE_SECONDS)
    for _ in range(2):
        other.take_share(lambda: SHARDS[3:], lambda is_child: [""])
    assert {each.shard for each in other.leases.all()} == {each.id for each in SHARDS[3:]}


def test_a_list_that_lags_behind_removes_nothing_that_is_held(shared: Shared) -> None:
    """Neither once nor often, as long as its owner renews."""
    owner, other = shared.holder(), shared.holder()
    owner.take_share(lambda: SHARDS, lambda is_child: [""])
    for _ in range(5):
        other.take_share(list, lambda is_child: [""])
        shared.clock.advance(RENEWAL_SECONDS)
        owner.take_share(lambda: SHARDS, lambda is_child: [""])
        owner.renew_if_used()
    assert held(owner) == {each.id for each in SHARDS}
    assert {each.shard for each in owner.leases.all()} == {each.id for each in SHARDS}


def test_rows_are_read_before_shards_are_listed(shared: Shared) -> None:
    """A shard that begins in between, and that somebody else has taken, is listed then."""
    first, second = shared.holder(), shared.holder()

    def listed_late() -> list[ListedShard]:
        first.take_share(lambda: SHARDS, lambda is_child: [""])
        return SHARDS

    assert second.take_share(listed_late, lambda is_child: ["other"]) == {}
    assert {each.owner for each in first.leases.all()} == {first.owner}


def test_a_shard_whose_row_has_vanished_goes_on(shared: Shared) -> None:
    """From where it was last known to be, not from the start."""
    first, second = shared.holder(), shared.holder()
    first.take_share(lambda: SHARDS, lambda is_child: [""])
    first.leases.save(SHARDS[0].id, first.owner, ["7"])
    second.take_share(lambda: SHARDS, lambda is_child: [""])
    first.remember(SHARDS[1].id, ["9"])
    for each in first.leases.all():
        first.leases.remove(each)
    first.renew_if_used()
    taken = {**second.take_share(lambda: SHARDS, lambda is_child: [""])}
    assert taken[SHARDS[0].id] == ["7"]
    shared.clock.advance(LEASE_SECONDS)
    for each in first.leases.all():
        first.leases.remove(each)
    assert first.take_share(lambda: SHARDS, lambda is_child: [""])[SHARDS[1].id] == ["9"]


def test_children_of_known_shards_begin_with_their_oldest_change(shared: Shared) -> None:
    """Whatever the clocks say: only shards that come from nowhere begin where the group does."""
    only = shared.holder()
    starts: list[bool] = []

    def start(is_child: bool) -> list[str]:
        starts.append(is_child)
        return [""]

    only.take_share(lambda: SHARDS[:1], start)
    only.finish(SHARDS[0].id)
    closed = SHARDS[0]._replace(is_open=False)
    only.take_share(lambda: [closed, ListedShard("shardId-child", closed.id, True)], start)
    assert starts == [False, True]


def test_what_nobody_reads_is_not_renewed(shared: Shared) -> None:
    """Unless work is under way."""
    idle, other = shared.holder(), shared.holder()
    idle.take_share(lambda: SHARDS, lambda is_child: [""])
    other.take_share(lambda: SHARDS, lambda is_child: [""])
    for _ in range(20):
        shared.clock.advance(RENEWAL_SECONDS)
        idle.renew_if_used()
    assert held(idle) == set()
    assert other.take_share(lambda: SHARDS, lambda is_child: [""]) == {}  # It stood still for longer before this look.
    shared.clock.advance(LEASE_SECONDS)
    assert len(other.take_share(lambda: SHARDS, lambda is_child: [""])) == len(SHARDS)


def test_what_is_at_work_is_renewed(shared: Shared) -> None:
    """For as long as that takes."""
    leases = LeaseTable(shared.database.execute, "f/Things/1")
    busy = LeaseHolder(leases, "busy", shared.clock.now, is_automatic=False, is_busy=lambda: True)
    busy.take_share(lambda: SHARDS, lambda is_child: [""])
    for _ in range(20):
        shared.clock.advance(RENEWAL_SECONDS)
        busy.renew_if_used()
    assert held(busy) == {each.id for each in SHARDS}


def test_a_finished_shard_is_nobody_elses(shared: Shared, caplog: pytest.LogCaptureFixture) -> None:
    """It is not renewed, and so nothing is told of it."""
    only = shared.holder()
    only.take_share(lambda: SHARDS, lambda is_child: [""])
    only.finish(SHARDS[0].id)
    only.renew_if_used()
    assert caplog.text == ""
    assert only.held() == {each.id for each in SHARDS[1:]}


def test_rows_that_are_there_stay(shared: Shared) -> None:
    """Nobody's row is overwritten by a copy."""
    leases = LeaseTable(shared.database.execute, "f/Things/1")
    assert leases.put(Lease("shardId-1", "one", 1, "", ["1"], False))
    assert not leases.put(Lease("shardId-1", "two", 1, "", ["2"], True))
    assert leases.all() == [Lease("shardId-1", "one", 1, "", ["1"], False)]


def test_a_table_that_is_there_is_not_made(shared: Shared) -> None:
    """Whoever may not make tables can use it."""

    def execute(operation: str, request: RequestDraft) -> Response:
        assert operation != "CreateTable"
        return shared.database.execute(operation, request)

    LeaseTable(execute, "f/Things/1").make()


def test_a_table_that_does_not_become_active_is_told(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its name and its status."""
    monkeypatch.setattr(leases_module, "_ACTIVE_SECONDS", 0.0)

    def execute(operation: str, request: RequestDraft) -> Response:
        return {"Table": {"TableStatus": "DELETING"}}

    with pytest.raises(
        minidynamo.StoreError, match=r"minidynamo-leases.* has not become ACTIVE in 0 s: it is DELETING"
    ):
        LeaseTable(execute, "f/Things/1").make()


def test_a_child_begins_when_its_parent_is_done(shared: Shared) -> None:
    """Whoever has read the parent."""
    lineage = [SHARDS[0]._replace(is_open=False), ListedShard("shardId-child", SHARDS[0].id, True)]
    first, second = shared.holder(), shared.holder()
    assert first.take_share(lambda: lineage, lambda is_child: [""]).keys() == {SHARDS[0].id}
    assert second.take_share(lambda: lineage, lambda is_child: [""]) == {}
    first.leases.finish(SHARDS[0].id, first.owner)
    first.drop(SHARDS[0].id)
    assert second.take_share(lambda: lineage, lambda is_child: [""]).keys() == {"shardId-child"}


class LeaseMachine(RuleBasedStateMachine):
    """Processes begin, pause, come back and end as they like; no shard is ever held by two."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = Shared()
        self.processes = [self.shared.holder() for _ in range(3)]

    def teardown(self) -> None:
        self.shared.database.close()

    @rule(seconds=st.floats(0.1, 2 * LEASE_SECONDS))
    def time_passes(self, seconds: float) -> None:
        self.shared.clock.advance(seconds)

    @rule(index=st.integers(0, 2))
    def takes(self, index: int) -> None:
        self.processes[index].take_share(lambda: SHARDS, lambda is_child: [""])

    @rule(index=st.integers(0, 2))
    def renews(self, index: int) -> None:
        self.processes[index].renew_if_used()

    @rule(index=st.integers(0, 2))
    def hands_over(self, index: int) -> None:
        process = self.processes[index]
        for shard in process.wanted():
            process.release(shard)

    @rule(index=st.integers(0, 2))
    def is_replaced(self, index: int) -> None:
        self.processes[index] = self.shared.holder()

    @invariant()
    def nothing_is_held_twice(self) -> None:
        all_held = [shard for each in self.processes for shard in held(each)]
        assert len(all_held) == len(set(all_held))

    @rule()
    def all_is_shared_when_calm_returns(self) -> None:
        self.shared.pass_time(12 * LEASE_SECONDS, *self.processes)
        counts = [len(held(each)) for each in self.processes]
        assert counts == [2, 2, 2]


LeaseMachine.TestCase.settings = settings(max_examples=10, stateful_step_count=20, deadline=None)
TestLeases = LeaseMachine.TestCase
