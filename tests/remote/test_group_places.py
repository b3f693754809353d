"""Where a function and a stream that is somewhere else begin, and how another function takes their place."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

import minidynamo
from minidynamo.clock import ManualClock
from minidynamo.errors import NoResponse
from minidynamo.values.api_types import Request, Response
from tests.consumers.streamed_table import make_streamed_table, put
from tests.remote.sharing import Answer, Handler, drained, intercept, leases_of, rows_of


def test_latest_holds_for_whoever_reads_first(origin: minidynamo.Database, url: str) -> None:
    """The group has begun when the first has registered, and nothing that was before comes."""
    first, second = Handler(), Handler()
    put(origin, "before")
    with minidynamo.connect(url) as one, minidynamo.connect(url) as two:
        one.on_stream("Things", first, StartingPosition="LATEST")
        put(origin, "a")
        two.on_stream("Things", second, StartingPosition="LATEST")
        put(origin, "b")
        two.drain()
    assert second.ids == ["a", "b"]


def test_latest_stays_where_it_was_while_nothing_comes(origin: minidynamo.Database, url: str) -> None:
    """A process that has read nothing leaves its place to the next."""
    put(origin, "before")
    handler = Handler()
    for number in range(3):
        with minidynamo.connect(url) as remote:
            remote.on_stream("Things", handler, StartingPosition="LATEST")
            remote.drain()
        if number == 1:
            put(origin, "a")
    assert handler.ids == ["a"]


@pytest.mark.parametrize("seconds", [-3600.0, 3600.0])
def test_latest_goes_by_nobodys_clock(seconds: float) -> None:
    """The service's may differ from this machine's."""
    handler = Handler()
    with minidynamo.connect(clock=ManualClock(time.time() + seconds), partition_size=2_000) as origin:
        make_streamed_table(origin)
        put(origin, "before")
        with origin.serve() as server, minidynamo.connect(server.url) as remote:
            remote.on_stream("Things", handler, StartingPosition="LATEST")
            ids = [f"{number:0100d}" for number in range(60)]  # So many that the shard splits.
            put(origin, *ids)
            remote.drain()
        assert len(origin.partitions("Things")) > 1
    assert sorted(handler.ids) == ids


def test_a_failed_registration_leaves_nothing(
    origin: minidynamo.Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a thread nor a beginning that nobody knows of."""
    handler, failures = Handler(), [NoResponse("cut")]

    def cut(answer: Answer, operation: str, request: Request) -> Response:
        if operation == "GetShardIterator" and failures:
            raise failures.pop()
        return answer(operation, request)

    with minidynamo.connect(url) as remote:
        intercept(remote, monkeypatch, cut)
        with pytest.raises(NoResponse):
            remote.on_stream("Things", handler, StartingPosition="LATEST")
        assert "minidynamo leases" not in {each.name for each in threading.enumerate()}
        assert leases_of(origin).start() is None
        remote.on_stream("Things", handler, StartingPosition="LATEST")
        put(origin, "a")
        remote.drain()
    assert handler.ids == ["a"]


def test_other_settings_for_the_same_function_keep_its_place(origin: minidynamo.Database, url: str) -> None:
    """Nothing is handed over again, and its rows stay."""
    handler = Handler()
    with minidynamo.connect(url) as remote:
        mapping = remote.on_stream("Things", handler)
        put(origin, "a")
        remote.drain()
        before = rows_of(origin)
        mapping.configure(replace(mapping.settings, BatchSize=5), mapping.function_name)
        put(origin, "b")
        remote.drain()
        assert [each.shard for each in rows_of(origin)] == [each.shard for each in before] != []
    assert handler.ids == ["a", "b"]


def test_another_functions_place_is_not_overwritten(origin: minidynamo.Database, url: str) -> None:
    """A mapping that takes a function over goes on where that has come."""
    first, second = Handler(), Handler()
    put(origin, "a")
    with minidynamo.connect(url) as one, minidynamo.connect(url) as two:
        one.functions.register("first", first)
        for each in (one, two):
            each.functions.register("second", second)
        two.on_stream("Things", "second")
        two.drain()
        (before,) = rows_of(origin, "second")
        mapping = one.on_stream("Things", "first")
        put(origin, "b")
        one.drain()
        mapping.configure(mapping.settings, "second")
        assert rows_of(origin, "second") == [before]
        assert mapping.position == {}
        one.drain()
        two.drain()
    assert (first.ids, second.ids) == (["a", "b"], ["a", "b"])


def test_whoever_else_reads_under_the_old_name_goes_on(origin: minidynamo.Database, url: str) -> None:
    """From where it was: its rows stay."""
    first, second = Handler(), Handler()
    put(origin, "a")
    with minidynamo.connect(url) as one, minidynamo.connect(url) as two:
        for each in (one, two):
            each.functions.register("first", first)
            each.functions.register("second", second)
        mapping = one.on_stream("Things", "first")
        two.on_stream("Things", "first")
        two.drain()
        mapping.configure(mapping.settings, "second")
        put(origin, "b")
        drained(one, two)
    assert (first.ids, second.ids) == (["a", "b"], ["b"])
