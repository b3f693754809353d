"""Shards that are read here: none holds up another, each stores its own place, windows stay whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import minidynamo
from minidynamo.errors import NoResponse
from minidynamo.lambdas import held_shard
from minidynamo.values.api_types import JsonObject
from tests.consumers.streamed_table import make_streamed_table, put
from tests.remote.sharing import Handler, reader, rows_of
from tests.waiting import wait_until


def test_a_drain_ends_with_the_children() -> None:
    """Also where all shards that are read end at a time."""
    handler = Handler()
    with minidynamo.connect(partition_size=2_000) as split, split.serve() as server:
        make_streamed_table(split)
        ids = [f"{number:0100d}" for number in range(60)]
        put(split, *ids)
        with minidynamo.connect(server.url) as remote:
            mapping = remote.on_stream("Things", handler)
            assert remote.drain().is_complete
            assert len(mapping.position) == len(split.partitions("Things")) > 1
    assert sorted(handler.ids) == ids


def test_a_shard_that_cannot_be_read_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What fails is told once."""
    monkeypatch.setattr(held_shard, "_REST_SECONDS", 0.0)
    handler, attempts = Handler(), [0]
    with minidynamo.connect(partition_size=2_000) as split, split.serve() as server:
        make_streamed_table(split)
        put(split, *(f"{number:0100d}" for number in range(60)))
        with minidynamo.connect(server.url) as remote:
            mapping = remote.on_stream("Things", handler)
            remote.drain()
            unreadable = min(mapping.position)
            lost = reader(mapping)._shards[unreadable]._cursor

            def fails(limit: int | None = None) -> list[object]:
                attempts[0] += 1
                raise NoResponse("cut")

            monkeypatch.setattr(lost, "read", fails)
            handler.ids.clear()
            remote.functions.start()
            put(split, *(f"new {number}" for number in range(60)))
            wait_until(lambda: len(handler.ids) > 5 and attempts[0] > 3)
    assert sum("functions could not be run" in each.message for each in caplog.records) == 1


def test_a_full_worker_is_left_behind(origin: minidynamo.Database, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its neighbours go on, and it gets everything in the end, in order."""
    monkeypatch.setattr(held_shard, "_BUFFERED_MAX", 20)
    given: dict[str, list[int]] = {}
    is_failing = True
    failing = 0

    def handle(event: JsonObject, context: object) -> None:
        nonlocal failing
        for record in event["Records"]:
            image = record["dynamodb"]["NewImage"]
            if is_failing and image["id"]["S"] == "stuck":
                failing += 1
                raise OSError("not now")
            given.setdefault(image["id"]["S"], []).append(int(image["n"]["N"]))

    names = ["stuck", *(f"item {number}" for number in range(8))]
    with minidynamo.connect(url) as remote:
        mapping = remote.on_stream("Things", handle, ParallelizationFactor=4, BatchSize=1, MaximumRetryAttempts=-1)
        for number in range(30):
            for name in names:
                origin.Table("Things").put_item(Item={"id": name, "n": number})
        free = {name for name in names if worker_of(name) != worker_of("stuck")}
        assert free
        remote.functions.start()
        wait_until(lambda: all(len(given.get(name, ())) == 30 for name in free))
        assert "stuck" not in given and failing
        remote.functions.stop()
        (before,) = [each.positions for each in rows_of(origin, "handle")]
        is_failing = False
        remote.drain()
        (after,) = mapping.position.values()
    assert given == {name: list(range(30)) for name in names}
    assert int(before[worker_of("stuck")] or 0) < int(after[worker_of("stuck")])


def worker_of(name: str) -> int:
    return held_shard.worker_index({"S": name}, 4)


def test_each_batch_stores_its_own_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no other's."""
    stored: list[str] = []
    with minidynamo.connect(partition_size=2_000) as origin, origin.serve() as server:
        make_streamed_table(origin)
        put(origin, *(f"{number:0100d}" for number in range(60)))
        with minidynamo.connect(server.url) as remote:
            handler = Handler()
            mapping = remote.on_stream("Things", handler)
            remote.drain()
            assert len(mapping.position) > 1
            leases = reader(mapping)._holder.leases
            save = leases.save
            monkeypatch.setattr(leases, "save", lambda shard, *rest: (stored.append(shard), save(shard, *rest))[1])
            put(origin, "new")
            remote.drain()
    assert len(stored) == 1


def test_parallel_workers_keep_their_places(origin: minidynamo.Database, url: str) -> None:
    """One that is far ahead is not put back by one that is not."""
    handler = Handler()
    put(origin, *"abcdefgh")
    with minidynamo.connect(url) as remote:
        mapping = remote.on_stream("Things", handler, ParallelizationFactor=2)
        remote.drain()
        found = reader(mapping)
        ((shard, positions),) = mapping.position.items()
        leases, owner = found._holder.leases, found._holder.owner
        found._let_go(shard)
        leases.save(shard, owner, ["", positions[1]])
        found._looked_at = None
        found.ready()
        assert mapping.position[shard] == ["", positions[1]]
        found.save()
        assert rows_of(origin)[0].positions == ["", positions[1]]


def windowed(monkeypatch: pytest.MonkeyPatch) -> tuple[list[tuple[JsonObject, bool]], Callable[..., JsonObject]]:
    """A handler that counts in the state of a window; the last invocations of windows, with what they are given."""
    ends: list[tuple[JsonObject, bool]] = []

    def count(event: JsonObject, context: object) -> JsonObject:
        state = {"count": event["state"].get("count", 0) + len(event["Records"])}
        if event["isFinalInvokeForWindow"]:
            ends.append((state, True))
        return {"state": state}

    return ends, count


def test_an_open_window_is_not_handed_over(
    origin: minidynamo.Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is closed first; no other begins meanwhile."""
    ends, count = windowed(monkeypatch)
    with minidynamo.connect(url) as remote:
        mapping = remote.on_stream("Things", count, TumblingWindowInSeconds=900)
        put(origin, "a", "b")
        (work,) = mapping.work()
        work.do()
        found = reader(mapping)
        ((shard, (worker,)),) = found.workers.items()
        assert worker.window is not None
        with found._holder._guard:
            found._holder._wanted[shard] = "somebody else"
        assert found.ready() == [worker]
        mapping._consumer.close_window(worker)
        put(origin, "c")
        assert found.due_at(worker) is None
        assert [each.is_at_work for each in found.ready()] == []
    (row,) = rows_of(origin, "count")
    assert (row.owner, row.positions != [""]) == ("somebody else", True)
    assert ends == [({"count": 2}, True)]


def test_a_released_window_is_counted_again(
    origin: minidynamo.Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By who goes on with the shard: from the window's first change."""
    ends, count = windowed(monkeypatch)
    put(origin, "a", "b")
    for name in ("c", "d"):
        with minidynamo.connect(url) as remote:
            remote.on_stream("Things", count, TumblingWindowInSeconds=900, BatchSize=1)
            put(origin, name)
            remote.drain(max_batches=3)
    assert ends == []
    with minidynamo.connect(url) as remote:
        remote.on_stream("Things", count, TumblingWindowInSeconds=900, BatchSize=1)
        remote.drain()
    assert sum(state["count"] for state, _ in ends) == 4
