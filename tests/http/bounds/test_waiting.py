"""Nobody waits for somebody else: locks, disks, long work, and the threads for them."""

from __future__ import annotations

import os
import random
import threading
import time
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server import dispatcher as dispatching
from minidynamo.http.server.pool import Pool
from minidynamo.http.server.server import Server
from minidynamo.remote.signing import sign_formally
from tests.http.bounds.raw_clients import TABLE, TARGET, another_client, budget_of, raw, sent, tables_of
from tests.waiting import wait_until


def test_the_loop_waits_for_no_lock(database: Database, server: Server) -> None:
    """Requests that need it wait in threads; the health check is answered meanwhile."""
    with another_client(server) as first, another_client(server) as second:
        first.execute("ListTables", {})
        responses: list[Any] = []
        with database.lock:
            thread = threading.Thread(target=lambda: responses.append(first.execute("ListTables", {})))
            thread.start()
            assert second.connections.exchange(HttpRequest("GET", "/", "", {}, b"")).status == 200
            assert not responses
        thread.join(20)
        assert responses


def test_the_loop_waits_for_no_disk(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that is being synced holds up neither the health check nor other writes' syncs."""
    may_sync, sync = threading.Event(), os.fsync
    with minidynamo.connect(tmp_path / "a.db") as database, database.serve() as server:
        database.execute("CreateTable", TABLE)
        with another_client(server) as first, another_client(server) as second:
            put = {"TableName": "tbl", "Item": {"pk": {"S": "a"}}}
            first.execute("PutItem", put)
            monkeypatch.setattr(os, "fsync", lambda file: (may_sync.wait(20), sync(file)))
            responses: list[Any] = []
            thread = threading.Thread(target=lambda: responses.append(first.execute("PutItem", put)))
            thread.start()
            wait_until(lambda: not database.engine.is_durable_now)
            assert second.connections.exchange(HttpRequest("GET", "/", "", {}, b"")).status == 200
            assert not responses
            may_sync.set()
            thread.join(20)
            assert responses == [{}]


def test_what_takes_long_is_answered_beside_the_loop(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """And comes back to it when it has been quick for a while."""
    application = Server(database).application
    dispatcher = dispatching.Dispatcher(application, database)
    get = sign_formally(HttpRequest("POST", "/", "", {"x-amz-target": TARGET + "GetItem"}, b"{}"))
    scan = get._replace(headers={**get.headers, "x-amz-target": TARGET + "Scan"}, body=b'{"TableName":"tbl"}')
    assert dispatcher.respond_at_once(get) is not None
    assert dispatcher.respond_at_once(scan) is None
    for _ in range(60):
        dispatcher.respond(scan)
    assert dispatcher.respond_at_once(scan) is not None
    ticks = iter([0.0, 0.5])
    with monkeypatch.context() as patch:
        patch.setattr(dispatching.time, "perf_counter", lambda: next(ticks))
        assert dispatcher.respond_at_once(get) is not None  # Slow by the clock: somebody else may have been at work.
    ticks = iter([0.0, 0.5])
    with monkeypatch.context() as patch:
        patch.setattr(dispatching.time, "thread_time", lambda: next(ticks))
        assert dispatcher.respond_at_once(get) is not None  # Slow by its own time.
    assert dispatcher.respond_at_once(get) is None
    assert dispatcher.respond_at_once(scan._replace(body=b" " * 20_000)) is None
    assert dispatcher.respond_at_once(scan._replace(headers={**scan.headers, "content-encoding": "gzip"})) is None


def test_a_pool_has_so_many_threads_and_so_much_room() -> None:
    pool, may_end, done = Pool("test", 2, queue_size=1), threading.Event(), []
    work = lambda: (may_end.wait(20), done.append(1))  # noqa: E731
    assert [pool.submit(work) for _ in range(5)] == [True, True, True, False, False]
    may_end.set()
    wait_until(lambda: len(done) == 3)
    wait_until(lambda: pool._open == 0)
    assert pool.submit(work)
    assert pool._threads == 2
    failing = Pool("test", 1)

    def fail() -> None:
        raise SystemExit

    assert failing.submit(fail)
    ended = threading.Event()
    assert failing.submit(ended.set)
    assert ended.wait(20)


def test_a_pool_that_gets_no_thread_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, done = Pool("test", 1), threading.Event()

    def failing(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", failing)
        assert not pool.submit(done.set)
    assert pool.submit(done.set)
    assert done.wait(20)


def test_a_server_that_gets_no_thread_says_so(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.dispatcher._computing, "submit", lambda work: False)
    response = sent(server, raw("Scan", {"TableName": "tbl"}, connection="close"))
    assert response.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in response


def test_requests_that_wait_take_room(server: Server, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is none, the connection ends."""
    monkeypatch.setattr(budget_of(server), "_size_bytes_max", 100_000)
    with database.lock:
        assert sent(server, raw("ListTables", {}) * 200) == b""
    assert tables_of(server) == ["tbl"]


def test_a_stopped_server_leaves_no_threads(database: Database) -> None:
    """And has new ones when it is started again."""
    before = set(threading.enumerate())
    server = Server(database)
    for _ in range(2):
        with server:
            threads = [threading.Thread(target=tables_of, args=(server,)) for _ in range(4)]
            with database.lock:
                for each in threads:
                    each.start()
                wait_until(lambda: server.dispatcher._waiting._threads == 4)
            for each in threads:
                each.join()
            assert sent(server, raw("Scan", {"TableName": "tbl"}, connection="close")).startswith(b"HTTP/1.1 200 ")
        wait_until(lambda: set(threading.enumerate()) <= before)


def test_quick_work_is_done_one_by_one_and_slow_work_holds_none_up() -> None:
    """Who stands by takes up what waits behind a piece of work that takes longer; then all threads work at once."""
    pool, may_end, done = Pool("test", 4, quick_seconds=0.001), threading.Event(), threading.Semaphore(0)
    for _ in range(500):
        assert pool.submit(done.release)
    assert all(done.acquire(timeout=30) for _ in range(500))

    def slow() -> None:
        may_end.wait(30)
        done.release()

    together = threading.Barrier(3)

    def meet() -> None:
        together.wait(30)
        done.release()

    assert pool.submit(slow)
    for _ in range(3):
        assert pool.submit(meet)
    assert all(done.acquire(timeout=30) for _ in range(3)), "three threads met beside the one that was held up"
    may_end.set()
    assert done.acquire(timeout=30)
    for _ in range(500):
        assert pool.submit(done.release)
    assert all(done.acquire(timeout=30) for _ in range(500))
    pool.close()


def test_work_begins_no_more_threads_than_it_needs() -> None:
    for _ in range(200):
        pool, may_end = Pool("test", 16), threading.Event()
        for _ in range(4):
            assert pool.submit(may_end.wait)  # type: ignore[arg-type]
        wait_until(lambda pool=pool: len(pool._running) == 4)  # type: ignore[misc]
        assert pool._threads == 4
        may_end.set()
        pool.close()


@pytest.mark.parametrize("quick_seconds", [None, 0.0005, 0.002])
def test_all_work_is_done_and_no_thread_is_left(quick_seconds: float | None) -> None:
    """Of several threads that give work of any length to a pool that is closed again and again."""
    chance, done = random.Random(1), threading.Semaphore(0)
    pool = Pool("test", 8, quick_seconds=quick_seconds)

    def give() -> None:
        for number in range(150):
            seconds = chance.choice((0.0, 0.0, 0.0, 0.0002, 0.003))
            assert pool.submit(lambda seconds=seconds: (time.sleep(seconds), done.release()))  # type: ignore[misc]
            if number % 40 == 0:
                pool.close()

    givers = [threading.Thread(target=give) for _ in range(4)]
    for each in givers:
        each.start()
    assert all(done.acquire(timeout=30) for _ in range(4 * 150))
    for each in givers:
        each.join()
    pool.close()
    wait_until(lambda: pool._threads == 0)
    counts = (pool._coming, pool._open, len(pool._running), len(pool._held_up), len(pool._resting))
    assert counts == (0,) * 5
