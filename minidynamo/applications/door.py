"""The door to an application's APIs, which stays while the application is read anew."""

from __future__ import annotations

from typing import Protocol

from minidynamo.gateway.gateway import ApiGateway
from minidynamo.http.messages import HttpRequest, HttpResponse


class HasGateway(Protocol):
    """What has a gateway by now."""

    @property
    def gateway(self) -> ApiGateway: ...


class AppDoor:
    """Answers requests with the gateway that an application has at the time.

    Parameters:
        application: whose.
    """

    def __init__(self, application: HasGateway) -> None:
        self._application = application

    @property
    def seconds_max(self) -> float:
        """How long an answer is waited for at most."""
        return self._application.gateway.seconds_max

    def takes(self, request: HttpRequest) -> bool:
        """Whether a request is for an API."""
        return self._application.gateway.takes(request)

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The response to a request."""
        return self._application.gateway.respond(request)

    def too_late(self, request: HttpRequest) -> HttpResponse:
        """The response where a function has not answered in time."""
        return self._application.gateway.too_late(request)

    def too_many(self, request: HttpRequest) -> HttpResponse:
        """The response where as many functions run as may."""
        return self._application.gateway.too_many(request)
