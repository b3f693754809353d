"""Clients of servers, a server that verifies signatures, and one in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.credentials import Credentials

import minidynamo
from minidynamo import ManualClock
from minidynamo.formats.short_tables import create_table_request
from minidynamo.http.server.server import Server, ServerOptions
from minidynamo.remote.connection import Connections
from minidynamo.remote.endpoint import RemoteEndpoint
from minidynamo.remote.signing import sign_formally

TABLE = create_table_request("tbl", {"key": ["pk S"]})
KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
HEADERS = {"x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0"}
opened_endpoints: list[RemoteEndpoint] = []


def endpoint_at(url: str, sign: Any = sign_formally) -> RemoteEndpoint:
    """A plain connection, closed when the test ends."""
    opened_endpoints.append(RemoteEndpoint(Connections(url), sign))
    return opened_endpoints[-1]


def client_of(server: Server, **options: Any) -> Any:
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1", **options}
    return boto3.client("dynamodb", endpoint_url=server.url, **keys)


@contextmanager
def verifying_server() -> Iterator[tuple[Server, ManualClock]]:
    clock = ManualClock(time.time())
    options = ServerOptions(credentials={KEYS.access_key: KEYS.secret_key})
    with Server(minidynamo.connect(clock=clock), options) as server:
        yield server, clock
