"""Where a mapping begins, goes on and ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import minidynamo
from minidynamo import Database, ManualClock
from tests.lambdas.streaming_table import Event, create, keys_of, put


def test_starting_positions(database: Database) -> None:
    put(database, "a")
    seen: dict[str, list[str]] = defaultdict(list)

    def new_handler(name: str) -> Any:
        def handler(event: Event, context: Any) -> None:
            seen[name].append(keys_of(event))

        handler.__name__ = name
        return handler

    database.on_stream("tbl", new_handler("oldest"))
    database.on_stream("tbl", new_handler("latest"), StartingPosition="LATEST")
    put(database, "b")
    database.drain()
    assert seen == {"oldest": ["ab"], "latest": ["b"]}


def test_a_disabled_mapping_keeps_its_position(database: Database) -> None:
    seen: list[str] = []
    mapping = database.on_stream("tbl", lambda event, context: seen.append(keys_of(event)))
    put(database, "a")
    database.drain()
    mapping.disable()
    put(database, "b")
    assert database.drain().total == 0
    mapping.enable()
    database.drain()
    assert seen == ["a", "b"]
    mapping.delete()
    put(database, "c")
    assert database.drain().total == 0
    assert mapping.state == "Deleted"
    database.on_stream("tbl", lambda event, context: seen.append(keys_of(event)))
    database.drain()
    assert seen[2:] == ["abc"]  # A new one begins where its own starting position says.


def test_a_restored_database_hands_over_what_comes_after(database: Database) -> None:
    """Sequence numbers go back with it, and so do positions."""
    seen: list[str] = []
    database.on_stream("tbl", lambda event, context: seen.append(keys_of(event)))
    put(database, "a")
    database.drain()
    snapshot = database.snapshot()
    put(database, *"bcdef")
    database.drain()
    database.restore(snapshot)
    put(database, "x")
    database.drain()
    assert seen == ["a", "bcdef", "x"]


def test_positions_outlive_the_process(tmp_path: Path, clock: ManualClock) -> None:
    seen: list[str] = []

    def handler(event: Event, context: Any) -> None:
        seen.append(keys_of(event))

    for turn in range(3):
        with minidynamo.connect(tmp_path / "shop.db", clock=clock, partition_size=50) as database:
            if turn == 0:
                create(database, "tbl")
            mapping = database.on_stream("tbl", handler, ParallelizationFactor=2)
            put(database, *(f"{turn}{letter}" for letter in "abcdef"))
            database.drain(max_batches=3 if turn == 0 else 10_000)
            assert mapping.position
            database.check()
    assert sorted("".join(seen)) == sorted("".join(f"{turn}{letter}" for turn in range(3) for letter in "abcdef"))


def test_splits_are_followed_in_order(open_database: Callable[..., Database], clock: ManualClock) -> None:
    database = open_database(clock=clock, partition_size=50)
    create(database, "tbl")
    seen: dict[str, list[int]] = defaultdict(list)

    @database.on_stream("tbl", BatchSize=4, ParallelizationFactor=3)  # type: ignore[untyped-decorator]
    def handler(event: Event, context: Any) -> None:
        for record in event["Records"]:
            image = record["dynamodb"]["NewImage"]
            seen[image["pk"]["S"]].append(int(image["turn"]["N"]))

    for turn in range(5):
        put(database, *"abcdefghijklmnopqrstuvwxyz", turn={"N": str(turn)})
        database.drain(max_batches=turn)
    database.drain()
    assert len(database.partitions("tbl")) > 5
    assert seen == {letter: [0, 1, 2, 3, 4] for letter in "abcdefghijklmnopqrstuvwxyz"}


def test_the_order_of_a_drain_is_the_seeds(clock: ManualClock) -> None:
    def order(seed: int) -> list[str]:
        database = minidynamo.connect(clock=ManualClock(), seed=seed, partition_size=10)
        create(database, "tbl")
        for turn in "12":
            put(database, *"abcdefghijklmnop", turn={"N": turn})
        seen: list[str] = []
        database.on_stream("tbl", lambda event, context: seen.append(keys_of(event)), BatchSize=1)
        database.drain()
        return seen

    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in range(5)}) > 1


def test_a_drain_ends_when_it_is_told(database: Database) -> None:
    seen: list[str] = []
    database.on_stream("tbl", lambda event, context: seen.append(keys_of(event)), BatchSize=1)
    put(database, *"abcd")
    assert not database.drain(until=lambda: len(seen) == 2).is_complete
    assert seen == ["a", "b"]
    assert not database.drain(max_batches=1).is_complete
    assert database.drain().is_complete
