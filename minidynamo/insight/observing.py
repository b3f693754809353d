"""`minidynamo.observe()`: a ledger of what a database, a client, or everything in this process does meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING

from minidynamo.arguments import require
from minidynamo.endpoints.middleware import Wrapped, everywhere
from minidynamo.insight.ledger import Ledger
from minidynamo.insight.observed import Listener
from minidynamo.insight.observer import Observer
from minidynamo.prices.price_list import PriceList

if TYPE_CHECKING:
    from minidynamo.insight.spans import Tracer

_TARGETS = "a database, a client, resource or session of boto3, or nothing"


class Observation(AbstractContextManager[Ledger]):
    """Observes while it is on; made by `observe()`.

    Attributes:
        ledger: what it has noted.
    """

    def __init__(self, target: object, ledger: Ledger, listeners: Sequence[Listener]) -> None:
        self.ledger = ledger
        self._target = target
        self._listeners = listeners
        self._on: list[ExitStack] = []

    def __repr__(self) -> str:
        return f"<Observation: {self.ledger!r}>"

    def __enter__(self) -> Ledger:
        entered = ExitStack()
        entered.enter_context(_observing(self._target, self._listeners))
        self._on.append(entered)
        return self.ledger

    def __exit__(self, *exception: object) -> None:
        self._on.pop().close()


def observe(
    target: object = None,
    *,
    listeners: Sequence[Listener] = (),
    tracer: Tracer | None = None,
    log_above_units: float | None = None,
    log_above_seconds: float | None = None,
    prices: PriceList | None = None,
    region: str | None = None,
) -> Observation:
    """Notes what requests cost, and where in the caller's code they come from: `with observe(db) as ledger:`.

    What callers see is not changed. Units are those that the answers themselves tell: who is observed asks for them
    where its caller did not.

    Parameters:
        target: a database, in this process or elsewhere; a client, a resource or a session of boto3, of whatever it is
            answered; by default all databases in this process.
        listeners: called after each request with an `Observed`.
        tracer: of OpenTelemetry; each request becomes a span. boto3's own requests are traced by its instrumentation.
        log_above_units, log_above_seconds: requests that take more are logged, by the logger `minidynamo.requests`.
        prices: what units cost; by default the list that comes with the package.
        region: whose prices count; by default the target's own.

    Raises:
        TypeError: the target is none of these.
    """
    is_known = target is None or _database_of(target) is not None or events_of(target) is not None
    require(is_known, "observe", _TARGETS, target)
    is_listening = isinstance(listeners, Sequence) and not isinstance(listeners, str) and all(map(callable, listeners))
    require(is_listening, "listeners", "a list of functions, each called with an Observed", listeners)
    ledger = Ledger(prices, region or _region_of(target) or "us-east-1")
    told: list[Listener] = [ledger.note, *listeners]
    if tracer is not None:
        from minidynamo.insight.spans import span_listener

        told.append(span_listener(tracer))
    if log_above_units is not None or log_above_seconds is not None:
        from minidynamo.insight.dear_requests import log_dear_requests

        told.append(log_dear_requests(log_above_units=log_above_units, log_above_seconds=log_above_seconds))
    return Observation(target, ledger, told)


def _observing(target: object, listeners: Sequence[Listener]) -> AbstractContextManager[object]:
    if target is None:
        return everywhere(Observer(listeners))
    database = _database_of(target)
    if database is not None:
        return database.using(Observer(listeners))
    from minidynamo.insight.boto3_events import observing_events

    client = getattr(getattr(target, "meta", None), "client", target)
    return observing_events(events_of(target), client if hasattr(client, "meta") else None, listeners)


def _database_of(target: object) -> Wrapped | None:
    """A database, or the one that a client or resource of ours was made from."""
    if isinstance(target, Wrapped):
        return target
    inner = getattr(getattr(target, "meta", None), "client", target)
    endpoint = getattr(inner, "_endpoint", None)
    return endpoint if isinstance(endpoint, Wrapped) else None


def events_of(target: object) -> object | None:
    """What calls the hooks of a client, a resource or the clients of a session; None of all else."""
    meta = getattr(target, "meta", None)
    if meta is not None:
        service = getattr(getattr(getattr(meta, "client", target), "meta", meta), "service_model", None)
        if getattr(service, "service_name", "dynamodb") != "dynamodb":
            return None
        return getattr(getattr(getattr(meta, "client", None), "meta", meta), "events", None)
    inner = getattr(target, "_session", target)
    find: Callable[[str], object] | None = getattr(inner, "get_component", None)
    return None if find is None else find("event_emitter")


def _region_of(target: object) -> str | None:
    scope = getattr(target, "scope", None)
    if scope is not None:
        return str(scope.region)
    meta = getattr(target, "meta", None)
    meta = getattr(getattr(meta, "client", None), "meta", meta)
    found = getattr(meta, "region_name", None) or getattr(target, "region_name", None)
    return found if isinstance(found, str) else None
