"""Sharing the shards of a stream that is somewhere else: who holds what, since when, and for how long."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

import pytest

import minidynamo
from minidynamo.consumers.leases import LEASES_TABLE, Lease, LeaseTable
from minidynamo.errors import NoResponse
from minidynamo.lambdas import remote_reader
from minidynamo.values.api_types import Request, Response
from tests.consumers.streamed_table import put
from tests.remote.sharing import Answer, Handler, drained, intercept, reader, rows_of
from tests.waiting import wait_until


def test_who_has_only_registered_holds_nothing(origin: minidynamo.Database, url: str) -> None:
    """Another process reads at once."""
    idle, busy = Handler(), Handler()
    with minidynamo.connect(url) as one, minidynamo.connect(url) as two:
        one.on_stream("Things", idle)
        two.on_stream("Things", busy)
        put(origin, "a")
        assert rows_of(origin) == []
        two.drain()
    assert (idle.ids, busy.ids) == ([], ["a"])


def test_a_lease_without_a_reader_is_dropped(
    origin: minidynamo.Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A take may fail behind the first of several."""
    handler, failures = Handler(), [NoResponse("cut")]

    def cut(answer: Answer, operation: str, request: Request) -> Response:
        response = answer(operation, request)
        if operation == "PutItem" and "counter" in request["Item"] and failures:
            raise failures.pop()  # It was carried out.
        return response

    with minidynamo.connect(url) as remote:
        mapping = remote.on_stream("Things", handler)
        put(origin, "a")
        intercept(remote, monkeypatch, cut)
        with pytest.raises(NoResponse):
            remote.drain()
        reader(mapping)._looked_at = None
        remote.drain()
        assert reader(mapping)._holder.held() == mapping.position.keys()
    assert handler.ids == ["a"]


def test_what_is_held_and_not_read_is_taken_again(origin: minidynamo.Database, url: str) -> None:
    """Otherwise it would be renewed for nobody."""
    handler = Handler()
    with minidynamo.connect(url) as remote:
        mapping = remote.on_stream("Things", handler)
        drained(remote)
        found = reader(mapping)
        found._shards.clear()
        found.workers.clear()
        found._looked_at = None
        put(origin, "a")
        drained(remote)
        assert found._holder.held() == mapping.position.keys() != set()
    assert handler.ids == ["a"]


@pytest.mark.usefixtures("hasty")
@pytest.mark.long
def test_leases_lapse_when_nobody_drains(origin: minidynamo.Database, url: str) -> None:
    """Another process goes on, where the first has stopped."""
    first, second = Handler(), Handler()
    with minidynamo.connect(url) as one, minidynamo.connect(url) as two:
        one.on_stream("Things", first)
        put(origin, "a")
        one.drain()
        put(origin, "b")
        two.on_stream("Things", second)
        two.functions.start()
        wait_until(lambda: second.ids == ["b"])
    assert first.ids == ["a"]


def test_a_disabled_mapping_gives_its_shards_back(origin: minidynamo.Database, url: str) -> None:
    """At once, behind what it has done; and takes them up again when it is enabled."""
    first, second = Handler(), Handler()
    with minidynamo.connect(url) as one, minidynamo.connect(url) as two:
        mapping = one.on_stream("Things", first)
        two.on_stream("Things", second)
        put(origin, "a")
        one.drain()
        mapping.disable()
        assert {each.owner for each in rows_of(origin)} == {""}
        put(origin, "b")
        two.drain()
        two.functions.stop()
        mapping.enable()
        put(origin, "c")
        one.drain()
    assert (first.ids, second.ids) == (["a", "c"], ["b"])


def test_other_settings_by_request_give_shards_back_too(origin: minidynamo.Database, url: str) -> None:
    """As UpdateEventSourceMapping does."""
    with minidynamo.connect(url) as remote:
        mapping = remote.on_stream("Things", Handler())
        put(origin, "a")
        remote.drain()
        mapping.configure(replace(mapping.settings, Enabled=False), mapping.function_name)
        assert {each.owner for each in rows_of(origin)} == {""}


def test_a_list_that_lags_behind_costs_nothing(
    origin: minidynamo.Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who does not see a shard leaves its row alone."""

    def lags(answer: Answer, operation: str, request: Request) -> Response:
        response = answer(operation, request)
        if operation == "DescribeStream":
            response["StreamDescription"]["Shards"] = []
        return response

    handler = Handler()
    with minidynamo.connect(url) as one, minidynamo.connect(url) as two:
        mapping = one.on_stream("Things", handler)
        put(origin, "a")
        one.drain()
        other = two.on_stream("Things", handler)
        intercept(two, monkeypatch, lags)
        for _ in range(3):
            reader(other)._looked_at = None
            two.drain()
        reader(mapping)._looked_at = None
        one.drain()
        one.drain()
    assert handler.ids == ["a"]


def test_a_finished_shard_is_told_by_nobody(
    origin: minidynamo.Database, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is held no longer."""
    with caplog.at_level(logging.WARNING), minidynamo.connect(url) as remote:
        mapping = remote.on_stream("Things", Handler())
        put(origin, "a")
        remote.drain()
        origin.execute("UpdateTable", {"TableName": "Things", "StreamSpecification": {"StreamEnabled": False}})
        remote.drain()
        holder = reader(mapping)._holder
        assert (holder.held(), mapping.position) == (set(), {})
        holder.renew_if_used()
        assert [each.is_done for each in rows_of_label(origin, holder.leases)] == [True]
    assert caplog.text == ""


def rows_of_label(origin: minidynamo.Database, leases: LeaseTable) -> list[Lease]:
    return LeaseTable(origin.execute, leases.group).all()


def test_closing_waits_for_no_answer(
    origin: minidynamo.Database, url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A request without an answer holds the reader's lock; the leases lapse then."""
    is_asked, may_answer = threading.Event(), threading.Event()

    def hangs(answer: Answer, operation: str, request: Request) -> Response:
        if operation == "GetRecords":
            is_asked.set()
            assert may_answer.wait(60), "close() waits for an answer"
        return answer(operation, request)

    remote = minidynamo.connect(url)
    remote.on_stream("Things", Handler())
    intercept(remote, monkeypatch, hangs)
    remote.functions.start()
    assert is_asked.wait(20)
    assert remote.close(timeout=0.2) == []
    may_answer.set()
    assert "were not given back" in caplog.text


def test_the_table_of_leases_is_made_once(origin: minidynamo.Database, url: str) -> None:
    """And is there when the first has registered."""
    with minidynamo.connect(url) as remote:
        remote.on_stream("Things", Handler())
        assert LEASES_TABLE in remote.tables


def test_a_lease_that_lapses_while_others_are_looked_for_is_taken_again(
    origin: minidynamo.Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the service gives no answer for so long: its shard goes on from its row."""
    handler = Handler()
    with minidynamo.connect(url) as database:
        found = reader(database.on_stream("Things", handler))
        put(origin, "a")
        database.drain()
        listed = remote_reader.listed_shards

        def late(*arguments: object) -> object:
            found._holder._renewed_at = dict.fromkeys(found._holder.held(), -1000.0)
            return listed(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(remote_reader, "listed_shards", late)
        found._looked_at = None
        put(origin, "b")
        database.drain()
    assert handler.ids == ["a", "b"]
