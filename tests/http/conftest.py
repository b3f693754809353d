"""A server of the database, and connections that are closed when the test ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from minidynamo import Database
from minidynamo.http.server.server import Server
from tests.http.servers import opened_endpoints


@pytest.fixture(autouse=True)
def connections_are_closed() -> Iterator[None]:
    yield
    while opened_endpoints:
        opened_endpoints.pop().close()


@pytest.fixture
def server(database: Database) -> Iterator[Server]:
    with database.serve() as server:
        yield server
