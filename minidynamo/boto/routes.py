"""Which database answers a client: the one attached to it, else that of the innermost mock that is on.

A mock is on for the whole process. Where several are on at once, a thread or task that switched one on itself gets its
own; all others get the one switched on last.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

from minidynamo.boto.botocore_types import Client
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.endpoints.isolation import Databases

if TYPE_CHECKING:
    from minidynamo.boto.plans import Plan

SERVICES = frozenset({"dynamodb", "dynamodbstreams"})
_STATE = "_minidynamo_state"


class Answering(Protocol):
    """Something that lends its database to clients while it is on, or one of several where callers are isolated."""

    @property
    def database(self) -> Endpoint | None: ...

    @property
    def databases(self) -> Databases | None: ...


class ClientState:
    """What the double knows of one client.

    Attributes:
        is_dynamodb: whether it is a client of DynamoDB or its streams at all.
        attached: the endpoint attached to it alone.
        plans: how its operations are carried out; see `plans.py`.
        retried: the endpoints whose calls it may have tried again; None until the first.
    """

    __slots__ = ("attached", "is_dynamodb", "plans", "retried")

    def __init__(self, client: Client) -> None:
        self.is_dynamodb = client.meta.service_model.service_name in SERVICES
        self.attached: Endpoint | None = None
        self.plans: dict[str, Plan] = {}
        self.retried: WeakSet[Endpoint] | None = None


_switched_on: list[Answering] = []
_switched_on_here: ContextVar[tuple[Answering, ...]] = ContextVar("minidynamo mocks", default=())


def state_of(client: Client) -> ClientState:
    """The state of a client, made when first asked for."""
    state: ClientState | None = client.__dict__.get(_STATE)
    if state is None:
        state = client.__dict__[_STATE] = ClientState(client)
    return state


def endpoint_of(client: Client) -> Endpoint | None:
    """The database that answers a client; None where nothing does."""
    state = state_of(client)
    if not state.is_dynamodb:
        return None
    if state.attached is not None:
        return state.attached
    mock = current_mock()
    if mock is None or mock.databases is None:
        return None if mock is None else mock.database
    return mock.databases.of(client.meta.region_name, access_key_of(client))


def endpoint_of_caller(region: str, access_key: str) -> Endpoint | None:
    """The database that answers whoever signs for a region with a key; None while no mock is on."""
    mock = current_mock()
    if mock is None or mock.databases is None:
        return None if mock is None else mock.database
    return mock.databases.of(region, access_key)


def owner_of_caller(region: str, access_key: str) -> Endpoint | None:
    """The database whose functions a caller finds: the one that answers it, or the one that this is a view of."""
    mock = current_mock()
    owner: Endpoint | None = getattr(mock, "owner", None)
    return endpoint_of_caller(region, access_key) if owner is None else owner


@contextmanager
def answering_here(answering: Answering) -> Iterator[None]:
    """While this is on, something answers clients in this thread or task alone; a mock must be on besides."""
    assert _switched_on, "nothing diverts the calls of clients"
    token = _switched_on_here.set((*_switched_on_here.get(), answering))
    try:
        yield
    finally:
        _switched_on_here.reset(token)


def switch_on(mock: Answering) -> None:
    """Lets a mock answer from now on."""
    assert mock.database is not None, "a mock without a database is switched on"
    _switched_on.append(mock)
    _switched_on_here.set((*_switched_on_here.get(), mock))


def switch_off(mock: Answering) -> None:
    """Ends the diversion of calls."""
    _switched_on.remove(mock)
    _switched_on_here.set(tuple(each for each in _switched_on_here.get() if each is not mock))


def current_endpoint() -> Endpoint | None:
    """The database that answers clients with none of their own; None while no mock is on."""
    mock = current_mock()
    return None if mock is None else mock.database


def current_mock() -> Answering | None:
    """The mock that answers clients with no database of their own, if any is on."""
    for mocks in (_switched_on_here.get(), _switched_on):
        for mock in reversed(mocks):
            if mock.database is not None:
                return mock
    return None


def access_key_of(client: Client) -> str:
    """What a client signs with; "" where it is not known before it signs."""
    credentials = getattr(client._request_signer, "_credentials", None)
    try:
        return getattr(credentials, "access_key", None) or ""
    except NotImplementedError:  # Of aiobotocore, which has to wait for them.
        return ""
