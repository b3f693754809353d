"""What an application answers and what invokes its functions, a line each, for whoever starts a server of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from minidynamo.applications.definition import ApplicationDefinition
from minidynamo.gateway.definition import ApiDefinition, Route


def overview(
    definition: ApplicationDefinition, root_of: Callable[[ApiDefinition], str], urls: Mapping[str, str]
) -> list[str]:
    """The routes of its APIs, the URLs of its functions, and the streams, queues and schedules that invoke them.

    Parameters:
        definition: the application.
        root_of: tells where an API is served.
        urls: of functions, by the logical names of their resources.
    """
    assert {each.logical_name for each in definition.urls} <= urls.keys(), "a function was given no URL"
    return [
        *(_route(route, root_of(api)) for api in definition.apis for route in api.routes),
        *(f"ANY     {urls[each.logical_name]} -> {each.function}" for each in definition.urls),
        *(f"stream of {each.table} -> {each.function}" for each in definition.mappings),
        *(f"{each.arn} -> {each.function}" for each in definition.queues),
        *(f"{each.expression} -> {each.function}" for each in definition.schedules),
    ]


def _route(route: Route, root: str) -> str:
    """A route, with what it asks of callers."""
    asked = [f"authorizer {route.authorizer}"] if route.authorizer is not None else []
    asked += ["API key"] if route.needs_api_key else []
    return f"{route.method:7} {root}{route.path} -> {route.function}" + (f" ({', '.join(asked)})" if asked else "")
