"""Where programs of others find the database: in process, or at a server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import minidynamo
from minidynamo import Database

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
}


@dataclass
class Reach:
    """A database and the endpoint to give to a program; None where it is answered in process."""

    database: Database
    endpoint: str | None


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """As any program has them."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=["double", "server"])
def reach(request: pytest.FixtureRequest, database: Database) -> Iterator[Reach]:
    """Both ways to reach it."""
    if request.param == "double":
        with minidynamo.mock(database):
            yield Reach(database, None)
        return
    with database.serve() as server:
        yield Reach(database, server.url)


@pytest.fixture
def endpoint(database: Database) -> Iterator[str]:
    """The URL of a server."""
    with database.serve() as server:
        yield server.url
