"""Which database answers a client: the one attached to it, else that of the innermost mock that is on.

A mock is on for the whole process. Where several are on at once, a thread or task that switched one on itself gets its
own; all others get the one switched on last.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

from minidynamo.boto.botocore_types import Client
from minidynamo.endpoints.endpoint import Endpoint

if TYPE_CHECKING:
    from minidynamo.boto.plans import Plan

SERVICES = frozenset({"dynamodb", "dynamodbstreams"})
_STATE = "_minidynamo_state"


class Answering(Protocol):
    """Something that lends its database to clients while it is on."""

    @property
    def database(self) -> Endpoint | None: ...


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
    return (state.attached or current_endpoint()) if state.is_dynamodb else None


def switch_on(mock: Answering) -> None:
    """Lets a mock answer from now on."""
    _switched_on.append(mock)
    _switched_on_here.set((*_switched_on_here.get(), mock))


def switch_off(mock: Answering) -> None:
    """Ends the diversion of calls."""
    _switched_on.remove(mock)
    _switched_on_here.set(tuple(each for each in _switched_on_here.get() if each is not mock))


def current_endpoint() -> Endpoint | None:
    """The database that answers clients with none of their own; None while no mock is on."""
    for mocks in (_switched_on_here.get(), _switched_on):
        for mock in reversed(mocks):
            endpoint = mock.database
            if endpoint is not None:
                return endpoint
    return None
