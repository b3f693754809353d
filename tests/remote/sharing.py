"""A stream that is somewhere else, and what several processes have to do with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import minidynamo
from minidynamo.consumers.leases import Lease, LeaseTable
from minidynamo.lambdas import remote_reader
from minidynamo.lambdas.lease_groups import lease_group
from minidynamo.lambdas.mapping import EventSourceMapping
from minidynamo.values.api_types import JsonObject, Request, Response
from tests.consumers.streamed_table import stream_arn_of

# How long a lease lasts where the fixture `hasty` is used.
HASTY_SECONDS = 1.0


class Handler:
    """Keeps the ids that it was given."""

    __name__ = "handler"

    def __init__(self) -> None:
        self.ids: list[str] = []

    def __call__(self, event: JsonObject, context: object) -> None:
        self.ids.extend(each["dynamodb"]["Keys"]["id"]["S"] for each in event["Records"])


Answer = Callable[[str, Request], Response]


def intercept(
    database: minidynamo.Database, monkeypatch: pytest.MonkeyPatch, around: Callable[[Answer, str, Request], Response]
) -> None:
    """Has something answer the requests of a remote database, which is given what answers really."""
    endpoint = database._remote  # type: ignore[attr-defined]
    answer = endpoint.execute
    monkeypatch.setattr(endpoint, "execute", lambda operation, request: around(answer, operation, request))


def rows_of(origin: minidynamo.Database, name: str = "handler") -> list[Lease]:
    return leases_of(origin, name).all()


def leases_of(origin: minidynamo.Database, name: str = "handler") -> LeaseTable:
    return LeaseTable(origin.execute, lease_group(name, stream_arn_of(origin)))


def drained(*databases: minidynamo.Database) -> None:
    for each in databases:
        each.drain()


def reader(mapping: EventSourceMapping) -> remote_reader.RemoteReader:
    found = mapping._reader
    assert isinstance(found, remote_reader.RemoteReader)
    return found
