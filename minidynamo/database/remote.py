"""A remote database: the faces of a `Database`, whose requests go to an endpoint somewhere else."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from minidynamo.database.argument_rules import check_method
from minidynamo.database.database import Database
from minidynamo.database.fork import follow
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.endpoints.middleware import Wrapped
from minidynamo.errors import DatabaseClosed, StoreError
from minidynamo.policies.evaluation import Principal
from minidynamo.remote.addresses import resolved
from minidynamo.remote.connection import Connections
from minidynamo.remote.endpoint import RemoteEndpoint
from minidynamo.remote.signing import region_found, signer_for
from minidynamo.values.api_types import Request, Response

if TYPE_CHECKING:
    from minidynamo.lambdas.source import Streams

_DEFAULT_REGION = "us-east-1"


class RemoteDatabase(Database):
    """A DynamoDB at a URL, with the clients, resources, tables, paginators and waiters of a local database.

    Parameters:
        url: its address, such as "http://127.0.0.1:8000", or "dynamodb:eu-west-1" for Amazon's in a region.
        region: that it signs for; by default what boto3 would take, else "us-east-1".
        credentials: an access key, its secret and maybe a session token; by default what boto3 would find. Addresses
            of this machine need none.

    What needs the store itself, such as `fork` or `check`, raises StoreError. `on_stream` keeps in a table there, named
    `minidynamo-leases`, which process reads which shard and how far it has come; each change is handed over at least
    once. Functions, their versions and what is queued for them are this process's.

    Raises:
        StoreError: it is no URL, or there are no credentials.
    """

    def __init__(self, url: str, region: str | None = None, credentials: tuple[str, ...] | None = None) -> None:
        try:
            url, named = resolved(url)
            connections = Connections(url)
        except ValueError as error:
            raise StoreError(str(error)) from None
        if named is not None and region not in (None, named):
            raise StoreError(f"the address is one of {named}, and region says {region}: leave region out")
        region = named or region or region_found() or _DEFAULT_REGION
        sign = signer_for(connections.url, region, credentials)
        self._remote = RemoteEndpoint(connections, sign, region)
        self.clock, self.scope = self._remote.clock, self._remote.scope
        self._closed_because: str | None = None
        self._lock = threading.RLock()
        self._identity = uuid.uuid4().hex
        follow(self)
        Wrapped.__init__(self)

    def __repr__(self) -> str:
        return f"connect({self.url!r})"

    @property
    def url(self) -> str:
        return self._remote.url

    @property
    def next_status_change(self) -> float | None:
        return self._remote.next_status_change

    @property
    def tables(self) -> list[str]:
        """The names of all tables, in byte order."""
        pages = self.client().get_paginator("list_tables").paginate()
        return sorted((name for page in pages for name in page["TableNames"]), key=str.encode)

    def new_request_id(self) -> str:
        return self._remote.new_request_id()

    def try_lock(self, is_read: bool) -> bool:
        return self._remote.try_lock(is_read)

    def unlock(self) -> None:
        self._remote.unlock()

    def seen_by(self, principal: Principal) -> Endpoint:  # type: ignore[override]
        """Itself for the root of an account; StoreError for anybody else, since policies ask what tables are like."""
        if not principal.is_root:
            raise StoreError(
                f"policies are judged where the store is opened, and this database is at {self.url}: "
                "serve it with secrets alone"
            )
        return self

    def _carry_out(self, operation: str, request: Request) -> Response:
        if self._closed_because is not None:
            raise DatabaseClosed(self._closed_because)
        return self._remote.execute(operation, request)

    def _streams(self) -> Streams:
        from minidynamo.lambdas.remote_streams import RemoteStreams

        return RemoteStreams(self.execute)

    def begin_as_child(self) -> None:
        """Begins anew in a child process: with connections of its own, and with nothing that it reads."""
        self._remote.connections.leave()
        self._function_server = None
        if self._functions is not None:
            self._functions.begin_as_child()

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
        self._closed_because = "The database is closed. Open it again with minidynamo.connect()."
        self._remote.close()
        return hanging


def _refusal(name: str) -> Callable[..., NoReturn]:
    def refuse(self: RemoteDatabase, *parameters: object, **options: object) -> NoReturn:
        raise StoreError(
            f"{name} needs the store itself, and this database is at {self.url}: use it where the store is opened"
        )

    refuse.__name__ = name.removesuffix("()")
    refuse.__doc__ = "Raises StoreError: the store is somewhere else."
    return refuse


for _name in ("partitions", "expire", "expire_in_background", "backup", "snapshot", "restore"):
    setattr(RemoteDatabase, _name, _refusal(f"{_name}()"))
for _name in ("fork", "fork_settings", "check", "as_principal", "least_privilege"):
    setattr(RemoteDatabase, _name, _refusal(f"{_name}()"))
RemoteDatabase.metrics = property(_refusal("metrics"))  # type: ignore[assignment, method-assign]
RemoteDatabase.skipped_count = property(_refusal("skipped_count"))  # type: ignore[assignment, method-assign]
