"""The door to AWS Lambda's own API: requests that drive the functions and mappings of a database.

Source: AWS Lambda API reference (REST-JSON, signed for the service `lambda`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.http.exchange import Authenticate, Choose
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.http.signatures import Signature
from minidynamo.lambda_api.api import api_of, logs_of, reply_of
from minidynamo.lambda_api.faults import Fault
from minidynamo.lambda_api.log_events import is_for_logs
from minidynamo.lambda_api.replies import Reply
from minidynamo.lambda_api.routes import ApiRequest, is_for_lambda
from minidynamo.limits import FUNCTION_TIMEOUT_SECONDS_MAX

_NO_FUNCTIONS = "The functions of a database are for its owner: policies do not say who may call them here."


class Responding(Protocol):
    """One of the APIs of functions."""

    def respond(self, request: ApiRequest) -> Reply:
        """The reply to a request; nothing is raised."""
        ...


class LambdaDoor:
    """Answers requests of Lambda's API.

    Parameters:
        choose: gives the endpoint for a signature.
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
        """Whether a request is one of Lambda's API."""
        return "x-amz-target" not in request.headers and is_for_lambda(request.path)

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The response to a request."""
        try:
            signature = self._authenticate(request)
        except DynamoError as error:
            return _response(reply_of(Fault(error.code, error.message)))
        api = self._api(self._choose(signature)) if self._is_owner(signature) else None
        if api is None:
            return _response(reply_of(Fault("AccessDeniedException", _NO_FUNCTIONS)))
        return _response(api.respond(ApiRequest(*request[:5])))

    @staticmethod
    def _api(endpoint: Endpoint) -> Responding | None:
        """What answers for an endpoint."""
        return api_of(endpoint)

    @staticmethod
    def too_late(request: HttpRequest) -> HttpResponse:
        """The response where a function has not answered in time; it may run on."""
        return _response(reply_of(Fault("ServiceException", "The function has not answered in time.")))

    @staticmethod
    def too_many(request: HttpRequest) -> HttpResponse:
        """The response where as many invocations run as may."""
        members = {"Reason": "ConcurrentInvocationLimitExceeded"}
        return _response(reply_of(Fault("TooManyRequestsException", "Rate Exceeded.", members)))


class LogsDoor(LambdaDoor):
    """Answers requests of CloudWatch Logs' API, for what functions have logged."""

    @staticmethod
    def takes(request: HttpRequest) -> bool:
        """Whether a request is one of CloudWatch Logs' API."""
        return is_for_logs(request.headers)

    @staticmethod
    def _api(endpoint: Endpoint) -> Responding | None:
        return logs_of(endpoint)


def _response(reply: Reply) -> HttpResponse:
    return HttpResponse(reply.status, dict(reply.headers), reply.body)
