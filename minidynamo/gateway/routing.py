"""Which route a request takes: exact segments before parameters, these before greedy ones, all before $default.

Source: Amazon API Gateway Developer Guide, "Create routes for HTTP APIs", "REST API resources".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from minidynamo.gateway.definition import ApiDefinition, Route
from minidynamo.gateway.definition_rules import ANY, DEFAULT_ROUTE, METHODS

# What a segment of a pattern is, the most specific first.
_EXACT, _PARAMETER, _GREEDY = range(3)


class Match(NamedTuple):
    """The route of a request.

    Attributes:
        route: that it takes.
        parameters: of its path, decoded.
    """

    route: Route
    parameters: dict[str, str]


class _Pattern(NamedTuple):
    """The path of some routes, taken apart.

    Attributes:
        path: as it was written.
        segments: the kind of each, and its text or its name.
        routes: by method.
    """

    path: str
    segments: tuple[tuple[int, str], ...]
    routes: dict[str, Route]

    def parameters_of(self, segments: list[str]) -> dict[str, str] | None:
        """The parameters of a path of this pattern; None where it is not."""
        is_greedy = self.segments[-1][0] == _GREEDY
        if len(segments) < len(self.segments) or (len(segments) > len(self.segments) and not is_greedy):
            return None
        parameters: dict[str, str] = {}
        for position, (kind, name) in enumerate(self.segments):
            text = "/".join(segments[position:]) if kind == _GREEDY else segments[position]
            if kind == _EXACT:
                if unquote(text) != name:
                    return None
            elif not text:
                return None
            else:
                parameters[name] = unquote(text)
        return parameters


class Routes:
    """The routes of an API.

    Parameters:
        api: whose they are.
    """

    def __init__(self, api: ApiDefinition) -> None:
        self._is_rest = api.is_rest
        self._default = next((each for each in api.routes if each.path == DEFAULT_ROUTE), None)
        by_path: dict[str, dict[str, Route]] = {}
        for route in api.routes:
            if route.path != DEFAULT_ROUTE:
                by_path.setdefault(route.path, {}).setdefault(route.method, route)
        patterns = [_Pattern(path, _segments(path), routes) for path, routes in by_path.items()]
        self._patterns = sorted(patterns, key=lambda each: [kind for kind, _ in each.segments])

    def find(self, method: str, path: str) -> Match | None:
        """The route of a request; None for none.

        A REST API finds the resource first, whether or not it has the method.

        Parameters:
            method: in capitals.
            path: still encoded.
        """
        for pattern, parameters in self._matching(path):
            route = pattern.routes.get(method) or pattern.routes.get(ANY)
            if route is not None:
                return Match(route, parameters)
            if self._is_rest:
                return None
        return None if self._default is None else Match(self._default, {})

    def methods_at(self, path: str) -> set[str]:
        """The methods of the resource that a path is of; ANY for all that there are."""
        for pattern, _ in self._matching(path):
            return {*METHODS, ANY} if ANY in pattern.routes else set(pattern.routes)
        return set()

    def has_own(self, method: str, path: str) -> bool:
        """Whether the resource of a path has a method, and not as one of any."""
        return any(method in pattern.routes for pattern, _ in list(self._matching(path))[:1])

    def _matching(self, path: str) -> Iterator[tuple[_Pattern, dict[str, str]]]:
        assert path.startswith("/"), f"{path!r} is no path"
        segments = path.split("/")[1:]
        while self._is_rest and len(segments) > 1 and not segments[-1]:
            segments.pop()  # A REST API looks past a slash at the end.
        for pattern in self._patterns:
            parameters = pattern.parameters_of(segments)
            if parameters is not None:
                yield pattern, parameters


def _segments(path: str) -> tuple[tuple[int, str], ...]:
    trimmed = path.rstrip("/") or "/"
    return tuple(_segment(each) for each in trimmed.split("/")[1:])


def _segment(text: str) -> tuple[int, str]:
    if not text.startswith("{"):
        return _EXACT, text
    name = text.strip("{}")
    return (_GREEDY, name.removesuffix("+")) if name.endswith("+") else (_PARAMETER, name)
