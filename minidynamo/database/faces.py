"""The faces of what carries out requests in this process: clients, resource, tables, a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Unpack

from minidynamo.arguments import Rule, check_arguments, of
from minidynamo.endpoints.endpoint import Endpoint

if TYPE_CHECKING:
    from minidynamo.console.door import ConsoleDoor
    from minidynamo.database.settings import ServeSettings
    from minidynamo.embedded.client import Client, StreamsClient
    from minidynamo.embedded.resource import Resource
    from minidynamo.embedded.table_resource import TableResource
    from minidynamo.http.server.server import Server, ServerOptions

_CONSOLE = Rule('True, False or "read-only"', of(bool, str), lambda value: value in (True, False, "read-only"))


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

    def serve(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        *,
        console: Literal[True, False, "read-only"] = False,
        **options: Unpack[ServeSettings],
    ) -> Server:
        """A server that answers over HTTP, as a context manager: `with db.serve() as server:`.

        Parameters:
            port: where it listens; 0 for a free port. `server.url` tells.
            host: the address it listens on.
            console: whether it has pages for a browser, whose address is in `server.pages`; "read-only" for pages by
                which nothing can be changed.
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
        check_arguments({"console": _CONSOLE}, console=console)
        try:
            settings = ServerOptions(host=host, port=port, **options)
            doors = [] if console is False else [self._console(console == "read-only", settings)]
            return Server(self, settings, urls=FunctionUrlDoor, doors=doors)
        except ServeError as error:
            raise in_python(error) from None

    def _console(self, is_read_only: bool, options: ServerOptions) -> ConsoleDoor:
        from minidynamo.console.door import console_door
        from minidynamo.endpoints.middleware import Wrapped

        assert isinstance(self, Wrapped), f"a console observes requests, which {type(self).__name__} shows nobody"
        return console_door(self, is_read_only, options)
