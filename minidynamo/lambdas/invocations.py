"""Invocations by name: synchronous ones, and those that are queued and tried again.

Source: AWS Lambda API reference, Invoke; AWS Lambda Developer Guide, "How Lambda handles errors and retries with
asynchronous invocation".
"""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass, replace

from minidynamo.clock import Clock
from minidynamo.errors import TooManyRequests
from minidynamo.lambdas.failures import Destination, Destinations, timestamp_text
from minidynamo.lambdas.function import LATEST, LambdaFunction, Outcome
from minidynamo.lambdas.runtime import Runtime
from minidynamo.lambdas.tally import Tally
from minidynamo.limits import ASYNC_EVENT_AGE_SECONDS_MAX, ASYNC_RETRIES, ASYNC_THROTTLE_SECONDS_MAX
from minidynamo.values.api_types import JsonObject, JsonValue, Response

_KINDS = ("RequestResponse", "Event", "DryRun")
_RETRY_SECONDS = (60.0, 120.0)


@dataclass(frozen=True)
class AsynchronousSettings:
    """How queued invocations of a function are treated.

    Attributes:
        event_age_seconds: after which one is given up, 60 to 21,600.
        retries: how often a failed one is tried again, 0 to 2.
        on_success, on_failure: destinations of records about them.
        dead_letters: where the payload of one that was given up goes, whatever version or alias was named.
        said_at: when this was said, epoch seconds.
    """

    event_age_seconds: float = ASYNC_EVENT_AGE_SECONDS_MAX
    retries: int = ASYNC_RETRIES
    on_success: Destination | None = None
    on_failure: Destination | None = None
    dead_letters: Destination | None = None
    said_at: float = 0.0

    def __post_init__(self) -> None:
        if not 60 <= self.event_age_seconds <= ASYNC_EVENT_AGE_SECONDS_MAX:
            raise ValueError(
                "MaximumEventAgeInSeconds must be from 60 to "
                f"{ASYNC_EVENT_AGE_SECONDS_MAX}, not {self.event_age_seconds}"
            )
        if not 0 <= self.retries <= ASYNC_RETRIES:
            raise ValueError(f"MaximumRetryAttempts must be from 0 to {ASYNC_RETRIES}, not {self.retries}")


@dataclass
class QueuedInvocation:
    """An invocation that waits; a piece of work for `drain`."""

    service: Invocations
    function: LambdaFunction
    version: str
    qualifier: str
    payload: JsonValue
    request_id: str
    queued_at: float
    due: float
    attempts: int = 0
    throttles: int = 0
    is_at_work: bool = False

    @property
    def name(self) -> str:
        """The function's."""
        return self.function.name

    def due_at(self) -> float | None:
        return self.due

    def do(self) -> Tally:
        return self.service.attempt(self)


class InvocationQueue:
    """What waits to be invoked, in the order in which it came; several threads add and take."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[int, QueuedInvocation] = {}  # By identity: two may be alike.

    def add(self, queued: QueuedInvocation) -> None:
        """Lets an invocation wait."""
        with self._lock:
            self._waiting[id(queued)] = queued

    def take(self, queued: QueuedInvocation) -> bool:
        """Takes an invocation out; False where another thread has."""
        with self._lock:
            return self._waiting.pop(id(queued), None) is not None

    def all(self) -> list[QueuedInvocation]:
        """The invocations that wait now."""
        with self._lock:
            return list(self._waiting.values())

    def begin_as_child(self) -> None:
        """Begins anew in a child process, where no other thread holds the lock."""
        self._lock = threading.Lock()


class Invocations:
    """Invokes functions by name.

    Parameters:
        runtime: knows and runs them.
        destinations: takes records about queued ones.
        clock: tells when queued ones are due.
    """

    def __init__(self, runtime: Runtime, destinations: Destinations, clock: Clock) -> None:
        self._runtime = runtime
        self._destinations = destinations
        self._clock = clock
        self._settings: dict[tuple[str, str | None], AsynchronousSettings] = {}
        self._letters: dict[str, Destination | None] = {}
        self._queue = InvocationQueue()

    def waiting(self) -> list[QueuedInvocation]:
        """The queued invocations that wait now."""
        return self._queue.all()

    def begin_as_child(self) -> None:
        """Begins anew in a child process."""
        self._queue.begin_as_child()

    def configure(self, name: str, settings: AsynchronousSettings, qualifier: str | None = None) -> None:
        """Says how queued invocations of a function are treated from now on, None for whatever version or alias."""
        for destination in (settings.on_success, settings.on_failure, settings.dead_letters):
            self._destinations.check(destination)
        assert qualifier != "", "an empty qualifier names nothing"
        self._settings[name, qualifier] = replace(settings, said_at=self._clock.now())
        if qualifier is None:
            self._letters[name] = settings.dead_letters

    def send_letters(self, name: str, destination: Destination | None) -> None:
        """Says where payloads go that are given up, None for nowhere."""
        self._destinations.check(destination)
        self._letters[name] = destination

    def settings_of(self, name: str, qualifier: str | None = None) -> AsynchronousSettings | None:
        """How queued invocations of a version or alias are treated; None where nothing was said."""
        return self._settings.get((name, qualifier)) or self._settings.get((name, None))

    def qualifiers(self, name: str) -> list[str | None]:
        """The versions and aliases of which something was said, None among them for all."""
        return [qualifier for each, qualifier in self._settings if each == name]

    def treat_as_by_default(self, name: str, qualifier: str | None = None) -> None:
        """Treats them as by default again, but for where payloads go that are given up."""
        self._settings.pop((name, qualifier), None)

    def forget(self, name: str) -> None:
        """Forgets all that was said of a function."""
        self._letters.pop(name, None)
        for qualifier in self.qualifiers(name):
            del self._settings[name, qualifier]

    def invoke(
        self, name: str, payload: JsonValue, kind: str, qualifier: str | None, request_id: str, tells_log: bool = False
    ) -> Response:
        """See `Functions.invoke`."""
        if kind not in _KINDS:
            raise ValueError(f"InvocationType must be one of {', '.join(_KINDS)}, not {kind!r}")
        function, version = self._runtime.routed(name, qualifier)
        named = self._runtime.qualifier_of(name, qualifier)
        event = _event_of(payload)
        if kind == "DryRun":
            return {"StatusCode": 204}
        if kind == "Event":
            now = self._clock.now()
            self._queue.add(QueuedInvocation(self, function, version, named, event, request_id, now, now))
            return {"StatusCode": 202, "Payload": b""}
        outcome = self._runtime.run(function, version, event, named)
        response = {"StatusCode": 200, "ExecutedVersion": version, "Payload": json.dumps(outcome.value).encode()}
        if tells_log:
            tail = self._runtime.logs.of(function.name).tail(outcome.request_id)
            response["LogResult"] = base64.b64encode(tail).decode()
        return {**response, "FunctionError": "Unhandled"} if outcome.is_error else response

    def attempt(self, queued: QueuedInvocation) -> Tally:
        """Tries a queued invocation once; what that has come to."""
        settings = self.settings_of(queued.name, queued.qualifier or LATEST) or AsynchronousSettings()
        now = self._clock.now()
        if not self._queue.take(queued):
            return Tally()  # Another thread was quicker.
        if now - queued.queued_at > settings.event_age_seconds:
            self._give_up(queued, settings, "EventAgeExceeded", None)
            return Tally(discarded=1)
        try:
            event = _event_of(queued.payload)
            outcome = self._runtime.run(queued.function, queued.version, event, queued.qualifier)
        except TooManyRequests:  # It waits, and no retry is used up.
            queued.throttles += 1
            queued.due = now + min(2.0**queued.throttles, ASYNC_THROTTLE_SECONDS_MAX)
            self._queue.add(queued)
            return Tally()
        except BaseException:  # Ctrl-C, say: it has not been tried.
            self._queue.add(queued)
            raise
        tally = Tally(1, int(queued.attempts > 0), error=outcome.error, is_excused=outcome.is_excused)
        queued.attempts += 1
        if not outcome.is_error:
            self._destinations.send(settings.on_success, self._record(queued, "Success", outcome))
        elif queued.attempts > settings.retries:
            self._give_up(queued, settings, "RetriesExhausted", outcome)
            tally.discarded += 1
        else:
            queued.due = now + _RETRY_SECONDS[queued.attempts - 1]
            self._queue.add(queued)
        return tally

    def _give_up(
        self, queued: QueuedInvocation, settings: AsynchronousSettings, condition: str, outcome: Outcome | None
    ) -> None:
        self._destinations.send(settings.on_failure, self._record(queued, condition, outcome))
        letters = self._letters.get(queued.name)
        if letters is not None:
            is_plain = callable(letters) or ":table/" not in letters
            letter = queued.payload if is_plain else self._record(queued, condition, outcome)
            is_sent = self._destinations.send(letters, letter, _letter_attributes(queued, outcome))
            if not is_sent and self._runtime.observer is not None:
                self._runtime.observer.lost_letter(queued.function)

    def _record(self, queued: QueuedInvocation, condition: str, outcome: Outcome | None) -> JsonObject:
        record: JsonObject = {
            "version": "1.0",
            "timestamp": timestamp_text(self._clock.now()),
            "requestContext": {
                "requestId": queued.request_id,
                "functionArn": f"{self._runtime.arn(queued.function.name)}:{queued.version}",
                "condition": condition,
                "approximateInvokeCount": queued.attempts,
            },
            "requestPayload": queued.payload,
        }
        if outcome is not None:
            response: JsonObject = {"statusCode": 200, "executedVersion": outcome.version}
            if outcome.is_error:
                response["functionError"] = "Unhandled"
            record |= {"responseContext": response, "responsePayload": outcome.value}
        return record


def _letter_attributes(queued: QueuedInvocation, outcome: Outcome | None) -> dict[str, str]:
    """What a dead letter says of the failure beside its payload."""
    attributes = {"RequestID": queued.request_id, "ErrorCode": "200"}
    if outcome is not None and isinstance(outcome.value, dict):
        attributes["ErrorMessage"] = str(outcome.value.get("errorMessage", ""))[:1024] or "none"
    return attributes


def _event_of(payload: JsonValue) -> JsonValue:
    """The event of a payload, as an object of its own: JSON text is parsed, anything else must be what JSON can say."""
    if payload is None:
        return {}
    try:
        return json.loads(payload if isinstance(payload, str | bytes) else json.dumps(payload))
    except ValueError as error:
        raise ValueError(
            f"payload takes what JSON can say, or JSON as a text: {' '.join(str(error).split())}"
        ) from None
    except TypeError as error:
        raise TypeError(f"payload takes what JSON can say, or JSON as a text: {error}") from None
