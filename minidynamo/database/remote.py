"""A remote database: the faces of a `Database`, whose requests go to an endpoint somewhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minidynamo.database.elsewhere import DatabaseElsewhere, refusal
from minidynamo.errors import StoreError
from minidynamo.remote.addresses import is_of_this_machine, resolved, streams_url
from minidynamo.remote.connection import Connections
from minidynamo.remote.endpoint import RemoteEndpoint
from minidynamo.remote.signing import region_found, signer_for
from minidynamo.values.api_types import Request, Response

if TYPE_CHECKING:
    from minidynamo.lambdas.source import Streams

_DEFAULT_REGION = "us-east-1"


class RemoteDatabase(DatabaseElsewhere):
    """A DynamoDB at a URL, with the clients, resources, tables, paginators and waiters of a local database.

    Parameters:
        url: its address, such as "http://127.0.0.1:8000", or "dynamodb:eu-west-1" for Amazon's in a region.
        region: that it signs for; by default what boto3 would take, else "us-east-1".
        credentials: an access key, its secret and maybe a session token; by default what boto3 would find. Addresses
            of this machine need none.

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
        streams = streams_url(connections.url)
        has_other = streams != connections.url
        streams_way = (Connections(streams), signer_for(streams, region, credentials)) if has_other else None
        self._remote = RemoteEndpoint(connections, sign, region, streams_way)
        self.clock, self.scope = self._remote.clock, self._remote.scope
        self._address = self._remote.url
        self._begin()

    @property
    def next_status_change(self) -> float | None:
        return self._remote.next_status_change

    def new_request_id(self) -> str:
        return self._remote.new_request_id()

    def _carry_out(self, operation: str, request: Request) -> Response:
        self._require_open()
        return self._remote.execute(operation, request)

    def _streams(self) -> Streams:
        from minidynamo.lambdas.remote_streams import RemoteStreams

        return RemoteStreams(self.execute, is_far=not is_of_this_machine(self.url))

    def _leave_connections(self) -> None:
        self._remote.leave()

    def _close_connections(self) -> None:
        self._remote.close()


for _name in ("expire", "expire_in_background", "fork"):
    setattr(RemoteDatabase, _name, refusal(f"{_name}()"))
