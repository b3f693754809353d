"""Middleware: what is laid around an endpoint's requests, and around the handlers that its changes invoke.

Recording, mutants, the refusal of writes and simulated faults are such. Each is called with what is asked and with how
to proceed: it may answer by itself, proceed with something else, more than once or not at all, and change what comes
back. From the inside out come what belongs to the endpoint (`use`), what is laid around all of the process
(`everywhere`), and what is laid around it for a while (`using`). An endpoint without middleware does not pay for the
possibility.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.values.api_types import Request, Response

if TYPE_CHECKING:
    from minidynamo.lambdas.function import Invocation, Outcome

# Carries out an operation by its API name.
Proceed = Callable[[str, Request], Response]
# Runs a handler.
Run: TypeAlias = "Callable[[Invocation], Outcome]"


class Call(NamedTuple):
    """A request on its way.

    Attributes:
        endpoint: what it was made to.
        operation: its API name.
        request: its members, which are not to be changed.
    """

    endpoint: Endpoint
    operation: str
    request: Request


class Middleware:
    """Changes nothing; to be derived from."""

    def execute(self, call: Call, proceed: Proceed) -> Response:
        """Answers a request.

        Parameters:
            call: the request.
            proceed: how it is answered without this middleware.
        """
        return proceed(call.operation, call.request)

    def invoke(self, invocation: Invocation, run: Run) -> Outcome:
        """Runs a handler.

        Parameters:
            invocation: which, and with what event.
            run: how it is run without this middleware.
        """
        return run(invocation)

    def expired(self, table_name: str, count: int) -> None:
        """Told how many items of a table the service itself has deleted, since their time to live was over."""


Found = TypeVar("Found", bound=Middleware)

# What every endpoint of the process is wrapped in, and the endpoints that there are.
_everywhere: list[Middleware] = []
_WRAPPED: weakref.WeakSet[Wrapped]


class Wrapped:
    """An endpoint that middleware can be laid around. Derived classes define `_carry_out` and what an endpoint has."""

    _entry: Proceed | None = None

    def __init__(self) -> None:
        self._own: list[Middleware] = []
        self._passing: list[Middleware] = []
        _WRAPPED.add(self)
        self._rebuild()

    def execute(self, operation: str, request: Request) -> Response:
        """Carries out one request; see `Endpoint.execute`."""
        entry = self._entry
        return self._carry_out(operation, request) if entry is None else entry(operation, request)

    def _carry_out(self, operation: str, request: Request) -> Response:
        """Carries out a request that has passed all middleware."""
        raise AssertionError(f"{type(self).__name__} does not say how it carries out {operation}")

    def beneath(self, operation: str, request: Request) -> Response:
        """Carries out one request beneath all middleware: it meets no faults, and nobody is told of it."""
        return self._carry_out(operation, request)

    def use(self, middleware: Middleware) -> None:
        """Lays middleware around the endpoint for good."""
        self._own.append(middleware)
        self._rebuild()

    def find(self, kind: type[Found]) -> Found | None:
        """The outermost middleware of a kind around the endpoint; None where there is none."""
        return next((each for each in reversed(self._around) if isinstance(each, kind)), None)

    @contextmanager
    def using(self, middleware: Middleware) -> Iterator[None]:
        """Lays middleware around the endpoint while this is on."""
        self._passing.append(middleware)
        self._rebuild()
        try:
            yield
        finally:
            self._passing.remove(middleware)
            self._rebuild()

    @property
    def _around(self) -> list[Middleware]:
        return [*self._own, *_everywhere, *self._passing]

    def _around_invocation(self, invocation: Invocation, run: Run) -> Outcome:
        """Runs a handler within all middleware."""
        for middleware in self._around:
            run = _invoking(middleware, run)
        return run(invocation)

    def _note_expired(self, table_name: str, count: int) -> None:
        """Tells all middleware of expired items."""
        if count:
            for middleware in self._around:
                middleware.expired(table_name, count)

    def _rebuild(self) -> None:
        around = [each for each in self._around if type(each).execute is not Middleware.execute]
        entry: Proceed = self._carry_out
        for middleware in around:
            entry = _executing(middleware, self, entry)
        # Read at every call, so that clients made earlier are wrapped as well. None where there is no middleware: a
        # method bound to its own object would keep it until the garbage collector comes by.
        self._entry = entry if around else None


_WRAPPED = weakref.WeakSet()


def _executing(middleware: Middleware, endpoint: Wrapped, proceed: Proceed) -> Proceed:
    assert isinstance(endpoint, Endpoint), f"{type(endpoint).__name__} is wrapped, and no endpoint"
    return lambda operation, request: middleware.execute(Call(endpoint, operation, request), proceed)


def _invoking(middleware: Middleware, run: Run) -> Run:
    return lambda invocation: middleware.invoke(invocation, run)


@contextmanager
def everywhere(middleware: Middleware) -> Iterator[None]:
    """Lays middleware around every endpoint of the process, those still to come included, while this is on."""
    _everywhere.append(middleware)
    _rebuild_all()
    try:
        yield
    finally:
        _everywhere.remove(middleware)
        _rebuild_all()


def _rebuild_all() -> None:
    for wrapped in list(_WRAPPED):
        wrapped._rebuild()
