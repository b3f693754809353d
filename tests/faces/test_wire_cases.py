"""Every case of the wire protocol, against a server on a socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import minidynamo
from minidynamo.conformance.replay import put_items
from minidynamo.conformance.wire_cases import WireCase, replay_on_wire, wire_cases
from minidynamo.formats.short_tables import create_table_request
from minidynamo.http.server.server import Server, ServerOptions
from minidynamo.remote.connection import Connections
from minidynamo.remote.signing import sign_formally

ALL_CASES = list(wire_cases())


class Servers:
    """A server for each set of options that cases need, with a database that changes."""

    def __init__(self) -> None:
        self.database = minidynamo.connect()
        self._servers: dict[bool, Server] = {}

    def server(self, allows_origins: bool) -> Server:
        if allows_origins not in self._servers:
            options = ServerOptions(allows_origins=allows_origins)
            self._servers[allows_origins] = Server(lambda signature: self.database, options).start()
        return self._servers[allows_origins]

    def close(self) -> None:
        for server in self._servers.values():
            server.stop()


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    servers = Servers()
    yield servers
    servers.close()


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.id)
def test_case(case: WireCase, servers: Servers) -> None:
    """The server answers as the case says."""
    database = servers.database = minidynamo.connect()
    for name, table in case.tables.items():
        database.execute("CreateTable", create_table_request(name, table))
    put_items(case, database.execute)
    connections = Connections(servers.server(case.options.get("cors", False)).url)
    try:
        replay_on_wire(case, connections.exchange, sign_formally)
    finally:
        connections.close()
    database.check()


def test_there_are_at_least_80_cases() -> None:
    assert len({case.id for case in ALL_CASES}) == len(ALL_CASES) >= 80
