"""Functions by name: invocations, versions, queues, concurrency, destinations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minidynamo import Database, ManualClock
from minidynamo.errors import ResourceNotFound, TooManyRequests
from tests.lambdas.streaming_table import Event, put


def test_functions_are_invoked_by_name(database: Database) -> None:
    functions = database.functions
    functions.register("double", lambda event, context: {"twice": event["n"] * 2})
    response = functions.invoke("double", {"n": 21})
    assert (response["StatusCode"], response["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads(response["Payload"]) == {"twice": 42}
    assert json.loads(functions.invoke("double", b'{"n": 1}')["Payload"]) == {"twice": 2}
    assert functions.invoke("double", InvocationType="DryRun") == {"StatusCode": 204}
    failed = functions.invoke("double", {})
    assert failed["FunctionError"] == "Unhandled"
    payload = json.loads(failed["Payload"])
    assert (payload["errorType"], payload["errorMessage"]) == ("KeyError", "'n'")
    with pytest.raises(ResourceNotFound, match=r"Function not found: arn:aws:lambda:.*:function:nowhere"):
        functions.invoke("nowhere")
    with pytest.raises(ValueError, match="InvocationType must be one of"):
        functions.invoke("double", InvocationType="Later")


def test_a_failing_function_is_logged_in_a_line(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """So that whoever serves functions sees what is wrong with them."""
    database.functions.register("failing", lambda event, context: event["n"])
    database.functions.invoke("failing", {})
    assert "function failing failed: KeyError: 'n'" in caplog.text


def test_versions_and_aliases(database: Database) -> None:
    functions = database.functions
    functions.register("greet", lambda event, context: f"one {context.function_version}")
    assert functions.publish_version("greet") == "1"
    functions.put_alias("greet", "live", "1")
    functions.register("greet", lambda event, context: f"two {context.function_version}")
    assert functions.publish_version("greet") == "2"

    def ask(name: str, **more: Any) -> Any:
        return json.loads(functions.invoke(name, **more)["Payload"])

    assert (ask("greet"), ask("greet:live"), ask("greet", Qualifier="2")) == ("two $LATEST", "one 1", "two 2")
    functions.put_alias("greet", "live", "2")
    assert ask("arn:aws:lambda:us-east-1:123456789012:function:greet:live") == "two 2"
    with pytest.raises(ResourceNotFound):
        functions.put_alias("greet", "live", "9")
    with pytest.raises(ResourceNotFound):
        ask("greet:nowhere")


def test_queued_invocations_are_tried_three_times(database: Database, clock: ManualClock) -> None:
    calls: list[float] = []
    records: list[Any] = []
    letters: list[Any] = []

    def failing(event: Event, context: Any) -> None:
        calls.append(clock.now())
        raise RuntimeError("no")

    database.functions.register("failing", failing, OnFailure=records.append, DeadLetterConfig=letters.append)
    response = database.functions.invoke("failing", {"a": 1}, InvocationType="Event")
    assert response["StatusCode"] == 202 and not calls
    assert database.drain(errors="report").invocations == {"failing": 3}
    assert [calls[1] - calls[0], calls[2] - calls[1]] == [60, 120]
    (record,) = records
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestPayload"] == {"a": 1}
    assert record["responsePayload"]["errorMessage"] == "no"
    assert letters == [{"a": 1}]


def test_reserved_concurrency(database: Database) -> None:
    """A synchronous call is refused; a queued one waits and is tried again."""
    functions = database.functions
    seen: list[str] = []

    def inner(event: Event, context: Any) -> None:
        seen.append("ran")
        if event.get("again"):
            with pytest.raises(TooManyRequests, match="Rate Exceeded"):
                functions.invoke("inner", {})
            functions.invoke("inner", {}, InvocationType="Event")

    functions.register("inner", inner, ReservedConcurrency=1)
    functions.invoke("inner", {"again": True})
    database.drain()
    assert seen == ["ran", "ran"]
    function = functions.register("inner", inner, ReservedConcurrency=0)
    functions.invoke("inner", {}, InvocationType="Event")
    assert database.drain().is_complete  # Given up after six hours of throttles.
    assert function.metrics.throttles > 10
    with pytest.raises(TooManyRequests) as caught:
        functions.invoke("inner", {})
    assert caught.value.status == 429


def test_destinations_may_be_functions(database: Database) -> None:
    seen: list[Any] = []
    database.functions.register("after", lambda event, context: seen.append(event["requestContext"]["condition"]))
    database.functions.register("first", lambda event, context: None, OnSuccess="after")
    database.functions.invoke("first", InvocationType="Event")
    database.drain()
    assert seen == ["Success"]
    with pytest.raises(ResourceNotFound):
        database.functions.register("second", print, OnFailure="nowhere")
    with pytest.raises(ValueError, match="MaximumEventAgeInSeconds"):
        database.functions.register("second", print, MaximumEventAgeInSeconds=1)


def test_an_answer_has_six_megabytes_at_most(database: Database) -> None:
    """Of JSON: the quotes around a text count. Queued invocations and batches of a stream fail with more as well."""
    most = 6 * 1024 * 1024 + 100 - 2
    database.functions.register("verbose", lambda event, context: "x" * event["length"])
    taken = database.functions.invoke("verbose", {"length": most})
    assert "FunctionError" not in taken
    assert len(taken["Payload"]) == most + 2
    refused = database.functions.invoke("verbose", {"length": most + 1})
    text = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    assert (refused["StatusCode"], refused["FunctionError"]) == (200, "Unhandled")
    assert json.loads(refused["Payload"]) == {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": text}
    database.functions.invoke("verbose", {"length": most + 1}, InvocationType="Event")
    assert database.drain(errors="report").discarded == {"verbose": 1}


def test_a_batch_whose_handler_answers_too_much_has_failed(database: Database) -> None:
    database.on_stream("tbl", lambda event, context: "x" * 7_000_000, MaximumRetryAttempts=1)
    put(database, "a")
    with pytest.raises(ValueError, match=r"^Response payload size exceeded maximum allowed payload"):
        database.drain()
    report = database.drain(errors="report")
    assert (report.invocations, report.discarded) == ({"lambda": 1}, {"lambda": 1})
