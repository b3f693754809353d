"""Clients of boto3 observed by their own hooks: it does not matter who answers them, AWS, a server or a double."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, cast

from minidynamo.errors import DynamoError, NoResponse, error_of
from minidynamo.insight.known_tables import DescribedTables, KnownTables
from minidynamo.insight.observed import Listener, Observed
from minidynamo.insight.observer import tell
from minidynamo.insight.places import place_of_caller
from minidynamo.metrics.asked_capacity import ALL_INDEXES, asking_for_all, take_consumed
from minidynamo.requests.operations import API, snake_case
from minidynamo.values.api_types import JsonObject, Request, RequestDraft, Response

_BUILD, _AFTER, _FAILED = "before-parameter-build.dynamodb", "after-call.dynamodb", "after-call-error.dynamodb"
_KEPT = "minidynamo_observed"


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


class _Hooks:
    """The hooks of one observation. Clients of a session keep copies of them: `is_on` ends these too."""

    def __init__(self, client: object, listeners: Sequence[Listener]) -> None:
        self.is_on = True
        self._listeners = listeners
        self._thread = threading.local()
        self._tables: KnownTables = DescribedTables(lambda operation, request: self._asked(client, operation, request))

    def build(self, params: RequestDraft, model: Model, context: JsonObject, **ignored: object) -> None:
        """Asks for all units, before the request is made."""
        if not self.is_on or model.name not in API or getattr(self._thread, "is_asking", False):
            return
        asked = dict(params)
        params.update(asking_for_all(model.name, asked))
        context[_KEPT] = (asked, place_of_caller(2), time.time(), time.perf_counter())

    def after(self, parsed: Response, model: Model, context: JsonObject, **ignored: object) -> None:
        """Tells of an answer, and leaves in it what its caller has asked for."""
        kept = context.pop(_KEPT, None)
        if kept is None or not self.is_on:
            return
        wrong = parsed.get("Error")
        if wrong:
            status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
            error = error_of(wrong.get("Code", ""), wrong.get("Message", ""), {}, status)
            self._tell(model.name, kept, None, error)
        else:
            self._tell(model.name, kept, parsed, None)

    def failed(self, exception: Exception, context: JsonObject, **ignored: object) -> None:
        """Tells of a request that nobody has answered."""
        kept = context.pop(_KEPT, None)
        if kept is not None and self.is_on:
            self._tell("", kept, None, NoResponse(str(exception)))

    def _tell(
        self,
        operation: str,
        kept: tuple[Request, str, float, float],
        response: Response | None,
        error: DynamoError | None,
    ) -> None:
        request, place, began, started = kept
        seconds = time.perf_counter() - started
        consumed = [] if response is None else take_consumed(operation, request, response, ALL_INDEXES)
        observed = Observed(operation, request, response, error, consumed, place, began, seconds, self._tables)
        tell(self._listeners, observed)

    def _asked(self, client: object, operation: str, request: Request) -> Response:
        """Asks the client itself, without observing that."""
        if client is None:
            return {}
        self._thread.is_asking = True
        try:
            answer: Response = getattr(client, snake_case(operation))(**request)
            return answer
        except Exception:  # botocore's, or another's: what is not told is not known.
            return {}
        finally:
            self._thread.is_asking = False
