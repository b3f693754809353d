"""`client.explain`: the methods of a client, which tell what a request would do instead of doing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.insight.explaining.explanation import Explanation
from minidynamo.insight.explaining.rehearsal import EXPLAINED
from minidynamo.requests.operations import snake_case

_METHODS = {snake_case(name): name for name in EXPLAINED}


@runtime_checkable
class Explaining(Protocol):
    """An endpoint that explains requests."""

    def explain(self, operation: str, /, **request: object) -> Explanation:
        """See `Database.explain`."""
        ...


class Explainer:
    """The methods of a client that read or write items, each with the parameters it has there.

    Parameters:
        endpoint: what explains: a database.

    Raises:
        TypeError: the endpoint does not explain.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        if not isinstance(endpoint, Explaining):
            raise TypeError(f"{endpoint!r} does not explain requests: ask the client of a database")
        self._endpoint = endpoint

    def __getattr__(self, name: str) -> Callable[..., Explanation]:
        operation = _METHODS.get(name)
        if operation is None:
            raise AttributeError(f"explain has no method {name!r}: it has {', '.join(sorted(_METHODS))}")
        endpoint = self._endpoint

        def explained(**request: object) -> Explanation:
            return endpoint.explain(operation, **request)

        return explained

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_METHODS})
