"""What answers whole requests: those of DynamoDB, and those for a function behind the HTTP door."""

from __future__ import annotations

import logging
import time

from minidynamo.errors import AccessDenied, NoResponse
from minidynamo.http.exchange import Exchange, request_summary
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.http.server.access import HostCheck
from minidynamo.http.server.gateway import Gateway

access_log = logging.getLogger("minidynamo.server.access")


class Application:
    """Answers requests.

    Parameters:
        exchange: answers those of DynamoDB.
        is_allowed_host: tells whether a Host header is answered.
        gateway: answers the others, if any does.
    """

    def __init__(self, exchange: Exchange, is_allowed_host: HostCheck, gateway: Gateway | None = None) -> None:
        self._gateway = gateway
        self._exchange = exchange
        self._is_allowed_host = is_allowed_host

    def is_for_function(self, request: HttpRequest) -> bool:
        """Whether a function answers a request."""
        return self._gateway is not None and self._gateway.takes(request)

    def too_late(self) -> HttpResponse:
        """The response where a function has not answered in time."""
        assert self._gateway is not None, "only functions are waited for"
        return self._gateway.too_late()

    def too_many(self) -> HttpResponse:
        """The response where as many functions run as may."""
        assert self._gateway is not None, "only functions are counted"
        return self._gateway.too_many()

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The response to a whole request, with a line in the access log where that is on.

        Raises:
            NoAnswer: there is to be none.
        """
        if not access_log.isEnabledFor(logging.INFO):
            return self._responded(request)
        started = time.perf_counter()
        try:
            response = self._responded(request)
        except NoResponse:
            access_log.info("%s no answer", request_summary(request))
            raise
        milliseconds = (time.perf_counter() - started) * 1e3
        access_log.info("%s %d %.1f ms%s", request_summary(request), response.status, milliseconds, _error_of(response))
        return response

    def _responded(self, request: HttpRequest) -> HttpResponse:
        host = request.headers.get("host", "")
        if self._is_allowed_host(host):
            if self._gateway is not None and self._gateway.takes(request):
                return self._gateway.respond(request)
            return self._exchange.respond(request)
        error = f"This server is for programs on its own machine: it does not answer for the host {host[:100]!r}."
        return self._exchange.refused(request, AccessDenied(error))


def _error_of(response: HttpResponse) -> str:
    """The error code of a response, for the log."""
    if response.status < 400 or b"#" not in response.body:
        return ""
    return " " + response.body.partition(b"#")[2].partition(b'"')[0].decode()
