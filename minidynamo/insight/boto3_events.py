"""Clients of boto3 observed by their own hooks: it does not matter who answers them, AWS, a server or a double."""

from __future__ import annotations

import copy
import inspect
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol, cast

from minidynamo.errors import DynamoError, NoResponse, error_of
from minidynamo.insight.known_tables import DescribedTables, KnownTables
from minidynamo.insight.observed import Listener, Observed
from minidynamo.insight.observer import tell
from minidynamo.insight.places import place_of_caller
from minidynamo.metrics.asked_capacity import ALL_INDEXES, Consumed, asking_for_all, consumed_in, leave_what_was_asked
from minidynamo.requests.operations import API, snake_case
from minidynamo.values.api_types import JsonObject, Request, RequestDraft, Response

_BUILD, _AFTER, _FAILED = "before-parameter-build.dynamodb", "after-call.dynamodb", "after-call-error.dynamodb"
_PARAMETER, _MEMBER, _REPORTED = "ReturnConsumedCapacity", "ConsumedCapacity", "minidynamo_reported"


class Model(Protocol):
    """botocore's model of an operation."""

    name: str


class Emitter(Protocol):
    """What calls the hooks of clients."""

    def register_first(self, event: str, hook: Callable[..., None], unique_id: str) -> None: ...

    def register_last(self, event: str, hook: Callable[..., None], unique_id: str) -> None: ...

    def unregister(self, event: str, unique_id: str) -> None: ...


@contextmanager
def observing_events(events: object, client: object, listeners: Sequence[Listener]) -> Iterator[None]:
    """Tells listeners of every request of a client, while this is on.

    Parameters:
        events: its hooks, or those of a session for clients made meanwhile.
        client: is asked what tables are like; None of a session.
        listeners: told of each request after it was answered.
    """
    emitter = cast(Emitter, events)
    hooks = _Hooks(client, listeners)
    identity = f"minidynamo-observe-{id(hooks)}"
    emitter.register_last(_BUILD, hooks.build, f"{identity}-{_BUILD}")
    emitter.register_first(_AFTER, hooks.after, f"{identity}-{_AFTER}")
    emitter.register_first(_FAILED, hooks.failed, f"{identity}-{_FAILED}")
    try:
        yield
    finally:
        hooks.is_on = False
        for event in (_BUILD, _AFTER, _FAILED):
            emitter.unregister(event, unique_id=f"{identity}-{event}")


class _Thread(threading.local):
    """Whether this thread tells of a request, or asks for itself: what it asks meanwhile is nobody's call."""

    is_busy = False


_thread = _Thread()


class _Kept(NamedTuple):
    """What is kept of a request until it is answered.

    Attributes:
        operation: its API name.
        request: as its caller made it.
        params: as they are sent.
        place: where it comes from.
        began, started: when, by the clock and by the counter.
    """

    operation: str
    request: Request
    params: RequestDraft
    place: str
    began: float
    started: float


class _Hooks:
    """The hooks of one observation. Clients of a session keep copies of them: `is_on` ends these too."""

    def __init__(self, client: object, listeners: Sequence[Listener]) -> None:
        self.is_on = True
        self._listeners = listeners
        self._key = f"minidynamo_observed_{id(self)}"
        self._tables: KnownTables = DescribedTables(lambda operation, request: self._asked(client, operation, request))

    def build(self, params: RequestDraft, model: Model, context: JsonObject, **ignored: object) -> None:
        """Asks for all units, before the request is made. What is no request is left to botocore to refuse."""
        if not self.is_on or model.name not in API or _thread.is_busy:
            return
        if not isinstance(params.get(_PARAMETER, ""), str):
            return
        request = dict(params)
        params.update(asking_for_all(model.name, request))
        place = place_of_caller(2)
        context[self._key] = _Kept(model.name, request, params, place, time.time(), time.perf_counter())

    def after(self, parsed: Response, context: JsonObject, **ignored: object) -> None:
        """Tells of an answer, and leaves in it what its caller has asked for."""
        kept = self._taken(context)
        if kept is None:
            return
        wrong = parsed.get("Error")
        if wrong:
            status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
            error = error_of(wrong.get("Code", ""), wrong.get("Message", ""), {}, status)
            self._tell(kept, None, error, [])
            return
        # Others who observe the client may have asked for more than its caller, or have left less.
        reported = context.setdefault(_REPORTED, copy.deepcopy(parsed.get(_MEMBER)))
        consumed = consumed_in(kept.operation, kept.request, reported, ALL_INDEXES)
        leave_what_was_asked(kept.request, parsed)
        self._tell(kept, parsed, None, consumed)

    def failed(self, exception: Exception, context: JsonObject, **ignored: object) -> None:
        """Tells of a request that nobody has answered."""
        kept = self._taken(context)
        if kept is not None:
            self._tell(kept, None, NoResponse(str(exception)), [])

    def _taken(self, context: JsonObject) -> _Kept | None:
        """What was kept of a request, whose parameters are put back; None where nothing was."""
        kept: _Kept | None = context.pop(self._key, None)
        if kept is None or not self.is_on:
            return None
        if _PARAMETER in kept.request:
            kept.params[_PARAMETER] = kept.request[_PARAMETER]
        else:
            kept.params.pop(_PARAMETER, None)
        return kept

    def _tell(
        self, kept: _Kept, response: Response | None, error: DynamoError | None, consumed: list[Consumed]
    ) -> None:
        seconds = time.perf_counter() - kept.started
        observed = Observed(
            kept.operation, kept.request, response, error, consumed, kept.place, kept.began, seconds, self._tables
        )
        _thread.is_busy = True  # What a listener asks for is not told of.
        try:
            tell(self._listeners, observed)
        finally:
            _thread.is_busy = False

    def _asked(self, client: object, operation: str, request: Request) -> Response:
        """Asks the client itself, without observing that."""
        was_busy, _thread.is_busy = _thread.is_busy, True
        try:
            answer = getattr(client, snake_case(operation))(**request)
        except Exception:  # botocore's, or another's: what is not told is not known.
            return {}
        finally:
            _thread.is_busy = was_busy
        if inspect.isawaitable(answer):  # Nobody waits here for an asynchronous client.
            getattr(answer, "close", lambda: None)()
            return {}
        return dict(answer)
