"""A database with a streamed table that is served, and leases that lapse soon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import minidynamo
from minidynamo.consumers import holder as holder_module
from minidynamo.lambdas import remote_reader
from tests.consumers.streamed_table import make_streamed_table
from tests.remote.sharing import HASTY_SECONDS


@pytest.fixture
def origin() -> Iterator[minidynamo.Database]:
    """What the server answers from."""
    with minidynamo.connect() as database:
        make_streamed_table(database)
        yield database


@pytest.fixture
def url(origin: minidynamo.Database) -> Iterator[str]:
    with origin.serve() as server:
        yield server.url


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases lapse soon."""
    monkeypatch.setattr(holder_module, "LEASE_SECONDS", HASTY_SECONDS)
    monkeypatch.setattr(holder_module, "RENEWAL_SECONDS", HASTY_SECONDS / 5)
    monkeypatch.setattr(remote_reader, "RENEWAL_SECONDS", HASTY_SECONDS / 5)
