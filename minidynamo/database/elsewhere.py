"""A database whose store is not this process's: the faces of a `Database`, whose requests go through an endpoint."""

from __future__ import annotations

import threading
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from minidynamo.database.argument_rules import check_method
from minidynamo.database.database import Database
from minidynamo.database.fork import follow
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.endpoints.middleware import Wrapped
from minidynamo.errors import DatabaseClosed, StoreError
from minidynamo.policies.evaluation import Principal

if TYPE_CHECKING:
    from minidynamo.insight.explaining.explanation import Explanation
    from minidynamo.lambdas.source import Streams
    from minidynamo.metrics.prometheus import Family


class DatabaseElsewhere(Database, ABC):
    """What databases have in common whose store is elsewhere. Derived classes say how requests are carried out.

    What needs the store itself, such as `check`, raises StoreError. `on_stream` keeps in a table there, named
    `minidynamo-leases`, which process reads which shard and how far it has come; each change is handed over at least
    once. Functions, their versions and what is queued for them are this process's.
    """

    _address: str

    def _begin(self) -> None:
        """Begins what every database has."""
        assert self._address, "a database elsewhere is nowhere"
        self._closed_because: str | None = None
        self._lock = threading.RLock()
        self._identity = uuid.uuid4().hex
        follow(self)
        Wrapped.__init__(self)

    def __repr__(self) -> str:
        return f"connect({self._address!r})"

    @property
    def url(self) -> str:
        return self._address

    @property
    def tables(self) -> list[str]:
        """The names of all tables, in byte order."""
        pages = self.client().get_paginator("list_tables").paginate()
        return sorted((name for page in pages for name in page["TableNames"]), key=str.encode)

    def explain(self, operation: str, /, *, analyze: bool = True, **request: object) -> Explanation:
        """What a request would read, change and cost.

        A read is carried out there, a write on a copy in memory of the items that it names; see `Database.explain`.
        Raises StoreError where partitions are asked for.
        """
        from minidynamo.insight.explaining.elsewhere import explain_elsewhere

        self._require_open()
        if not analyze:
            raise StoreError(f"analyze=False needs the sizes of partitions, and this database is at {self.url}")
        scope = self.scope
        open_copy = lambda: Database(region=scope.own_region, account_id=scope.account_id)  # noqa: E731
        return explain_elsewhere(self.execute, open_copy, operation, request, self.url)

    def try_lock(self, is_read: bool) -> bool:
        """Never: whoever asks waits for the network."""
        return False

    def unlock(self) -> None:
        """Nothing is ever locked."""

    def seen_by(self, principal: Principal) -> Endpoint:  # type: ignore[override]
        """Itself for the root of an account; StoreError for anybody else, since policies ask what tables are like."""
        if not principal.is_root:
            raise StoreError(
                f"policies are judged where the store is opened, and this database is at {self.url}: "
                "serve it with secrets alone"
            )
        return self

    def _streams(self) -> Streams:
        from minidynamo.lambdas.remote_streams import RemoteStreams

        return RemoteStreams(self.execute)

    def begin_as_child(self) -> None:
        """Begins anew in a child process: with connections of its own, and with nothing that it reads."""
        self._leave_connections()
        self._function_server = None
        if self._functions is not None:
            self._functions.begin_as_child()
        self._begin_metrics_as_child()

    def close(self, timeout: float = 10.0) -> list[str]:
        """Ends handlers and closes its connections. Further requests answer InternalServerError.

        Parameters:
            timeout: how many seconds to wait for handlers that run in the background.

        Returns:
            The handlers that were still running then, in words.
        """
        check_method(timeout=timeout)
        if self._closed_because is not None:
            return []
        hanging = self.stop_functions(timeout)
        if self._sweeper is not None:
            self._sweeper.close()
        self._closed_because = "The database is closed. Open it again with minidynamo.connect()."
        self._close_connections()
        return hanging

    def _require_open(self) -> None:
        if self._closed_because is not None:
            raise DatabaseClosed(self._closed_because)

    def _states_of_store(self) -> list[Family]:
        """Nothing: how tables are kept there is not told."""
        return []

    @abstractmethod
    def _leave_connections(self) -> None:
        """Leaves its connections to the parent of this process."""

    @abstractmethod
    def _close_connections(self) -> None:
        """Ends its connections."""


def refusal(name: str) -> Callable[..., NoReturn]:
    """A method that raises StoreError: the store is somewhere else."""

    def refuse(self: DatabaseElsewhere, *parameters: object, **options: object) -> NoReturn:
        raise StoreError(
            f"{name} needs the store itself, and this database is at {self.url}: use it where the store is opened"
        )

    refuse.__name__ = name.removesuffix("()")
    refuse.__doc__ = "Raises StoreError: the store is somewhere else."
    return refuse


for _name in (
    "partitions",
    "backup",
    "snapshot",
    "restore",
    "fork_settings",
    "check",
    "as_principal",
    "least_privilege",
):
    setattr(DatabaseElsewhere, _name, refusal(f"{_name}()"))
DatabaseElsewhere.skipped_count = property(refusal("skipped_count"))  # type: ignore[assignment, method-assign]
