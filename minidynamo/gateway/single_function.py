"""An API of one function, which answers every request: what `minidynamo serve --api` serves."""

from __future__ import annotations

from minidynamo.gateway.definition import ApiDefinition, Route
from minidynamo.gateway.definition_rules import ANY, DEFAULT_ROUTE, FORMATS, HTTP, REST
from minidynamo.gateway.gateway import ApiGateway
from minidynamo.gateway.invoking import InvokingEndpoint
from minidynamo.lambdas.function import Handler
from minidynamo.limits import FUNCTION_ANSWER_SECONDS_MAX

_STAGES = {REST: "local", HTTP: DEFAULT_ROUTE}
_PATHS = {REST: ("/", "/{proxy+}"), HTTP: (DEFAULT_ROUTE,)}


class Gateway(ApiGateway):
    """Invokes a function with HTTP requests.

    Parameters:
        database: whose functions it is one of.
        handler: the function's handler.
        payload_format: "1.0" for the events of REST APIs, "2.0" for those of HTTP APIs.

    Raises:
        ValueError: there is no such format.
    """

    def __init__(self, database: InvokingEndpoint, handler: Handler, payload_format: str = "2.0") -> None:
        if payload_format not in FORMATS:
            raise ValueError(f"payload_format must be one of {', '.join(FORMATS)}, not {payload_format!r}")
        kind = REST if payload_format == "1.0" else HTTP
        name = getattr(handler, "__name__", "api")
        database.functions.register(name, handler, Timeout=FUNCTION_ANSWER_SECONDS_MAX)
        routes = tuple(Route(ANY, path, name, payload_format) for path in _PATHS[kind])
        definition = ApiDefinition("api", kind, routes, _STAGES[kind], decodes_every_answer=True)
        super().__init__(database, [definition])
