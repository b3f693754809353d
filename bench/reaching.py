"""How each kind of target is reached: what makes a fresh client of it, with an empty database where it can.

embedded        the embedded client
double          boto3's client, answered in process      double table      boto3's Table, likewise
moto            boto3's client, answered by moto         moto table        boto3's Table, likewise
full, process   databases in files                        floor           SQLite by hand
bare            a SortedDict and msgpack                  pure            the embedded client without the compiled core
boto3 URL       boto3's client at an endpoint
raw URL         a plain client at an endpoint that keeps its connection
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.floor import BareClient, FloorClient
from bench.workloads import TABLE

NewClient = Callable[[], Any]


class RawClient:
    """A client's methods over a plain connection, so that what is measured is the server."""

    def __init__(self, url: str) -> None:
        from minidynamo.remote.connection import Connections
        from minidynamo.remote.endpoint import RemoteEndpoint
        from minidynamo.remote.signing import sign_formally

        self._endpoint = RemoteEndpoint(Connections(url), sign_formally)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = "".join(part.capitalize() for part in method.split("_"))
        return lambda **parameters: self._endpoint.execute(operation, parameters)


def new_client(kind: str, url: str) -> NewClient:
    """What makes clients of a kind of target. `url` is for those at an endpoint."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
    if kind in ("embedded", "pure"):
        import minidynamo

        return lambda: minidynamo.connect().client()
    if kind == "bare":
        return BareClient
    if kind in ("full", "process", "floor"):
        return _in_files(kind)
    if kind.startswith(("double", "moto")):
        return _restarting(_new_mock(kind))
    return _emptied(lambda: RawClient(url)) if kind == "raw" else _emptied(lambda: _boto3_client(url))


def _in_files(kind: str) -> NewClient:
    """Clients of fresh files, in a folder that goes away with the process."""
    import minidynamo

    folder = tempfile.TemporaryDirectory()
    paths = (Path(folder.name) / f"{number}.db" for number in itertools.count())
    if kind == "floor":
        return lambda: FloorClient(next(paths))
    return lambda: minidynamo.connect(next(paths), durability=kind).client()


def table_of(client: Any) -> Any:
    """boto3's Table of the workloads, beside a client."""
    import boto3

    return boto3.resource("dynamodb").Table(TABLE)


def _new_mock(kind: str) -> Callable[[], Any]:
    if kind.startswith("double"):
        import minidynamo

        return minidynamo.mock
    from moto import mock_aws

    return mock_aws


def _restarting(new_mock: Callable[[], Any]) -> NewClient:
    """Clients of a mock that is started anew for each."""
    running: list[Any] = []

    def make() -> Any:
        for mock in running:
            mock.stop()
        running[:] = [new_mock()]
        running[0].start()
        return _boto3_client(None)

    return make


def _boto3_client(url: str | None) -> Any:
    import boto3

    return boto3.client("dynamodb", endpoint_url=url)


def _emptied(make: NewClient) -> NewClient:
    """Clients of an endpoint, from which the table of the workloads is removed first."""

    def make_emptied() -> Any:
        client = make()
        if TABLE in client.list_tables()["TableNames"]:
            client.delete_table(TableName=TABLE)
        return client

    return make_emptied
