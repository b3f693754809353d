"""Clients of a server that send bytes as they like, and one that means no harm."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from minidynamo.formats.short_tables import create_table_request
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server.budget import Budget
from minidynamo.http.server.request_parser import RequestParser
from minidynamo.http.server.server import Server
from minidynamo.remote.connection import Connections
from minidynamo.remote.endpoint import RemoteEndpoint
from minidynamo.remote.signing import sign_formally

TARGET = "DynamoDB_20120810."
TABLE = create_table_request("tbl", {"key": ["pk S"]})


def budget_of(server: Server) -> Budget:
    budget: Budget = server._server.config.http_protocol_class.budget
    return budget


def raw(operation: str, members: Any, **headers: str) -> bytes:
    """A request as bytes, formally signed."""
    body = json.dumps(members).encode()
    request = sign_formally(
        HttpRequest("POST", "/", "", {"host": "localhost", "x-amz-target": TARGET + operation}, body)
    )
    lines = [f"{name}: {value}\r\n" for name, value in {**request.headers, **headers}.items()]
    return f"POST / HTTP/1.1\r\n{''.join(lines)}content-length: {len(body)}\r\n\r\n".encode() + body


@contextmanager
def another_client(server: Server) -> Iterator[RemoteEndpoint]:
    endpoint = RemoteEndpoint(Connections(server.url), sign_formally)
    yield endpoint
    endpoint.close()


def tables_of(server: Server) -> list[str]:
    """Asked for by somebody who means no harm."""
    with another_client(server) as endpoint:
        names: list[str] = endpoint.execute("ListTables", {})["TableNames"]
        return names


def open_socket(server: Server, **options: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def sent(server: Server, *parts: bytes) -> bytes:
    """All that is answered to some bytes, until the server closes."""
    with open_socket(server) as client:
        received = b""
        with suppress(ConnectionError):
            for part in parts:
                client.sendall(part)
        with suppress(ConnectionError):
            while data := client.recv(65536):
                received += data
        return received


class Parsed:
    """What comes of some bytes without any socket."""

    def __init__(self, *parts: bytes) -> None:
        self.budget = Budget()
        self.parser = RequestParser(self, self.budget)
        self.count = self.refusal = 0
        self.requests: list[HttpRequest] = []
        for self.count, part in enumerate(parts, 1):
            self.parser.feed(part)
            if self.refusal:
                break

    def receive(self, request: HttpRequest, keeps_alive: bool, held_bytes: int) -> None:
        self.requests.append(request)
        self.budget.give_back(held_bytes)

    def refuse(self, status: int) -> None:
        self.refusal = status


HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
