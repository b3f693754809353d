"""What the checks of a simulated database find in what it remembers: calls, changes and capacity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from minidynamo import Profile, simulate
from minidynamo.simulation import SimulatedDatabase
from minidynamo.simulation.effects.capacity import Bucket, Capacity
from minidynamo.simulation.effects.visibility import Visibility
from tests.simulation.small_table import last_choices, opened, put, query
from tests.simulation.test_capacity import provisioned

Damage = Callable[[Any], None]


def visibility_of(database: SimulatedDatabase) -> Visibility:
    return database._visibility


def capacity_of(database: SimulatedDatabase) -> Capacity:
    return database._simulation._policy._capacity


def change_last(**members: Any) -> Damage:
    def damage(visibility: Visibility) -> None:
        visibility._changes[-1] = replace(visibility._changes[-1], **members)

    return damage


def change_before(number: int, position: int, value: Any) -> Damage:
    """Sets the keyspace, key or record of what was before the last change."""

    def damage(visibility: Visibility) -> None:
        before = visibility._changes[-1].before
        changed: list[Any] = list(before[number])
        changed[position] = value
        before[number] = (changed[0], changed[1], changed[2])

    return damage


def lose_change(visibility: Visibility) -> None:
    del visibility._changes[1]


def count_more(visibility: Visibility) -> None:
    visibility._count += 1


def see_future(visibility: Visibility) -> None:
    visibility._seen[False, ("table", b"key")] = 9


def forget_place(visibility: Visibility) -> None:
    index = next(name for name in visibility._places if name.endswith("by_g"))
    visibility._places[index] = None


def lose_global_names(visibility: Visibility) -> None:
    name, place = next((name, each) for name, each in visibility._places.items() if name.endswith("/table"))
    assert place is not None
    visibility._places[name] = replace(place, global_names=frozenset())


VISIBILITY_DAMAGES: dict[str, tuple[Damage, str]] = {
    "a lost change": (lose_change, "change 3 follows change 1"),
    "a change too few": (count_more, "the last change is 3, of 4"),
    "time turned back": (change_last(time=5.0), r"change 2 was made at 1700000000\.\d+, the next one at 5.0"),
    "a global index of no table": (
        change_last(global_names=frozenset({"x/index/y"})),
        r"change 3 of .*/table names the keyspaces \['x/index/y'\]",
    ),
    "an unknown keyspace": (change_before(1, 0, "x/index/y"), r"change 3 of .* names the keyspaces \['x/index/y'\]"),
    "no item first": (change_before(0, 1, b"k"), r"change 3 of \(.*\) begins with what was at \(.*, b'k'\)"),
    "no record": (change_before(0, 2, b"abc"), r"change 3 has replaced b'abc' at .*, which is no record"),
    "seen before it was": (see_future, r"change 9 of \('table', b'key'\) was seen \(global: False\), of 3"),
    "an index that is unknown": (forget_place, r"the keyspace .*/index/by_g is known as None and is _Place"),
    "a table without its index": (lose_global_names, r"/table is known without its global indexes \['.*/index/by_g'\]"),
}


@pytest.mark.damaged
@pytest.mark.parametrize(("damage", "message"), VISIBILITY_DAMAGES.values(), ids=VISIBILITY_DAMAGES)
def test_check_finds_damaged_changes(damage: Damage, message: str) -> None:
    database = opened()
    for number in range(3):
        put(database, "a", g="x", l=number)
    database.check()
    damage(visibility_of(database))
    with pytest.raises(AssertionError, match=message):
        database.check()


def set_bucket(which: str, **members: Any) -> Damage:
    def damage(capacity: Capacity) -> None:
        for (_, start, operation), bucket in capacity._buckets.items():
            if operation == "Write" and (start is None) == (which == "table"):
                for name, value in members.items():
                    setattr(bucket, name, value)

    return damage


def add_bucket(capacity: Capacity) -> None:
    capacity._buckets["id/", None, "Delete"] = Bucket(1.0, 1.0, 1.0)


def set_heat(since: float, last: float, has_bucket: bool = True) -> Damage:
    def damage(capacity: Capacity) -> None:
        (partition,) = capacity._hot
        capacity._hot[partition] = capacity._now + since, capacity._now + last
        if not has_bucket:
            capacity._buckets.clear()

    return damage


CAPACITY_DAMAGES: dict[str, tuple[Damage, str]] = {
    "more than it holds": (set_bucket("table", units=999.0), r"the bucket .*None, 'Write'\) holds 999.0 units of 300"),
    "filled in the future": (
        set_bucket("table", filled_at=9e9),
        r"the bucket .*'Write'\) was filled at 9000000000.0, after",
    ),
    "a wrong partition": (
        set_bucket("partition", most=5.0, units=1.0),
        r"of a partition of .*/table holds 5.0 units instead of 1000.0",
    ),
    "neither reads nor writes": (add_bucket, r"the bucket \('id/', None, 'Delete'\) is of neither reads nor writes"),
    "heat turned back": (set_heat(0, -1), r"partition .*/table\[:\] is hot from .* to .*, and it is"),
    "heat left over": (set_heat(-90, -1), r"partition .*/table\[:\] is hot for 89.\d* s and has not split"),
    "heat without a bucket": (set_heat(-1, -1, False), r"partition .*/table\[:\] is hot and has no bucket"),
}


@pytest.mark.damaged
@pytest.mark.parametrize(("damage", "message"), CAPACITY_DAMAGES.values(), ids=CAPACITY_DAMAGES)
def test_check_finds_damaged_buckets(damage: Damage, message: str) -> None:
    database = provisioned()
    put(database, "a")
    capacity = capacity_of(database)
    (keyspace,) = database.catalog.table("tbl").keyspaces
    capacity._hot[keyspace.partitions[0]] = capacity._now, capacity._now
    database.check()
    damage(capacity)
    with pytest.raises(AssertionError, match=message):
        database.check()


def rename_choice(database: SimulatedDatabase) -> None:
    database.history().calls[-1].choices = {"strange": {}}


def swap_calls(database: SimulatedDatabase) -> None:
    database.history().calls.reverse()


def reopen_call(database: SimulatedDatabase) -> None:
    database.history().calls[-1].outcome = ""


def refuse_more(database: SimulatedDatabase) -> None:
    database._injector._refused_in_a_row = 99


CALL_DAMAGES: dict[str, tuple[Damage, str]] = {
    "an unknown kind": (rename_choice, r"call 2 has the unknown choices \['strange'\]"),
    "another order": (swap_calls, "the history has call 1 behind call 2, of 2"),
    "without an end": (reopen_call, "call 2, PutItem, has not ended"),
    "too many refusals": (refuse_more, "99 calls in a row were refused, of 2"),
}


@pytest.mark.damaged
@pytest.mark.parametrize(("damage", "message"), CALL_DAMAGES.values(), ids=CALL_DAMAGES)
def test_check_finds_damaged_histories(damage: Damage, message: str) -> None:
    database = opened()
    put(database, "a")
    database.check()
    damage(database)
    with pytest.raises(AssertionError, match=message):
        database.check()


class TurningClock:
    """A clock that is set back."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def now(self) -> float:
        return self.time


def test_a_clock_that_is_set_back_takes_no_capacity_away() -> None:
    clock = TurningClock()
    database = provisioned(clock=clock)
    for number in range(5):
        put(database, str(number))
        clock.time -= 100
    database.check()


def update_index(database: SimulatedDatabase, action: str) -> None:
    key = {"IndexName": "late"}
    made = {"KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
    request: dict[str, Any] = {
        "TableName": "tbl",
        "GlobalSecondaryIndexUpdates": [{action: {**key, **(made if action == "Create" else {})}}],
    }
    if action == "Create":
        request["AttributeDefinitions"] = [{"AttributeName": "h", "AttributeType": "S"}]
    database.execute("UpdateTable", request)


@pytest.mark.parametrize("is_made_again", [False, True])
def test_an_index_made_later_lags_like_others(is_made_again: bool) -> None:
    """Filled with items that are there; or made again under the name of one that has ended."""
    database = simulate(opened(), profile=Profile(index_lag=1.0, is_worst=True, index_lag_seconds=20))
    put(database, "a", h="x", n=1)
    update_index(database, "Create")
    if is_made_again:
        put(database, "a", h="x", n=2)
        update_index(database, "Delete")
        put(database, "a", h="x", n=3)
        update_index(database, "Create")
    put(database, "a", h="x", n=4)
    database.check()
    found = database.execute("Scan", {"TableName": "tbl", "IndexName": "late"})
    assert [each["n"]["S"] for each in found["Items"]] == ["3" if is_made_again else "1"]
    assert "index_lag" in last_choices(database)
    assert query(database, ConsistentRead=True)["Items"][0]["n"] == {"S": "4"}
