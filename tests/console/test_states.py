"""Snapshots, forks and the clock, by the console."""

from __future__ import annotations

from minidynamo import ManualClock, SystemClock
from minidynamo.console.console import FORKS_MAX, SNAPSHOTS_MAX
from minidynamo.console.door import ConsoleDoor
from tests.console.asking import called, got, refusal
from tests.console.shop import START, shop


def test_a_snapshot_is_restored() -> None:
    database = shop()
    door = ConsoleDoor(database)
    name = called(door, "states.snapshot", name="before")["name"]
    database.client().delete_table(TableName="Carts")
    called(door, "states.restore", name=name)
    assert "Carts" in database.tables
    assert called(door, "states.list")["snapshots"] == [
        {"name": "before", "time": START, "source": "main", "tables": 3}
    ]


def test_snapshots_have_names_of_their_own_and_a_bound() -> None:
    door = ConsoleDoor(shop())
    for number in range(SNAPSHOTS_MAX):
        assert called(door, "states.snapshot", name="")["name"] == f"snapshot {number + 1}"
    assert "forget one first" in refusal(door, "states.snapshot", name="x")[1]
    called(door, "states.forget", name="snapshot 1")
    assert refusal(door, "states.snapshot", name="snapshot 2")[1].startswith("There is a snapshot snapshot 2 already")
    assert refusal(door, "states.restore", name="snapshot 1")[0] == 404


def test_a_fork_is_looked_at_and_changes_nothing_else() -> None:
    database = shop()
    door = ConsoleDoor(database)
    fork = called(door, "states.fork")["name"]
    called(door, "tables.delete", database=fork, table="Carts", typed="Carts")
    assert "Carts" in database.tables
    assert called(door, "tables.names", database=fork)["names"] == ["Sessions", "Shop"]
    called(door, "states.end_fork", name=fork)
    assert refusal(door, "about", database=fork)[0] == 404
    assert b"event: gone" in got(door, "/console/events", "topics=&database=fork+1").body


def test_forks_have_a_bound() -> None:
    door = ConsoleDoor(shop())
    for _ in range(FORKS_MAX):
        called(door, "states.fork")
    assert "end one first" in refusal(door, "states.fork")[1]
    assert refusal(door, "states.end_fork", name="main")[0] == 400


def test_a_clock_that_can_be_moved_is() -> None:
    clock = ManualClock(START)
    door = ConsoleDoor(shop(clock=clock))
    assert called(door, "states.move_clock", seconds=90)["now"] == clock.now() == START + 90


def test_the_machines_clock_is_not_moved() -> None:
    door = ConsoleDoor(shop(clock=SystemClock()))
    assert called(door, "about")["can"]["move_clock"] is False
    assert "only a ManualClock" in refusal(door, "states.move_clock", seconds=90)[1]


def test_a_table_goes_only_by_its_typed_name() -> None:
    door = ConsoleDoor(shop())
    assert refusal(door, "tables.delete", table="Carts", typed="carts") == (
        400,
        "Type the name Carts to delete the table.",
    )
