"""Clients of AWS Lambda while a mock is on: what is about functions and mappings that live here is answered here.

All else is left to whoever answers it, such as moto. Where nobody does, the answer is that there is no such function:
nothing reaches a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from minidynamo.boto.botocore_types import Client, PreparedRequest, RawResponse
from minidynamo.boto.routes import access_key_of, owner_of_caller
from minidynamo.boto.transport import is_asynchronous, raw_response, received, with_credentials
from minidynamo.http.messages import HttpResponse
from minidynamo.lambdas.aws_services import is_moto_on
from minidynamo.schema.arns import calling_from

if TYPE_CHECKING:
    from minidynamo.lambda_api.api import LambdaApi

_SERVICE = "lambda"


class _Lent(NamedTuple):
    """The API that answers calls of a client that is under way."""

    api: LambdaApi
    is_asynchronous: bool


_LENT: ContextVar[_Lent | None] = ContextVar("minidynamo lambda", default=None)


@contextmanager
def lending_functions(client: Client) -> Iterator[None]:
    """While this is on, what a client of Lambda sends is answered by the functions of the mock that is on."""
    api = _api_for(client) if client.meta.service_model.service_name == _SERVICE else None
    if api is None:
        yield
        return
    # Before all other hooks on sending, since another double's might answer too.
    client.meta.events.register_first(f"before-send.{_SERVICE}", _respond, "minidynamo-lambda")
    token = _LENT.set(_Lent(api, is_asynchronous(client)))
    try:
        with with_credentials(client), calling_from(client.meta.region_name):
            yield
    finally:
        _LENT.reset(token)


def _api_for(client: Client) -> LambdaApi | None:
    from minidynamo.lambda_api.api import api_of  # Few programs have clients of Lambda.

    endpoint = owner_of_caller(client.meta.region_name, access_key_of(client))
    return None if endpoint is None else api_of(endpoint)


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
