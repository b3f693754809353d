"""The middleware that observes: it tells listeners of every request, and what units it took. It changes no response."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.endpoints.middleware import Call, Middleware, Proceed, Run
from minidynamo.errors import DynamoError
from minidynamo.insight.known_tables import CHANGING, DescribedTables, KnownTables, tables_of_endpoint
from minidynamo.insight.observed import EXPIRY, Listener, Observed
from minidynamo.insight.places import place_of_caller, within_handler
from minidynamo.lambdas.function import Invocation, Outcome
from minidynamo.metrics.asked_capacity import ALL_INDEXES, Consumed, asking_for_all, take_consumed
from minidynamo.values.api_types import Response

_log = logging.getLogger("minidynamo.insight")
# From `place_of_caller` up to what has called the endpoint.
_FRAMES = 2


class Observer(Middleware):
    """Tells of requests, and of those that handlers make.

    A request that an endpoint passes on to another one in this process is told of once, as its caller made it.

    Parameters:
        listeners: told of each request after it was answered. What one of them raises is logged, and nothing else.
        finds_places: whether to look for the line of code that a request comes from.
    """

    def __init__(self, listeners: Sequence[Listener], finds_places: bool = True) -> None:
        self._listeners = tuple(listeners)
        self._finds_places = finds_places
        self._thread = _Thread()
        self._tables: weakref.WeakKeyDictionary[Endpoint, KnownTables] = weakref.WeakKeyDictionary()
        # Those of the endpoint that was asked last: most often there is but one.
        self._last: tuple[Callable[[], Endpoint | None], KnownTables] | None = None

    def execute(self, call: Call, proceed: Proceed) -> Response:
        thread = self._thread
        operation, request = call.operation, call.request
        if thread.is_within or (type(request) is not dict and not isinstance(request, Mapping)):
            return proceed(operation, request)
        thread.is_within = True
        began, started = call.endpoint.clock.now(), time.perf_counter()
        response: Response | None = None
        consumed: list[Consumed] = []
        failure: DynamoError | None = None
        try:
            response = proceed(operation, asking_for_all(operation, request))
            consumed = take_consumed(operation, request, response, ALL_INDEXES)
            return response
        except DynamoError as error:
            failure = error
            raise
        finally:
            if response is not None or failure is not None:
                seconds = time.perf_counter() - started
                place = place_of_caller(_FRAMES) if self._finds_places else ""
                tables = self._tables_of(call)
                tell(
                    self._listeners,
                    Observed(operation, request, response, failure, consumed, place, began, seconds, tables),
                )
            thread.is_within = False

    def invoke(self, invocation: Invocation, run: Run) -> Outcome:
        """Runs a handler, whose requests are told of as its own."""
        with within_handler(invocation.function.name):
            return run(invocation)

    def expired(self, table_name: str, count: int) -> None:
        """Tells of items that the service itself has deleted."""
        request = {"TableName": table_name, "Count": count}
        tables = DescribedTables(lambda operation, request: {}) if self._last is None else self._last[1]
        tell(self._listeners, Observed(EXPIRY, request, {}, None, [], "by_service", time.time(), 0.0, tables))

    def _tables_of(self, call: Call) -> KnownTables:
        """What is known of the tables of the endpoint that was called."""
        last, endpoint = self._last, call.endpoint
        if last is not None and last[0]() is endpoint:
            tables = last[1]
        else:
            tables = self._tables.get(endpoint) or tables_of_endpoint(endpoint)
            self._tables[endpoint] = tables
            self._last = weakref.ref(endpoint), tables
        if call.operation in CHANGING:
            tables.forget()
        return tables


def tell(listeners: Sequence[Listener], observed: Observed) -> None:
    """Tells listeners of a request; what one of them raises is logged."""
    for listener in listeners:
        try:
            listener(observed)
        except Exception:  # Whatever it is, the request has been carried out, and its caller is to know.
            _log.exception("%s was carried out, and a listener has failed", observed.operation)


class _Thread(threading.local):
    """Whether this thread is within a request that is observed already."""

    is_within = False
