"""What the checks of mappings and their workers find, and how they name it; and workers of another number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.lambdas.mapping import EventSourceMapping
from minidynamo.lambdas.shard_workers import ShardBatch, ShardWorker
from minidynamo.lambdas.stream_reader import StreamReader
from minidynamo.storage.memory.engine import MemoryEngine
from tests.lambdas.streaming_table import Event, create, keys_of, put
from tests.storage.failing_engine import FailingEngine

Damage = Callable[[StreamReader], None]


def worker_of(reader: StreamReader) -> ShardWorker:
    ((worker, *_),) = reader.workers.values()
    return worker


def set_worker(**members: Any) -> Damage:
    def damage(reader: StreamReader) -> None:
        for name, value in members.items():
            setattr(worker_of(reader), name, value)

    return damage


def add_worker(reader: StreamReader) -> None:
    ((shard_id, workers),) = reader.workers.items()
    workers.append(ShardWorker(shard_id, 1, 1))


def rename_shard(reader: StreamReader) -> None:
    ((_, workers),) = reader.workers.items()
    reader.workers = {"shardId-other-ffffffff": workers}


def empty_batch(reader: StreamReader) -> None:
    worker_of(reader).batches.append(ShardBatch([]))


def same_batch_again(reader: StreamReader) -> None:
    worker = worker_of(reader)
    worker.batches.append(worker.batches[0])


def go_back(reader: StreamReader) -> None:
    worker = worker_of(reader)
    worker.batches.clear()
    worker.position = 1


def miscount(reader: StreamReader) -> None:
    worker_of(reader).batches[0].failures = -1


DAMAGES: dict[str, tuple[Damage, str]] = {
    "a worker too many": (add_worker, "the mapping handler/tbl has 2 workers of shardId-.* instead of 1"),
    "an unknown shard": (rename_shard, "handler/tbl has workers of shardId-other-ffffffff, no shard of its stream"),
    "another place": (set_worker(index=3), r"handler/tbl has the worker \('shardId-.*', 3\) as 0 of shardId"),
    "an empty batch": (empty_batch, "batch 1 of worker 0 of shardId-.* of the mapping handler/tbl is empty"),
    "failures below zero": (miscount, "batch 0 of worker 0 of .* has failed -1 times of 1"),
    "a batch twice": (same_batch_again, "worker 0 of shardId-.* goes on with 4 after 5"),
    "a position too early": (set_worker(position=5), "worker 0 of shardId-.* goes on with 5 after 5"),
    "a position too late": (set_worker(position=99), "worker 0 of shardId-.* goes on from 99, of 5 numbers"),
    "a position behind the stored one": (go_back, "worker 0 of shardId-.* goes on from 1, before 4"),
}


@pytest.mark.damaged
@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES)
def test_check_finds_damaged_mappings(clock: ManualClock, damage: Damage, message: str) -> None:
    """A mapping whose function fails: two changes are done, and two in hand."""
    database = minidynamo.connect(clock=clock)
    create(database)
    fails = False

    def handler(event: Event, context: Any) -> None:
        if fails:
            raise ValueError

    mapping = database.on_stream("tbl", handler)
    put(database, "a", "b")
    database.drain()
    fails = True
    put(database, "c", "d")
    database.drain(max_batches=1, errors="report")
    database.check()
    damage(mapping._reader)
    with pytest.raises(AssertionError, match=message):
        database.check()
    worker_of(mapping._reader).is_at_work = True  # Somebody changes it at this moment: only the number is looked at.
    mapping.delete()
    database.check()


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (2, 3)])
def test_another_number_of_workers_loses_nothing(tmp_path: Path, clock: ManualClock, before: int, after: int) -> None:
    keys = [f"{number:02d}" for number in range(20)]
    seen: list[str] = []

    def handler(event: Event, context: Any) -> None:
        seen.append(keys_of(event))

    for turn, factor in enumerate((before, after)):
        with minidynamo.connect(tmp_path / "shop.db", clock=clock) as database:
            if turn == 0:
                create(database)
                put(database, *keys)
            database.on_stream("tbl", handler, ParallelizationFactor=factor, BatchSize=1)
            database.drain(max_batches=5 if turn == 0 else 10_000)
            database.check()
    assert set(seen) == set(keys)


def test_numbers_of_failed_writes_are_no_positions(clock: ManualClock) -> None:
    """They are given again when the database is opened again, and what gets them is handed over."""
    engine = FailingEngine()
    database = Database(engine=engine, clock=clock)
    create(database)
    put(database, "a")
    engine.fails = True
    for each in "bcde":
        with pytest.raises(OSError, match="no space left"):
            put(database, each)
    engine.fails = False

    def handler(event: Event, context: Any) -> None:
        seen.append(keys_of(event))

    seen: list[str] = []
    database.on_stream("tbl", handler, StartingPosition="LATEST")
    again = Database(engine=MemoryEngine(database.snapshot()), clock=clock)
    mapping: EventSourceMapping = again.on_stream("tbl", handler, StartingPosition="LATEST")
    again.check()
    put(again, "x", "y")
    again.drain()
    assert seen == ["xy"]
    assert len(mapping.position) == 1
    again.check()
