"""Handlers that exit, interrupt or return nonsense: each has the outcome of Lambda, and breaks nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from tests.lambdas.streaming_table import create, put
from tests.waiting import wait_until


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
    report = database.drain(errors="report")
    assert (report.total, report.is_complete) == (3, True)
    assert [each["requestContext"]["condition"] for each in records] == ["RetryAttemptsExhausted"]


def test_a_destination_that_exits_is_a_failure_of_its_own(database: Database) -> None:
    destination = {"OnFailure": {"Destination": lambda record: sys.exit(1)}}
    database.on_stream("tbl", exit_with(1), MaximumRetryAttempts=0, DestinationConfig=destination)
    put(database, "a")
    report = database.drain(errors="report")
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
    assert database.drain(errors="report").total == 2
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


@pytest.mark.parametrize("kind", [SystemExit, pytest.fail.Exception])
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


@pytest.mark.parametrize("errors", ["raise", "report"])
def test_a_drain_tells_errors_that_say_nothing(database: Database, errors: Any) -> None:
    """Alike ones are there once, and the report can be shown."""

    def handler(event: Any, context: Any) -> Any:
        raise Speechless

    Speechless.__repr__ = Speechless.__str__  # type: ignore[method-assign]
    database.on_stream("tbl", handler, MaximumRetryAttempts=1)
    put(database, "a")
    if errors == "raise":
        with pytest.raises(Speechless):
            database.drain()
        return
    report = database.drain(errors=errors)
    assert [type(each) for each in report.errors["handler"]] == [Speechless]
    assert "errors={'handler': [Speechless()]}" in repr(report)


def test_what_an_error_says_is_cut(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A payload has at most 6 MB (Lambda quotas, "Invocation payload"), and a log is for people."""

    def handler(event: Any, context: Any) -> Any:
        try:
            raise ValueError("\x00" * 30_000_000)
        except ValueError:
            raise KeyError("\x00" * 30_000_000) from None

    database.functions.register("f", handler)
    for _ in range(2):
        assert len(database.functions.invoke("f")["Payload"]) < 6 * 1024**2
    assert all(len(line) < 20_000 for line in caplog.text.splitlines())
