"""Handlers that exit, hang, drain, close or loop: each has the outcome of Lambda or a clear one, and breaks nothing."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.formats.short_tables import create_table_request

ROOT = Path(__file__).parents[2]


@pytest.fixture
def database(open_database: Callable[..., Database]) -> Database:
    database = open_database(clock=ManualClock())
    create(database)
    return database


def create(database: Database) -> None:
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    database.execute("CreateTable", {**create_table_request("tbl", {"key": ["pk S"]}), "StreamSpecification": stream})


def put(database: Database, *keys: str) -> None:
    for key in keys:
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": key}}})


def wait_until(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def exit_with(code: Any) -> Callable[..., Any]:
    def handler(event: Any, context: Any) -> None:
        sys.exit(code)

    return handler


@pytest.mark.parametrize(
    ("code", "how"),
    [
        (None, "without providing a reason"),
        (0, "without providing a reason"),
        (127, "with error: exit status 127"),
        (-1, "with error: exit status 255"),
        ("a text", "with error: exit status 1"),
    ],
)
def test_a_handler_that_exits_ends_its_runtime_alone(database: Database, code: Any, how: str) -> None:
    """Source: Lambda reference, "exit in the handler"."""
    database.functions.register("f", exit_with(code))
    response = database.functions.invoke("f")
    payload = json.loads(response["Payload"])
    assert response["FunctionError"] == "Unhandled"
    assert set(payload) == {"errorType", "errorMessage"}
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].startswith("RequestId: ")
    assert payload["errorMessage"].endswith(f" Error: Runtime exited {how}")


def test_an_exit_is_tried_again_and_given_up_as_any_failure(database: Database) -> None:
    records: list[Any] = []
    database.on_stream(
        "tbl", exit_with(1), MaximumRetryAttempts=2, DestinationConfig={"OnFailure": {"Destination": records.append}}
    )
    put(database, "a")
    report = database.drain()
    assert (report.total, report.is_complete) == (3, True)
    assert [each["requestContext"]["condition"] for each in records] == ["RetryAttemptsExhausted"]


def test_a_destination_that_exits_is_a_failure_of_its_own(database: Database) -> None:
    destination = {"OnFailure": {"Destination": lambda record: sys.exit(1)}}
    database.on_stream("tbl", exit_with(1), MaximumRetryAttempts=0, DestinationConfig=destination)
    put(database, "a")
    report = database.drain()
    assert (report.total, report.is_complete) == (1, True)


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Evil(dict[str, int]):
    def items(self) -> Any:
        raise KeyError("evil")


@pytest.mark.parametrize("kind", ["an error without a text", "a value that fails"])
def test_odd_errors_and_values_are_failures_like_others(database: Database, kind: str) -> None:
    def handler(event: Any, context: Any) -> Any:
        if kind == "a value that fails":
            return Evil(a=1)
        raise Speechless

    records: list[Any] = []
    destination = {"OnFailure": {"Destination": records.append}}
    database.on_stream("tbl", handler, MaximumRetryAttempts=1, DestinationConfig=destination)
    put(database, "a")
    assert database.drain().total == 2
    assert len(records) == 1


def test_an_interrupt_loses_no_queued_invocation(database: Database) -> None:
    seen: list[int] = []

    def handler(event: Any, context: Any) -> None:
        seen.append(1)
        if len(seen) == 1:
            raise KeyboardInterrupt

    database.functions.register("f", handler)
    database.functions.invoke("f", {}, InvocationType="Event")
    with pytest.raises(KeyboardInterrupt):
        database.drain()
    assert database.drain().is_complete
    assert len(seen) == 2


def test_what_json_cannot_say_is_a_marshal_error(database: Database) -> None:
    for value in (object(), {1, 2}):
        database.functions.register("f", lambda event, context, value=value: value)
        payload = json.loads(database.functions.invoke("f")["Payload"])
        assert payload["errorType"] == "Runtime.MarshalError"
        kind = type(value).__name__
        assert payload["errorMessage"] == f"Unable to marshal response: Object of type {kind} is not JSON serializable"


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit, pytest.fail.Exception])
def test_the_background_outlives_whatever_a_handler_raises(kind: type[BaseException]) -> None:
    """The batch is tried again, and the changes behind it arrive."""
    database, seen = minidynamo.connect(), []

    def handler(event: Any, context: Any) -> None:
        seen.append([each["dynamodb"]["Keys"]["pk"]["S"] for each in event["Records"]])
        if len(seen) == 1:
            raise kind

    create(database)
    mapping = database.on_stream("tbl", handler, MaximumRetryAttempts=-1)
    database.functions.start()
    put(database, "a")
    wait_until(lambda: len(seen) >= 2)
    put(database, "b")
    wait_until(lambda: ["b"] in seen)
    assert mapping.metrics.errors == 1
    assert database.close() == []


def test_interrupts_pass_a_drain_and_the_batch_stays(database: Database) -> None:
    seen: list[int] = []

    def handler(event: Any, context: Any) -> None:
        seen.append(len(event["Records"]))
        if len(seen) == 1:
            raise KeyboardInterrupt

    database.on_stream("tbl", handler)
    put(database, "a", "b")
    with pytest.raises(KeyboardInterrupt):
        database.drain()
    assert database.drain().is_complete
    assert seen == [2, 2]
    with pytest.raises(KeyboardInterrupt):
        seen.clear()
        database.functions.invoke("handler", {"Records": []})


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
from tests.lambdas.test_hostile_handlers import create, put, wait_until
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
