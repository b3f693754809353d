"""The faces of what carries out requests in this process: clients, resource, tables, a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from minidynamo.endpoints.endpoint import Endpoint

if TYPE_CHECKING:
    from minidynamo.database.settings import ServeSettings
    from minidynamo.embedded.client import Client, StreamsClient
    from minidynamo.embedded.resource import Resource
    from minidynamo.embedded.table_resource import TableResource
    from minidynamo.http.server.server import Server


class Faces(Endpoint):
    """An endpoint with everything by which it is called; each face is imported when it is first asked for."""

    def client(self) -> Client:
        """A client with boto3's methods, parameters and answers."""
        from minidynamo.embedded.client import Client

        return Client(self)

    def streams_client(self) -> StreamsClient:
        """A client of the tables' streams with the methods of boto3's `dynamodbstreams`."""
        from minidynamo.embedded.client import StreamsClient

        return StreamsClient(self)

    def resource(self) -> Resource:
        """A resource with boto3's methods, which takes and gives Python values."""
        from minidynamo.embedded.resource import Resource

        return Resource(self)

    def Table(self, name: str) -> TableResource:
        """The table resource of a name; there need not be such a table yet."""
        return self.resource().Table(name)

    def serve(self, port: int = 0, host: str = "127.0.0.1", **options: Unpack[ServeSettings]) -> Server:
        """A server that answers over HTTP, as a context manager: `with db.serve() as server:`.

        Parameters:
            port: where it listens; 0 for a free port. `server.url` tells.
            host: the address it listens on.
            options: further ones of `ServerOptions`: credentials, certificate and others.

        Raises:
            ServeError: an option is none that can be, or it would listen to other machines without any credentials;
                it is a ValueError.
            TypeError: an option is of a wrong type, or there is no such option.
        """
        from minidynamo.gateway.function_urls import FunctionUrlDoor
        from minidynamo.http.server.access import ServeError, in_python
        from minidynamo.http.server.server import Server, ServerOptions, check_options

        check_options(options)
        try:
            return Server(self, ServerOptions(host=host, port=port, **options), urls=FunctionUrlDoor)
        except ServeError as error:
            raise in_python(error) from None
