"""Function URLs: requests whose host names one are answered by its function.

Source: AWS Lambda Developer Guide, "Creating and managing Lambda function URLs", "Invoking Lambda function URLs".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeGuard

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.gateway.answers import http_response
from minidynamo.gateway.definition import ApiDefinition, Cors, Route
from minidynamo.gateway.definition_rules import ANY, DEFAULT_ROUTE, URL
from minidynamo.gateway.gateway import ApiGateway
from minidynamo.gateway.invoking import InvokingEndpoint
from minidynamo.http.exchange import Authenticate, Choose
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.http.signatures import Signature
from minidynamo.lambda_api.api import url_called
from minidynamo.lambda_api.owner import has_functions
from minidynamo.limits import FUNCTION_TIMEOUT_SECONDS_MAX
from minidynamo.values.api_types import JsonObject

_HOST = re.compile(r"([a-z0-9]+)\.lambda-url\.", re.IGNORECASE)
_SIGNED = "AWS_IAM"
_LISTS = ("AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders")


class FunctionUrlDoor:
    """Answers requests for the URLs of functions.

    Parameters:
        choose: gives the endpoint for a signature, for None the one whose functions have URLs.
        authenticate: gives the signature of a request or raises.
        is_owner: whether whoever signed a request may do all that can be done.
    """

    # A function is waited for as long as one may take, and a little longer.
    seconds_max = FUNCTION_TIMEOUT_SECONDS_MAX + 5.0

    def __init__(self, choose: Choose, authenticate: Authenticate, is_owner: Callable[[Signature], bool]) -> None:
        self._choose = choose
        self._authenticate = authenticate
        self._is_owner = is_owner

    @staticmethod
    def takes(request: HttpRequest) -> bool:
        """Whether the host of a request is that of a URL."""
        return "x-amz-target" not in request.headers and _HOST.match(request.headers.get("host", "")) is not None

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The response to a request: the function's, or why it is not asked."""
        named = _HOST.match(request.headers.get("host", ""))
        assert named is not None, f"{request.headers.get('host')} is the host of no URL"
        endpoint = self._choose(None)
        found = url_called(endpoint, named[1].lower())
        if found is None or not _is_invoking(endpoint):
            return _refused(404, "Not Found")
        if found[1].get("AuthType") == _SIGNED and not self._is_signed(request):
            return _refused(403, "Forbidden")
        return url_gateway(endpoint, *found).respond(request)

    @staticmethod
    def too_late(request: HttpRequest) -> HttpResponse:
        """The response where the function has not answered in time."""
        return _refused(502, "Internal Server Error")

    @staticmethod
    def too_many(request: HttpRequest) -> HttpResponse:
        """The response where as many functions run as may."""
        return _refused(429, "Too Many Requests")

    def _is_signed(self, request: HttpRequest) -> bool:
        try:
            return self._is_owner(self._authenticate(request))
        except DynamoError:
            return False


def url_gateway(database: InvokingEndpoint, function: str, config: JsonObject) -> ApiGateway:
    """What answers for a URL, whoever calls.

    Parameters:
        database: whose function it is.
        function: name or `name:alias`.
        config: what CreateFunctionUrlConfig has replied.
    """
    host = config["FunctionUrl"].removeprefix("https://")
    route = Route(ANY, DEFAULT_ROUTE, function, "2.0", timeout_seconds=float(FUNCTION_TIMEOUT_SECONDS_MAX))
    cors = config.get("Cors")
    definition = ApiDefinition(
        name=host.partition(".")[0],
        kind=URL,
        routes=(route,),
        api_id=host.partition(".")[0],
        cors=None if cors is None else _cors(cors),
        account_id="" if config.get("AuthType") == _SIGNED else "anonymous",
    )
    return ApiGateway(database, [definition])


def _is_invoking(endpoint: Endpoint) -> TypeGuard[InvokingEndpoint]:
    return has_functions(endpoint)


def _cors(given: Mapping[str, object]) -> Cors:
    """Which pages may read answers, as requests say it."""
    origins, methods, headers, exposed = (_texts(given.get(name)) for name in _LISTS)
    age = given.get("MaxAge")
    allows = given.get("AllowCredentials") is True
    return Cors(origins, methods, headers, exposed, age if isinstance(age, int) else None, allows)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _refused(status: int, message: str) -> HttpResponse:
    return http_response(status, {"content-type": ["application/json"]}, f'{{"Message":"{message}"}}'.encode())
