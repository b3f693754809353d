"""How functions in processes of their own reach the database: a server on loopback, and what boto3 reads of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from minidynamo.database.service_door import ServiceDoor
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.http.exchange import Choose
from minidynamo.http.server.server import Server
from minidynamo.lambdas.aws_services import AwsClient

_SERVICES = ("DYNAMODB", "DYNAMODB_STREAMS", "LAMBDA")


class FunctionServer:
    """A server that begins when it is first needed.

    Parameters:
        endpoint: what it answers for, or gives that for whatever a request is signed with; signatures are believed.
        client_of: the clients of other services, by the names of these; None without one.
    """

    def __init__(self, endpoint: Endpoint | Choose, client_of: Callable[[str], AwsClient | None]) -> None:
        self._endpoint = endpoint
        self._client_of = client_of
        self._server: Server | None = None
        self._lock = threading.Lock()

    def variables(self) -> dict[str, str]:
        """What boto3 in a process reads to reach the database, and nothing else."""
        with self._lock:
            if self._server is None:
                self._server = Server(self._endpoint, gateway=ServiceDoor(self._client_of)).start()
            url = self._server.url
        assert url.startswith("http://127.0.0.1:"), f"a function would reach {url}"
        own = {f"AWS_ENDPOINT_URL_{service}": url for service in _SERVICES}
        return {**own, "AWS_ENDPOINT_URL": url, "AWS_EC2_METADATA_DISABLED": "true"}

    def stop(self) -> None:
        """Ends it, after the requests in flight."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.stop()
