"""Clients of AWS Lambda and of its logs while a mock is on: what is about functions that live here is answered here.

All else is left to whoever answers it, such as moto. Where nobody does, the answer is that there is no such function:
nothing reaches a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple, Protocol

from minidynamo.boto.botocore_types import Client, PreparedRequest, RawResponse
from minidynamo.boto.routes import access_key_of, owner_of_caller
from minidynamo.boto.transport import is_asynchronous, raw_response, received, with_credentials
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.http.messages import HttpResponse
from minidynamo.lambdas.aws_services import is_moto_on
from minidynamo.schema.arns import calling_from

if TYPE_CHECKING:
    from minidynamo.lambda_api.replies import Reply
    from minidynamo.lambda_api.routes import ApiRequest


class FunctionsApi(Protocol):
    """One of the APIs of functions."""

    def knows(self, request: ApiRequest) -> bool:
        """Whether a request is about something that is here."""
        ...

    def respond(self, request: ApiRequest) -> Reply:
        """The reply to a request; nothing is raised."""
        ...


class _Service(NamedTuple):
    """A service whose clients are answered.

    Attributes:
        event: what botocore's events call it.
        api: its API at an endpoint, None where that has none.
    """

    event: str
    api: Callable[[Endpoint], FunctionsApi | None]


def _lambda_api(endpoint: Endpoint) -> FunctionsApi | None:
    from minidynamo.lambda_api.api import api_of  # Few programs have clients of Lambda.

    return api_of(endpoint)


def _log_api(endpoint: Endpoint) -> FunctionsApi | None:
    from minidynamo.lambda_api.api import logs_of

    return logs_of(endpoint)


_SERVICES = {
    "lambda": _Service("lambda", _lambda_api),
    "logs": _Service("cloudwatch-logs", _log_api),
}


class _Lent(NamedTuple):
    """The API that answers calls of a client that is under way."""

    api: FunctionsApi
    is_asynchronous: bool


_LENT: ContextVar[_Lent | None] = ContextVar("minidynamo lambda", default=None)


@contextmanager
def lending_functions(client: Client) -> Iterator[None]:
    """While this is on, what a client of Lambda or of its logs sends is answered by the mock that is on."""
    service = _SERVICES.get(client.meta.service_model.service_name)
    endpoint = None if service is None else owner_of_caller(client.meta.region_name, access_key_of(client))
    api = None if service is None or endpoint is None else service.api(endpoint)
    if service is None or api is None:
        yield
        return
    # Before all other hooks on sending, since another double's might answer too.
    client.meta.events.register_first(f"before-send.{service.event}", _respond, "minidynamo-lambda")
    token = _LENT.set(_Lent(api, is_asynchronous(client)))
    try:
        with with_credentials(client), calling_from(client.meta.region_name):
            yield
    finally:
        _LENT.reset(token)


def _respond(request: PreparedRequest, **ignored: object) -> RawResponse | None:
    """Hook on `before-send`: the response to a request about functions that live here, None for any other."""
    lent = _LENT.get()
    if lent is None:
        return None
    from minidynamo.lambda_api.routes import ApiRequest

    asked = ApiRequest(*received(request)[:5])
    if not lent.api.knows(asked) and is_moto_on():
        return None
    reply = lent.api.respond(asked)
    return raw_response(HttpResponse(reply.status, dict(reply.headers), reply.body), request, lent.is_asynchronous)
