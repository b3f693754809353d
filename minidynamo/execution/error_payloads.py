"""What a failed invocation answers, as the Python runtime of AWS Lambda does.

Source: AWS Lambda Developer Guide, "Lambda function errors in Python"; for exits, timeouts and large answers,
answers of the service.
"""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from minidynamo.limits import ANSWER_PAYLOAD_BYTES_MAX, INVOCATION_PAYLOAD_BYTES_MAX
from minidynamo.values.api_types import JsonObject, JsonValue

# A payload, with room for the rest of it and however JSON writes a character.
_TEXT_CHARACTERS_MAX = INVOCATION_PAYLOAD_BYTES_MAX // 16
_TOO_LARGE = f"Response payload size exceeded maximum allowed payload size ({ANSWER_PAYLOAD_BYTES_MAX} bytes)."
# Where what calls handlers is.
_CALLERS = tuple(f"{Path(__file__).parents[1] / room}{os.sep}" for room in ("execution", "lambdas"))
# What is logged and shown of an error.
SHOWN_CHARACTERS_MAX = 2_000


class ReportedFailure(Exception):
    """An invocation that has failed elsewhere than in a handler that was called here.

    Parameters:
        payload: what it answers.
    """

    def __init__(self, payload: JsonObject) -> None:
        super().__init__(f"{payload['errorType']}: {payload['errorMessage']}")
        self.payload = payload


class TimedOut(ReportedFailure):
    """An invocation that was ended since it took too long."""


def raised(error: BaseException, request_id: str) -> JsonObject:
    """What a failed invocation answers: a handler that ends the process has ended its runtime, and no more."""
    if isinstance(error, ReportedFailure):
        return error.payload
    if isinstance(error, SystemExit):
        status = 0 if error.code is None else error.code & 0xFF if isinstance(error.code, int) else 1
        return exited(status, request_id)
    return {
        "errorMessage": text_of(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_tb(handlers_traceback(error)),
    }


def failure_text(payload: JsonObject) -> str:
    """What the service logs of a failure: of an error its traceback, of anything else what has happened."""
    if "stackTrace" not in payload:
        return f"{payload['errorMessage']}\n{payload['errorType']}"
    stack = payload["stackTrace"]
    text = f"[ERROR] {payload['errorType']}: {payload['errorMessage']}"
    return text + ("\nTraceback (most recent call last):\n" + "".join(stack).rstrip("\n") if stack else "")


def handlers_traceback(error: BaseException) -> TracebackType | None:
    """The traceback of an error from the handler on, without what has called it."""
    found = error.__traceback__
    while found is not None and found.tb_frame.f_code.co_filename.startswith(_CALLERS):
        found = found.tb_next
    return found


def text_of(error: BaseException, length_max: int = _TEXT_CHARACTERS_MAX) -> str:
    """What an error says, where its own way of saying so does not fail; cut where it is long."""
    return _said(str, error, length_max)


def shown(error: BaseException) -> str:
    """An error for people, cut where it is long: its repr, or its class where that fails."""
    return _said(repr, error, SHOWN_CHARACTERS_MAX) or f"{type(error).__name__}()"


def _said(say: Callable[[object], str], error: BaseException, length_max: int) -> str:
    try:
        text = say(error)
    except (Exception, SystemExit):
        return ""
    return text if len(text) <= length_max else f"{text[:length_max]}..."


def exited(status: int, request_id: str) -> JsonObject:
    """The payload of a handler whose process has ended.

    Parameters:
        status: of its exit; below 0 where it was killed.
        request_id: of the invocation.
    """
    how = "without providing a reason"
    if status:
        how = f"with error: {'signal: killed' if status < 0 else f'exit status {status}'}"
    return {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited {how}",
    }


def timed_out(text: str, request_id: str) -> JsonObject:
    """The payload of a handler that took too long."""
    return {"errorType": "Sandbox.Timedout", "errorMessage": f"RequestId: {request_id} Error: {text}"}


def answer_of(value: object, request_id: str) -> tuple[JsonValue, Exception | None]:
    """What a handler's value answers, as an object of its own; an error payload, and why, where it is no answer."""
    try:
        text = json.dumps(value)
        if len(text) <= ANSWER_PAYLOAD_BYTES_MAX:
            return json.loads(text), None
    except Exception as error:  # Values may have methods of their own.
        return _not_json(error, request_id), error
    return {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": _TOO_LARGE}, ValueError(_TOO_LARGE)


def _not_json(error: Exception, request_id: str) -> JsonObject:
    """The payload of a handler that returned what JSON cannot say."""
    return {
        "errorType": "Runtime.MarshalError",
        "errorMessage": f"Unable to marshal response: {text_of(error)}",
        "requestId": request_id,
        "stackTrace": [],
    }
