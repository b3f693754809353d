"""A database as the console sees it: asked quietly, so that nobody's history, faults or costs tell of the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Protocol, cast

from minidynamo.console.parameters import Refused
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.endpoints.middleware import Middleware, Proceed, Wrapped
from minidynamo.errors import DynamoError, StoreError
from minidynamo.operations.context import OperationContext
from minidynamo.tables.table import Table
from minidynamo.values.api_types import Request, Response

# Whether this thread asks for the console itself.
_IS_CONSOLE: ContextVar[bool] = ContextVar("minidynamo console", default=False)
_ELSEWHERE = "needs the store itself: open the console of the server that keeps the data"


class ConsoleDatabase(Endpoint, Protocol):
    """A database that a console can be opened on. What else it can do is found when it is asked for."""

    def using(self, middleware: Middleware) -> AbstractContextManager[None]:
        """Lays middleware around it while this is on."""
        ...


class Subject:
    """One of the databases of a console: the one that is served, or a fork of it.

    Parameters:
        name: what the console calls it.
        database: the database.

    Attributes:
        context: its tables and their lock, where they are of this process; else None.
    """

    def __init__(self, name: str, database: ConsoleDatabase) -> None:
        assert name, "a database of the console has no name"
        self.name, self.database = name, database
        is_local = "catalog" in vars(database)
        self.context = cast(OperationContext, database) if is_local else None
        # Beneath all middleware: a look at a simulated database meets no faults, and is no call in its history.
        self._quiet: Proceed = database.beneath if is_local and isinstance(database, Wrapped) else database.execute

    def __repr__(self) -> str:
        return f"<Subject {self.name}: {self.database!r}>"

    def read(self, operation: str, request: Request) -> Response:
        """Carries out a request of the console's own that changes nothing.

        Raises:
            DynamoError: the service's own error.
        """
        with _asking():
            return self._quiet(operation, request)

    def write(self, operation: str, request: Request) -> Response:
        """Carries out a request as any caller's: it may meet faults, and is seen by whoever observes."""
        return self.database.execute(operation, request)

    def find(self, name: str) -> object | None:
        """Something that not every database has, such as "faults"; None where this one has it not."""
        try:
            found: object | None = getattr(self.database, name, None)
        except StoreError:  # Of a database elsewhere, which says so when it is asked.
            return None
        return found

    def method(self, name: str) -> Callable[..., object]:
        """A method that not every database has.

        Raises:
            Refused: this one has it not.
        """
        found = self.find(name)
        if not callable(found):
            raise Refused(400, f"{name}() {_ELSEWHERE}")
        return cast("Callable[..., object]", found)

    @property
    def lock(self) -> AbstractContextManager[object, None]:
        """Held while tables of this process are looked at."""
        return nullcontext() if self.context is None else self.context.lock

    def table(self, name: str) -> Table:
        """A table of this process, to be looked at with the lock held.

        Raises:
            Refused: the tables are elsewhere, or there is none of this name.
        """
        if self.context is None:
            raise Refused(400, f"this {_ELSEWHERE}")
        try:
            return self.context.catalog.described_table(name)
        except DynamoError:
            raise Refused(404, f"There is no table {name!r}.") from None

    def table_names(self) -> list[str]:
        """The names of all tables, in byte order."""
        if self.context is not None:
            with self.context.lock:
                return list(self.context.catalog.tables)
        names: list[str] = []
        request: Request = {}
        while True:
            page = self.read("ListTables", request)
            names += page["TableNames"]
            if "LastEvaluatedTableName" not in page:
                return sorted(names, key=str.encode)
            request = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}


def asked_by_console() -> bool:
    """Whether the request that this thread is at is one of the console's own."""
    return _IS_CONSOLE.get()


@contextmanager
def _asking() -> Iterator[None]:
    token = _IS_CONSOLE.set(True)
    try:
        yield
    finally:
        _IS_CONSOLE.reset(token)
