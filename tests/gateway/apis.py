"""APIs to ask: one function that notes its events, and a gateway before it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.gateway.definition import ApiDefinition, Route
from minidynamo.gateway.definition_rules import HTTP, REST
from minidynamo.gateway.gateway import ApiGateway
from minidynamo.http.messages import HttpResponse


class Asked:
    """A database with the function `fn`, and the events that it has had.

    Parameters:
        answer: what it returns, or a function of the event.
    """

    def __init__(self, answer: Any = None) -> None:
        self.clock = ManualClock()
        self.database: Database = minidynamo.connect(clock=self.clock)
        self.events: list[Any] = []
        self.answer = {"statusCode": 200, "body": "done"} if answer is None else answer
        self.database.functions.register("fn", self._handle, Timeout=900)

    def _handle(self, event: Any, context: Any) -> Any:
        self.events.append(event)
        return self.answer(event) if callable(self.answer) else self.answer

    def function(self, name: str, handler: Callable[[Any], Any]) -> None:
        """Registers another function."""
        self.database.functions.register(name, lambda event, context: handler(event))

    def rest(self, *paths: str, **members: Any) -> ApiGateway:
        """A REST API with routes such as "GET /items"."""
        return self.api(REST, *paths, **members)

    def http(self, *paths: str, **members: Any) -> ApiGateway:
        """An HTTP API with routes such as "GET /items" or "$default"."""
        return self.api(HTTP, *paths, **members)

    def api(self, kind: str, *paths: str, route: dict[str, Any] | None = None, **members: Any) -> ApiGateway:
        """An API of a kind."""
        return ApiGateway(self.database, [definition(kind, *paths, route=route, **members)])

    @property
    def event(self) -> Any:
        """The last event."""
        return self.events[-1]


def definition(
    kind: str, *paths: str, route: dict[str, Any] | None = None, name: str = "shop", **members: Any
) -> ApiDefinition:
    """An API of `fn`."""
    routes = []
    for each in paths or ("$default",) * (kind == HTTP) or ("ANY /", "ANY /{proxy+}"):
        method, _, path = each.partition(" ")
        routes.append(Route(method if path else "ANY", path or each, "fn", **(route or {})))
    return ApiDefinition(name, kind, tuple(routes), **members)


def said(response: HttpResponse) -> tuple[int, Any]:
    """The status and the body of a response, JSON as a value."""
    return response.status, json.loads(response.body) if response.body else None
