"""What clients keep between their calls, for the time in which a database answers them.

The modes `standard` and `adaptive` of botocore keep a quota of retries and a limiter of their rate in each client.
Left there, what comes of a call to one database would depend on the calls to all databases before it. So the objects
that keep such things have a twin per database, as new as that of a client just made: while a database answers a call,
whoever reads or sets an attribute of the object reads or sets the twin's. The object itself stays as it is, for calls
that go elsewhere.
"""

from __future__ import annotations

import functools
import importlib
import threading
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from minidynamo.boto.botocore_types import AsynchronousMethod, Client, Method
from minidynamo.boto.plans import Plan
from minidynamo.boto.results import Answered
from minidynamo.boto.routes import state_of
from minidynamo.boto.transport import TRAVEL, Travel
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.values.api_types import Response

# Makes a twin of an object that a client has.
MakeTwin = Callable[[Any, Client], object]

# Where an object keeps its twins by database, and what stands there in a twin.
_TWINS = "_minidynamo_twins"
_IS_TWIN = object()

_lock = threading.RLock()
_not_found: list[str] = []
_said: list[str] = []


def note_missing(what: str) -> None:
    """Remembers that this botocore has no such thing; said once it matters."""
    if what not in _not_found:
        _not_found.append(what)


def _say_what_is_missing() -> None:
    if not _not_found or _said:
        return
    _said.extend(_not_found)
    warnings.warn(
        f"minidynamo does not find in this botocore: {', '.join(_said)}. What a client keeps between calls may outlive "
        "a simulated database: make clients inside mock() where equal calls must have equal histories",
        stacklevel=2,
    )


def reading(make_twin: MakeTwin) -> Callable[[Method], Method]:
    """What replaces the `__getattribute__` of a class whose objects have twins."""

    def replacement(original: Method) -> Method:
        def read(self: object, name: str) -> object:
            return original(_twin(self, make_twin), name)

        return read

    return replacement


def writing(make_twin: MakeTwin) -> Callable[[Method], Method]:
    """What replaces its `__setattr__`."""

    def replacement(original: Method) -> Method:
        def write(self: object, name: str, value: object) -> None:
            original(_twin(self, make_twin), name, value)

        return write

    return replacement


def fresh_quota(quota: Any, client: Client) -> object:
    """A quota of which nothing is used."""
    return type(quota)(quota._max_capacity)


def fresh_limiter(limiter: object, client: Client) -> object:
    """A limiter that has seen nothing, made by the limiter's own module as for a new client."""
    events = SimpleNamespace(register=lambda *ignored: None)
    parts = {"meta": SimpleNamespace(events=events), "_endpoint": getattr(client, "_endpoint", None)}
    fresh: object = importlib.import_module(type(limiter).__module__).register_retry_handler(SimpleNamespace(**parts))
    if type(fresh) is not type(limiter):
        raise TypeError(f"made a {type(fresh).__name__}")
    return fresh


def _twin(thing: object, make_twin: MakeTwin) -> object:
    """The twin for the database that answers the present call; the thing itself where there is none."""
    travel = TRAVEL.get()
    if travel is None or travel.makes_twin:
        return thing
    state = object.__getattribute__(thing, "__dict__")
    twins = state.get(_TWINS)
    if twins is _IS_TWIN:
        return thing
    twin = None if twins is None else twins.get(travel.endpoint)
    return _new_twin(thing, state, make_twin, travel) if twin is None else twin


def _new_twin(thing: object, state: dict[str, Any], make_twin: MakeTwin, travel: Travel) -> object:
    with _lock:
        # Kept by the thing itself: a twin may know the client that has the thing, and all of them end together.
        twins = state.setdefault(_TWINS, WeakKeyDictionary())
        if travel.endpoint in twins:
            return twins[travel.endpoint]
        travel.makes_twin = True
        try:
            twin = make_twin(thing, travel.client)
            object.__getattribute__(twin, "__dict__")[_TWINS] = _IS_TWIN
        except Exception as error:  # Another version of botocore: its state stays the client's.
            twin = thing
            note_missing(f"how {type(thing).__name__} is made ({error})")
        finally:
            travel.makes_twin = False
        twins[travel.endpoint] = twin
    _say_what_is_missing()
    return twin


def note_retries(client: Client, endpoint: Endpoint) -> None:
    """From now on calls that succeed on the fast path are told to the client's quota for the database."""
    _say_what_is_missing()
    state = state_of(client)
    if state.retried is None:
        state.retried = WeakSet()
        state.plans.clear()  # New plans know the hooks to call.
    state.retried.add(endpoint)


def give_back(client: Client, endpoint: Endpoint, plan: Plan, http: Answered, parsed: Response) -> None:
    """Calls the hooks by which a call that succeeds gives back to the quota, where some of it may be used."""
    retried = state_of(client).retried
    if retried is None or endpoint not in retried:
        return
    token = TRAVEL.set(Travel(client, endpoint, asynchronous=False))
    try:
        for hook in plan.giving_back:
            hook(http_response=http, parsed=parsed, model=plan.model, context={}, event_name=f"after-call.{plan.event}")
    finally:
        TRAVEL.reset(token)


def describe_endpoint(original: Method) -> Method:
    """Discovery of endpoints finds none, and keeps none: what is answered in this process needs no address."""

    @functools.wraps(original)
    def undiscovered(self: object, **options: object) -> object:
        return original(self, **options) if TRAVEL.get() is None else None

    return undiscovered


def describe_endpoint_asynchronously(original: AsynchronousMethod) -> AsynchronousMethod:
    """The same for aiobotocore."""

    @functools.wraps(original)
    async def undiscovered(self: object, **options: object) -> object:
        return await original(self, **options) if TRAVEL.get() is None else None

    return undiscovered
