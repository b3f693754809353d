"""Calls of handlers: what a handler is called with, what its value or error answers, and what is logged of it."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from contextvars import ContextVar

from minidynamo.clock import Clock
from minidynamo.execution.context import Context
from minidynamo.execution.error_payloads import (
    SHOWN_CHARACTERS_MAX,
    ReportedFailure,
    TimedOut,
    answer_of,
    failure_text,
    handlers_traceback,
    raised,
    text_of,
    timed_out,
)
from minidynamo.execution.logs import Logs, LogStream
from minidynamo.execution.packaged_handler import PackagedHandler
from minidynamo.execution.running import CLIENT_CONTEXT, RUNNING, Running
from minidynamo.lambdas.function import Handler, Invocation, LambdaFunction, Outcome
from minidynamo.limits import FUNCTION_MEMORY_MIB_MIN
from minidynamo.values.api_types import JsonObject

logger = logging.getLogger("minidynamo.lambdas")

# How many different failures are logged with their tracebacks.
_TRACEBACKS_MAX = 1_000
# Whether there is no caller to tell of what ends threads and processes: then it is a failure like others.
IN_BACKGROUND: ContextVar[bool] = ContextVar("minidynamo_in_background", default=False)


class LateAnswer(TimeoutError):
    """A handler has answered after its time."""


class HandlerCalls:
    """Calls handlers.

    Parameters:
        clock: times out by it.
        logs: take what happens.
        arn: gives the ARN of a function's name.
    """

    def __init__(self, clock: Clock, logs: Logs, arn: Callable[[str], str]) -> None:
        self._clock = clock
        self._logs = logs
        self._arn = arn
        self._seen: set[tuple[str, type[BaseException], str, int]] = set()  # Failures: function, what, where.

    def call(self, invocation: Invocation, request_id: str) -> Outcome:
        """What the handler of a version comes to with an event."""
        function, version, _, _ = invocation
        handler, stream = function.versions[version], f"[{version}]{request_id}"
        running = Running(request_id, LogStream(self._logs.of(function.name), stream, request_id))
        token = RUNNING.set(running)
        if not isinstance(handler, PackagedHandler):
            running.begin(version)
        began = time.perf_counter()
        try:
            outcome = self._handled(invocation, running)
        finally:
            RUNNING.reset(token)
            running.begin(version)  # Where it has failed before its handler was called.
        packaged = handler if isinstance(handler, PackagedHandler) else None
        memory_mib = FUNCTION_MEMORY_MIB_MIN if packaged is None else packaged.configuration.memory_mib
        seconds = time.perf_counter() - began - (running.init_seconds or 0.0)
        running.end(seconds, memory_mib, "timeout" if isinstance(outcome.error, LateAnswer | TimedOut) else "")
        return outcome

    def _handled(self, invocation: Invocation, running: Running) -> Outcome:
        """What a handler comes to."""
        function, version, event, qualifier = invocation
        request_id, timeout = running.request_id, function.timeout_of(version)
        handler = function.versions[version]  # Others may come into its place while it runs.
        arn = self._arn(f"{function.name}:{qualifier}" if qualifier else function.name)
        running.deadline = self._clock.now() + timeout
        context = Context(
            function.name, version, arn, request_id, running.deadline, self._clock.now,
            log_stream_name=running.log.name, client_context=CLIENT_CONTEXT.get(),
        )  # fmt: skip
        try:
            value = handler(event, context)
        except BaseException as error:
            if not isinstance(error, Exception | SystemExit) and not IN_BACKGROUND.get():
                raise  # Ctrl-C, say, or what a test ends with, is for whoever has called.
            self._log_failure(function, error)
            payload = raised(error, request_id)
            running.log.event(failure_text(payload))  # Where people find the files of this machine.
            return Outcome(request_id, version, _placed(payload, handler), True, error)
        if self._clock.now() > running.deadline:
            text = f"Task timed out after {timeout:.2f} seconds"
            payload, late = timed_out(text, request_id), LateAnswer(f"function {function.name}: {text}")
            running.log.event(failure_text(payload))
            return Outcome(request_id, version, payload, True, late)
        answer, refused = answer_of(value, request_id)
        if refused is not None:
            logger.warning("function %s gave no answer: %s", function.name, short_text(refused))
            running.log.event(failure_text(answer))
        return Outcome(request_id, version, answer, refused is not None, refused)

    def _log_failure(self, function: LambdaFunction, error: BaseException) -> None:
        """One line, with the traceback where a failure of this kind at this place has not been seen yet."""
        if isinstance(error, ReportedFailure):
            logger.warning("function %s failed: %s", function.name, short_text(error))
            return
        assert error.__traceback__ is not None
        *_, (frame, line) = traceback.walk_tb(error.__traceback__)
        place = function.name, type(error), frame.f_code.co_filename, line
        is_new = place not in self._seen and len(self._seen) < _TRACEBACKS_MAX
        if is_new:
            self._seen.add(place)
        behind = handlers_traceback(error)
        shown, stack = None, ""
        if is_new and _is_short(error):
            shown = type(error), error, behind
        elif is_new:
            stack = "\n" + "".join(traceback.format_tb(behind)).rstrip()
        text = "function %s failed: %s: %s%s"
        logger.warning(text, function.name, type(error).__name__, short_text(error), stack, exc_info=shown)


def _placed(payload: JsonObject, handler: Handler) -> JsonObject:
    """What a failure answers, with the code of a package where the service has it."""
    if not isinstance(handler, PackagedHandler) or "stackTrace" not in payload:
        return payload
    return {**payload, "stackTrace": handler.package.placed(payload["stackTrace"])}


def short_text(error: BaseException) -> str:
    """What an error says, cut where it is long."""
    return text_of(error, SHOWN_CHARACTERS_MAX)


def _is_short(error: BaseException) -> bool:
    """Whether neither an error nor what has led to it says more than a log is for; its traceback tells all of that."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if short_text(cause) != text_of(cause):
            return False
        cause = cause.__cause__ or cause.__context__
    return True
