"""A database with a table, and a server of it that holds nothing when the test ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.http.server.server import Server
from tests.http.bounds.raw_clients import TABLE, budget_of
from tests.waiting import wait_until


@pytest.fixture
def database() -> Iterator[Database]:
    with minidynamo.connect() as database:
        database.execute("CreateTable", TABLE)
        yield database
        database.check()


@pytest.fixture
def server(database: Database) -> Iterator[Server]:
    with database.serve() as server:
        yield server
        wait_until(lambda: budget_of(server).held_bytes == 0)
