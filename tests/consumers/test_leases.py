"""Leases: shared fairly, taken over when their owner stands still, handed over when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import minidynamo
from minidynamo.clock import ManualClock
from minidynamo.consumers.holder import LeaseHolder
from minidynamo.consumers.leases import LEASE_SECONDS, RENEWAL_SECONDS, LeaseTable
from minidynamo.consumers.shards import ListedShard

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
                each.renew()
                for shard in each.wanted():
                    each.release(shard)
                each.take_share(SHARDS, lambda: [""])


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
    assert only.take_share(SHARDS, lambda: ["begin"]) == {each.id: ["begin"] for each in SHARDS}
    shared.pass_time(60, only)
    assert held(only) == {each.id for each in SHARDS}


def test_a_second_process_gets_its_share(shared: Shared) -> None:
    """Who holds most is asked for one at a time, until both have as many."""
    first, second = shared.holder(), shared.holder()
    first.take_share(SHARDS, lambda: [""])
    shared.pass_time(60, first, second)
    assert len(held(first)) == len(held(second)) == 3
    assert not held(first) & held(second)


def test_what_a_dead_process_held_is_taken_over(shared: Shared) -> None:
    """Not before its leases have stood still for long enough, and behind what it has stored."""
    dead, other = shared.holder(), shared.holder()
    dead.take_share(SHARDS, lambda: [""])
    dead.leases.save(SHARDS[0].id, dead.owner, ["7"])
    other.take_share(SHARDS, lambda: [""])
    shared.clock.advance(LEASE_SECONDS - 1)
    assert other.take_share(SHARDS, lambda: [""]) == {}
    shared.clock.advance(1)
    taken = other.take_share(SHARDS, lambda: [""])
    assert taken.keys() == {each.id for each in SHARDS}
    assert taken[SHARDS[0].id] == ["7"]


def test_who_has_lost_a_lease_stores_nothing(shared: Shared) -> None:
    """A process that comes back from a long pause finds out by its first write."""
    paused, other = shared.holder(), shared.holder()
    paused.take_share(SHARDS, lambda: [""])
    other.take_share(SHARDS, lambda: [""])
    shared.clock.advance(LEASE_SECONDS)
    other.take_share(SHARDS, lambda: [""])
    assert not paused.holds(SHARDS[0].id)
    assert not paused.leases.save(SHARDS[0].id, paused.owner, ["9"])
    paused.renew()
    assert held(paused) == set()


def test_a_released_lease_is_free_at_once(shared: Shared) -> None:
    """No time has to pass."""
    first, second = shared.holder(), shared.holder()
    first.take_share(SHARDS, lambda: [""])
    for each in SHARDS:
        first.release(each.id)
    assert second.take_share(SHARDS, lambda: [""]).keys() == {each.id for each in SHARDS}


def test_a_group_begins_once(shared: Shared) -> None:
    """Who comes second begins where the first has begun."""
    leases = LeaseTable(shared.database.execute, "f/Things/1")
    assert leases.begin("@5") == ("@5", True)
    assert leases.begin("") == ("@5", False)


def test_rows_of_shards_that_are_gone_are_removed(shared: Shared) -> None:
    """The table does not grow for ever."""
    only = shared.holder()
    only.take_share(SHARDS, lambda: [""])
    only.take_share(SHARDS[3:], lambda: [""])
    assert {each.shard for each in only.leases.all()} == {each.id for each in SHARDS[3:]}
    assert not only.holds(SHARDS[0].id)


def test_a_child_begins_when_its_parent_is_done(shared: Shared) -> None:
    """Whoever has read the parent."""
    lineage = [SHARDS[0]._replace(is_open=False), ListedShard("shardId-child", SHARDS[0].id, True)]
    first, second = shared.holder(), shared.holder()
    assert first.take_share(lineage, lambda: [""]).keys() == {SHARDS[0].id}
    assert second.take_share(lineage, lambda: [""]) == {}
    first.leases.finish(SHARDS[0].id, first.owner)
    first.drop(SHARDS[0].id)
    assert second.take_share(lineage, lambda: [""]).keys() == {"shardId-child"}


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
        self.processes[index].take_share(SHARDS, lambda: [""])

    @rule(index=st.integers(0, 2))
    def renews(self, index: int) -> None:
        self.processes[index].renew()

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


LeaseMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestLeases = LeaseMachine.TestCase
