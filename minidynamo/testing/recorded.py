"""Histories as they are recorded: each call of a database with what came back, from whatever face and thread."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from minidynamo import Database, DynamoError
from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.simulation.arguments import require, require_all, require_count, require_local
from minidynamo.values.api_types import JsonObject, Request, Response
from minidynamo.values.json_form import base64_text, binaries_decoded

# What came back: a response, or the error.
Answer = Response | DynamoError


@dataclass
class RecordedCall:
    """One call.

    Attributes:
        start, end: when it began and when it was answered, as numbers in the order of events.
        operation, request: what was asked.
        response: what came back: a dict, or the error.
    """

    start: int
    end: int
    operation: str
    request: Request
    response: Answer

    def require_types(self) -> None:
        """Raises TypeError where it is none that `recording` has made."""
        for name in ("start", "end"):
            require_count(name, getattr(self, name), 0)
        require(isinstance(self.operation, str), "operation", "an API name", self.operation)
        require(isinstance(self.request, Mapping), "request", "a dict", self.request)
        require(isinstance(self.response, Mapping | DynamoError), "response", "a dict or a DynamoError", self.response)


@dataclass
class RecordedHistory:
    """The calls of a database, as they began and were answered, and what it held at the start.

    Attributes:
        initial: a copy of the database as it was.
        calls: in the order of their answers.
    """

    initial: Database
    calls: list[RecordedCall] = field(default_factory=list)


def recording(database: Database) -> AbstractContextManager[RecordedHistory]:
    """Records every call of a database, whatever face and thread it comes from, while this is on.

    Parameters:
        database: in memory or in a file.

    Raises:
        TypeError: it is no database, such as a client.
        ValueError: it is at a URL.
    """
    takes = "a Database, such as the one that a client was made from"
    require(isinstance(database, Database), "recording", takes, database)
    require_local("recording", database)
    return _recorded(database)


@contextmanager
def _recorded(database: Database) -> Iterator[RecordedHistory]:
    history = RecordedHistory(Database.fork(database))  # A fork that does not misbehave, in any case.
    with database.using(_Recorder(history.calls)):
        yield history


class _Recorder(Middleware):
    """Notes each call with what came back."""

    def __init__(self, calls: list[RecordedCall]) -> None:
        self._calls = calls
        self._numbers = itertools.count()

    def execute(self, call: Call, proceed: Proceed) -> Response:
        start = next(self._numbers)
        try:
            response = proceed(call.operation, call.request)
        except DynamoError as error:
            self._note(start, call, error)
            raise
        self._note(start, call, copied(response))
        return response

    def _note(self, start: int, call: Call, response: Answer) -> None:
        end = next(self._numbers)
        self._calls.append(RecordedCall(start, end, call.operation, copied(call.request), response))


def require_recorded(history: object) -> None:
    """Raises TypeError for what is no history that `recording` has made."""
    require(isinstance(history, RecordedHistory), "a checker", "what recording(database) gives", history)
    assert isinstance(history, RecordedHistory)
    require(isinstance(history.initial, Database), "initial", "a Database", history.initial)
    require_all("calls", history.calls, RecordedCall, "RecordedCalls, as recording(database) makes them")
    for call in history.calls:
        call.require_types()


def text_of(value: object) -> str:
    """Members of the API as JSON text, equal for equal ones."""
    return json.dumps(value, sort_keys=True, default=_binary)


def _binary(value: bytes | bytearray | set[str] | frozenset[str]) -> str | list[str]:
    if isinstance(value, set | frozenset):
        return sorted(value)
    return base64_text(bytes(value))


def parsed_text(text: str) -> JsonObject:
    """What such a text says."""
    parsed: JsonObject = binaries_decoded(json.loads(text))
    return parsed


def copied(value: Request) -> Response:
    """A copy that nobody changes."""
    return parsed_text(text_of(value))
