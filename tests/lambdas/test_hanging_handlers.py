"""Handlers that hang, drain, close or never end: nobody else is held up by them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from tests.lambdas.streaming_table import create, put
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]


def test_a_thread_that_has_ended_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from minidynamo.lambdas import background

    database, seen = minidynamo.connect(), []
    create(database)
    mapping = database.on_stream("tbl", lambda event, context: seen.append(len(event["Records"])))
    with monkeypatch.context() as patch:
        patch.setattr(background.Background, "_run", lambda self: None)
        mapping.start()
        wait_until(lambda: not mapping._background.is_alive)  # type: ignore[union-attr]
    database.functions.start()
    put(database, "a")
    wait_until(lambda: seen == [1])
    assert database.close() == []


def test_a_handler_that_drains_does_not_get_its_own_batch(database: Database) -> None:
    """Others go on meanwhile; the report says that something is still at work."""
    seen, reports = [], []

    def draining(event: Any, context: Any) -> None:
        seen.append("draining")
        reports.append(database.drain())

    def other(event: Any, context: Any) -> None:
        seen.append("other")

    database.on_stream("tbl", draining)
    database.on_stream("tbl", other)
    put(database, "a")
    report = database.drain()
    assert sorted(seen) == ["draining", "other"]
    assert report.is_complete
    assert [each.is_complete for each in reports] == [False]


def test_a_handler_whose_thread_drains_waits_for_nothing(database: Database) -> None:
    """It would wait for itself."""
    reports: list[Any] = []

    def handler(event: Any, context: Any) -> None:
        thread = threading.Thread(target=lambda: reports.append(database.drain()))
        thread.start()
        thread.join(20)
        assert not thread.is_alive()

    database.on_stream("tbl", handler)
    put(database, "a")
    assert database.drain().is_complete
    assert [each.is_complete for each in reports] == [False]


def test_two_threads_drain_one_queue(database: Database) -> None:
    done: list[int] = []
    database.functions.register("f", lambda event, context: done.append(event["n"]))
    for number in range(200):
        database.functions.invoke("f", {"n": number}, InvocationType="Event")
    threads = [threading.Thread(target=database.drain) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    database.drain()
    assert sorted(done) == list(range(200))


def test_a_handler_may_close_its_database(tmp_path: Path) -> None:
    """In a drain and in the background; the batch is handed over again when it is opened."""
    for number, starts in enumerate((False, True)):
        path = tmp_path / f"{number}.db"
        database = minidynamo.connect(path)
        create(database)
        database.on_stream("tbl", lambda event, context, database=database: database.close() and None)
        put(database, "a")
        if starts:
            database.functions.start()
            wait_until(lambda database=database: database.is_closed)
        else:
            assert database.drain().is_complete is False
        with minidynamo.connect(path) as again:
            again.on_stream("tbl", lambda event, context: None)
            assert again.drain().total == 1


def test_close_names_the_handlers_that_hang(caplog: pytest.LogCaptureFixture) -> None:
    """And closes all the same; when such a handler comes to its end, nothing happens."""
    database, may_end, is_in, ended = minidynamo.connect(), threading.Event(), threading.Event(), threading.Event()

    def stuck(event: Any, context: Any) -> None:
        is_in.set()
        may_end.wait(30)
        ended.set()

    create(database)
    database.on_stream("tbl", stuck)
    database.functions.start()
    put(database, "a")
    assert is_in.wait(20)
    with caplog.at_level(logging.ERROR, "minidynamo.lambdas"):
        (text,) = database.close(timeout=0.05)
    assert text.startswith("stuck (")
    assert "stuck (" in caplog.text
    assert database.is_closed
    caplog.clear()
    may_end.set()
    assert ended.wait(20)
    time.sleep(0.05)
    assert caplog.text == ""


@pytest.mark.parametrize("body", ["while True: pass", "threading.Event().wait()", "lock.acquire(); lock.acquire()"])
def test_the_interpreter_ends_beside_handlers_that_do_not(body: str, tmp_path: Path) -> None:
    """Endless loops and deadlocks hold up their own mapping alone."""
    program = tmp_path / "program.py"
    program.write_text(f"""
import threading, minidynamo
from tests.lambdas.streaming_table import create, put
from tests.waiting import wait_until
database, seen, lock, is_in = minidynamo.connect(), [], threading.Lock(), threading.Event()
def hanging(event, context):
    is_in.set()
    {body}
create(database)
database.on_stream("tbl", hanging)
database.on_stream("tbl", lambda event, context: seen.append(1))
database.functions.start()
put(database, "a")
assert is_in.wait(20)
wait_until(lambda: seen)
(text,) = database.close(timeout=0.1)
print(text.split(" ")[0])
""")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, timeout=60, check=True, env=environment
    )
    assert result.stdout == "hanging\n"
