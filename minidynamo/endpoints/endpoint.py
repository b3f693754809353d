"""An endpoint: what a client talks to. All faces know this, and nothing behind it.

A database is one, in memory or in a file, simulated, read-only or forked; so is a DynamoDB that is reached over HTTP.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from minidynamo.clock import Clock
from minidynamo.schema.arns import ArnScope
from minidynamo.values.api_types import Request, Response


@runtime_checkable
class Endpoint(Protocol):
    """What carries out requests, whatever and wherever it is.

    Attributes:
        clock: what its times are told by.
        scope: the region and the account that its ARNs name.
    """

    clock: Clock
    scope: ArnScope

    @property
    def url(self) -> str:
        """The endpoint's address, which no two endpoints of different data share."""
        ...

    def execute(self, operation: str, request: Request) -> Response:
        """Carries out one request.

        Parameters:
            operation: the API name, such as "PutItem".
            request: its members in the API's own shape, binary values as bytes. It is not changed.

        Returns:
            The members of the response, without ResponseMetadata. It is the caller's own.

        Raises:
            DynamoError: the service's own error.
        """
        ...

    def new_request_id(self) -> str:
        """The identifier of the request that this thread has carried out last."""
        ...

    @property
    def next_status_change(self) -> float | None:
        """When the status of a table will change by itself, by `clock`; None where that is not known."""
        ...

    def try_lock(self, is_read: bool) -> bool:
        """Whether a request can be carried out now without waiting for other threads or for a disk.

        If so, other threads wait until `unlock`.
        """
        ...

    def unlock(self) -> None:
        """Ends what `try_lock` has begun."""
        ...
