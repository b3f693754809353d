"""What answers whole requests: those of DynamoDB, and those for a function behind the HTTP door."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from minidynamo.errors import AccessDenied, NoResponse
from minidynamo.http.exchange import Exchange, request_summary
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.http.server.access import HostCheck

access_log = logging.getLogger("minidynamo.server.access")


class Door(Protocol):
    """What answers requests that are not DynamoDB's, by running functions.

    Attributes:
        seconds_max: how long one is waited for.
    """

    @property
    def seconds_max(self) -> float: ...

    def takes(self, request: HttpRequest) -> bool:
        """Whether it answers a request."""
        ...

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The response to a request."""
        ...

    def too_late(self, request: HttpRequest) -> HttpResponse:
        """The response where a function has not answered in time."""
        ...

    def too_many(self, request: HttpRequest) -> HttpResponse:
        """The response where as many functions run as may."""
        ...


@runtime_checkable
class Entered(Protocol):
    """A door to pages for people.

    Attributes:
        entry: the path by which they are entered, such as "/console/".
    """

    @property
    def entry(self) -> str: ...


class Application:
    """Answers requests.

    Parameters:
        exchange: answers those of DynamoDB.
        is_allowed_host: tells whether a Host header is answered.
        doors: answer the others: those that the first of them takes it answers.
    """

    def __init__(self, exchange: Exchange, is_allowed_host: HostCheck, doors: Sequence[Door] = ()) -> None:
        self._doors = tuple(doors)
        self._exchange = exchange
        self._is_allowed_host = is_allowed_host

    def door_of(self, request: HttpRequest) -> Door | None:
        """What has functions answer a request; None for one of DynamoDB."""
        return next((each for each in self._doors if each.takes(request)), None)

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
            door = self.door_of(request)
            if door is not None:
                return door.respond(request)
            return self._exchange.respond(request)
        error = f"This server is for programs on its own machine: it does not answer for the host {host[:100]!r}."
        return self._exchange.refused(request, AccessDenied(error))


def _error_of(response: HttpResponse) -> str:
    """The error code of a response, for the log."""
    if response.status < 400 or b"#" not in response.body:
        return ""
    return " " + response.body.partition(b"#")[2].partition(b'"')[0].decode()
