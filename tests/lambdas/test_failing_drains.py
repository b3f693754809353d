"""A handler that fails is seen: `drain` raises what it has raised, or reports it, and logs show where it was."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, Fault, FaultSchedule, ManualClock
from tests.lambdas.streaming_table import Event, create, put


def mistyped(event: Event, context: Any) -> None:
    event["Record"]  # type: ignore[typeddict-item]


def test_what_a_handler_raises_is_raised(database: Database, clock: ManualClock) -> None:
    """At once, with the handler's own line; the clock stays, and so does the batch, for the next drain."""
    before, handler, done = clock.now(), mistyped, []
    database.on_stream("tbl", lambda event, context: handler(event, context))
    put(database, "a")
    for _ in range(3):
        with pytest.raises(KeyError, match="Record") as caught:
            database.drain()
        assert caught.traceback[-1].name == "mistyped"
    assert clock.now() - before < 10
    handler = lambda event, context: done.append(len(event["Records"]))  # noqa: E731
    assert database.drain().is_complete
    assert done == [1]


def exit_process(event: Event, context: Any) -> None:
    raise SystemExit(3)


def return_a_set(event: Event, context: Any) -> Any:
    return {"a"}


def report_nonsense(event: Event, context: Any) -> Any:
    return {"batchItemFailures": [{"itemIdentifer": "1"}]}


@pytest.mark.parametrize(
    ("handler", "error", "text"),
    [
        (exit_process, RuntimeError, r"function exit_process ended with SystemExit\(3\)"),
        (return_a_set, TypeError, "not JSON serializable"),
        (report_nonsense, RuntimeError, "function report_nonsense has failed 51 times with the same batch"),
    ],
)
def test_other_ends_are_raised_as_well(
    database: Database, handler: Callable[..., Any], error: type[Exception], text: str
) -> None:
    database.on_stream("tbl", handler, FunctionResponseTypes=["ReportBatchItemFailures"])
    put(database, "a")
    with pytest.raises(error, match=text):
        database.drain()


def test_a_handler_that_takes_too_long_is_raised(database: Database, clock: ManualClock) -> None:
    database.on_stream("tbl", lambda event, context: clock.advance(4), Timeout=3)
    put(database, "a")
    with pytest.raises(TimeoutError, match=r"Task timed out after 3\.00 seconds"):
        database.drain()


def test_a_queued_invocation_that_fails_is_raised(database: Database) -> None:
    database.functions.register("queued", mistyped)
    database.functions.invoke("queued", {}, InvocationType="Event")
    with pytest.raises(KeyError):
        database.drain()
    report = database.drain(errors="report")
    assert (report.invocations, report.retries, report.discarded) == ({"queued": 2}, {"queued": 2}, {"queued": 1})


def test_a_report_tells_of_failures(database: Database) -> None:
    """Errors that are alike once; what was given up in changes."""

    def handler(event: Event, context: Any) -> None:
        if len(event["Records"]) > 1:
            raise ValueError("too many")
        mistyped(event, context)

    database.on_stream("tbl", handler, BatchSize=2, MaximumRetryAttempts=2)
    put(database, *"abc")
    report = database.drain(errors="report")
    assert report.is_complete
    assert [repr(each) for each in report.errors["handler"]] == ["ValueError('too many')", "KeyError('Record')"]
    assert (report.invocations, report.retries, report.discarded) == ({"handler": 6}, {"handler": 4}, {"handler": 3})


def test_another_word_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="there is no errors 'ignore': there are raise, report"):
        database.drain(errors="ignore")  # type: ignore[arg-type]


@pytest.mark.parametrize("kept", [None, 2])
def test_failures_by_simulated_faults_are_tried_again(kept: int | None) -> None:
    """As the service would, also where few calls are kept; one that no fault explains is raised."""
    quiet = minidynamo.connect(clock=ManualClock())
    create(quiet)
    create(quiet, "other")
    database = minidynamo.simulate(quiet, schedule=FaultSchedule([Fault("throttled", at=1)]), keep_calls=kept)
    seen: list[int] = []

    def handler(event: Event, context: Any) -> None:
        seen.append(len(event["Records"]))
        put(database, "of the handler", table="other")
        if len(seen) == 3:
            raise ValueError("its own")

    database.on_stream("tbl", handler)
    put(database, "a")
    assert database.drain().retries == {"handler": 1}
    put(database, "b")
    with pytest.raises(ValueError, match="its own"):
        database.drain()
    assert seen == [1, 1, 1]


def test_each_different_failure_is_logged_once_with_its_place(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    database.on_stream("tbl", mistyped, MaximumRetryAttempts=3)
    put(database, "a")
    with caplog.at_level(logging.WARNING, "minidynamo.lambdas"):
        database.drain(errors="report")
    records = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert [each.getMessage() for each in records] == ["function mistyped failed: KeyError: 'Record'"] * 4
    assert [bool(each.exc_info) for each in records] == [True, False, False, False]
    assert "in mistyped\n" in caplog.text and "in _call" not in caplog.text
