"""Connections that are cut: nothing is lost that was answered, nothing done twice, and nobody else notices."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

import pytest

from minidynamo.database.shared import SharedDatabase
from minidynamo.errors import DynamoError, NoResponse
from minidynamo.storage.postgres.link import PostgresLink
from tests.shared import failover
from tests.shared.postgres_server import PostgresServer
from tests.shared.proxy import Proxy
from tests.shared.test_postgres import TABLE, add, at_once, item


@pytest.fixture
def proxy(postgres: PostgresServer) -> Iterator[Proxy]:
    cutting = Proxy(postgres.port, random.Random(1))
    yield cutting
    cutting.close()


def through(proxy: Proxy, schema: str) -> SharedDatabase:
    url = f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres"
    return SharedDatabase(url, lambda: PostgresLink(url, schema))


def test_what_was_answered_is_there_once(proxy: Proxy) -> None:
    """Whether the request was cut, or its answer: the row of the session tells which."""
    databases = [through(proxy, "cut") for _ in range(3)]
    databases[0].execute("CreateTable", TABLE)
    told: list[str] = []
    proxy.likelihood = 0.02

    def program(database: SharedDatabase) -> None:
        for _ in range(40):
            try:
                add(database, "a")
            except NoResponse:
                told.append("unknown")
            except DynamoError:
                told.append("refused")
            else:
                told.append("done")

    at_once(*[lambda database=each: program(database) for each in databases])
    proxy.likelihood = 0.0
    count = int(item(databases[0], "a")["n"]["N"])
    for each in databases:
        each.close()
    assert proxy.cut_count > 3
    assert told.count("done") <= count <= told.count("done") + told.count("unknown")


def test_a_server_that_is_gone_is_told(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some seconds of trying: the caller knows that nothing has happened."""
    monkeypatch.setattr("minidynamo.shared.endpoint._LOST_SECONDS", 0.5)
    database = through(proxy, "gone")
    database.execute("CreateTable", TABLE)
    proxy.close()
    with pytest.raises(DynamoError, match="The store cannot be reached") as caught:
        add(database, "a")
    assert caught.value.code == "InternalServerError"
    database.close()


def test_threads_share_links(postgres: PostgresServer) -> None:
    """As many links as threads that work at once, and no more."""
    links: list[PostgresLink] = []

    def new_link() -> PostgresLink:
        links.append(PostgresLink(postgres.url, "threads"))
        return links[-1]

    database = SharedDatabase("threads", new_link)
    database.execute("CreateTable", TABLE)
    gate = threading.Barrier(4)

    def program() -> None:
        gate.wait()
        for _ in range(10):
            add(database, "a")

    at_once(*[program] * 4)
    database.close()
    assert len(links) <= 5
    assert all(each._connection.closed for each in links)


@pytest.mark.long
def test_failovers() -> None:
    """Two primaries that are killed, two that are frozen."""
    print(failover.run(4))
