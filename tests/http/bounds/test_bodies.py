"""Bodies of requests: bounded, kept as one, given back; and how many connections may send them."""

from __future__ import annotations

import gc
import gzip
import json
import weakref
import zlib
from collections.abc import Callable
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.errors import SerializationError
from minidynamo.http import bodies, compression
from minidynamo.http.compression import decompressed
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server import connection as connections
from minidynamo.http.server import request_parser
from minidynamo.http.server.request_parser import RequestParser
from minidynamo.http.server.server import Server
from minidynamo.remote.signing import sign_formally
from tests.http.bounds.raw_clients import HEAD, TARGET, Parsed, another_client, budget_of, open_socket, sent, tables_of
from tests.waiting import wait_until


def test_what_is_sent_around_a_body_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of one byte, extensions of chunks, trailers."""
    monkeypatch.setattr(request_parser, "HTTP_SENT_BYTES_MAX", 50_000)
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    for filler in (b"1\r\nx\r\n" * 200, b"1;" + b"e" * 1_000 + b"\r\nx\r\n", b"0\r\n" + b"a: b\r\n" * 200):
        first, *others = [filler] + [filler if b"0\r\n" not in filler[:3] else b"a: b\r\n" * 200] * 100
        parsed = Parsed(head, first, *others)
        assert parsed.refusal in (400, 413), filler[:10]
        assert parsed.count < 62


def test_a_body_in_crumbs_is_kept_as_one() -> None:
    """Not as so many objects."""
    parsed = Parsed(HEAD + b"Content-Length: 50000\r\n\r\n", *[b"x"] * 49_999)
    assert isinstance(parsed.parser._body, bytearray)
    assert parsed.budget.held_bytes == 49_999
    parsed.parser.feed(b"x")
    (request,) = parsed.requests
    assert request.body == b"x" * 50_000
    assert parsed.budget.held_bytes == 0
    parsed = Parsed(HEAD + b"Content-Length: 50000\r\n\r\n", b"x" * 40_000)
    parsed.parser.close()
    assert parsed.budget.held_bytes == 0


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
def test_compressed_members_are_few(compress: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is handed over with little of what follows it, since that is copied."""
    encoding = "gzip" if compress is gzip.compress else "deflate"
    many = [b"part %d " % number for number in range(1_000)]
    assert decompressed(b"".join(map(compress, many)), encoding) == b"".join(many)
    fed = 0
    whole = zlib.decompressobj

    class Counting:
        def __init__(self, window_bits: int) -> None:
            self._object = whole(window_bits)

        def decompress(self, piece: memoryview, room: int) -> bytes:
            nonlocal fed
            fed += len(piece)
            return self._object.decompress(piece, room)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._object, name)

    monkeypatch.setattr(compression.zlib, "decompressobj", Counting)
    with pytest.raises(minidynamo.DynamoError) as raised:
        decompressed(compress(b"") * 200_000, encoding)
    assert raised.value.status == 500
    assert fed <= 1_000 * 64 * 1024


def test_a_request_of_nothing_but_objects_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before anything is made of it; what items may hold passes."""
    with pytest.raises(SerializationError), monkeypatch.context() as patch:
        patch.setattr(bodies, "_PATIENT_DECODER", None)
        bodies.parsed_body(b'{"a":[' + b"{}," * 10_000 + b"{}]}")
    densest = b'{"Item":{"a":{"L":[' + b",".join([b'{"M":{}}'] * 10_000) + b"]}}}"
    assert bodies.parsed_body(densest) is not None


@pytest.mark.parametrize("text", ["{" * 20_000, "[" + "{}," * 9_000 + "{}]", '\\"{"' * 9_000, "{" * 20_000 + '"'])
def test_braces_within_texts_are_no_objects(text: str) -> None:
    request = {"Item": {"pk": {"S": text}}}
    assert bodies.parsed_body(json.dumps(request).encode()) == request


def test_a_text_without_end_is_gone_through_once() -> None:
    """Though each of its quotes might begin another one."""
    for junk in (b'\\"' * 1_000_000, b'"' + b"\\" * 2_000_001, b'{"' * 1_000_000):
        with pytest.raises(SerializationError):
            bodies.parsed_body(b'{"a":"' + b"{" * 1_000_000 + junk)


def test_large_bodies_are_read_for_those_who_have_signed(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    read: list[int] = []
    monkeypatch.setattr("minidynamo.http.exchange.parsed_body", lambda body: read.append(len(body)) or {})
    for size, is_signed in ((1_000, False), (70_000, False), (70_000, True)):
        request = HttpRequest("POST", "/", "", {"x-amz-target": TARGET + "ListTables"}, b" " * size)
        with another_client(server) as endpoint:
            response = endpoint.connections.exchange(sign_formally(request) if is_signed else request)
        assert response.status == (200 if is_signed else 400)
    assert read == [1_000, 70_000]


def test_all_connections_share_what_is_held(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    """Beyond it 503 and when to come again; it is given back when answers are sent, and when clients leave."""
    with database.serve() as server:
        budget = budget_of(server)
        monkeypatch.setattr(budget, "_size_bytes_max", 1_000_000)
        clients = [open_socket(server) for _ in range(9)]
        for client in clients:
            client.sendall(HEAD + b"Content-Length: 200000\r\n\r\n" + b"x" * 100_000)  # No more of it for now.
        wait_until(lambda: budget.held_bytes == 900_000)
        response = sent(server, HEAD + b"Content-Length: 150000\r\n\r\n" + b"x" * 150_000)
        assert response.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1\r\n" in response
        assert tables_of(server) == ["tbl"]
        for client in clients:
            client.close()
        wait_until(lambda: budget.held_bytes == 0)


def test_memory_goes_back_with_the_connection(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the collector of cycles."""
    kept: list[Any] = []
    begin = RequestParser.__init__

    def begun(self: RequestParser, *parameters: Any) -> None:
        begin(self, *parameters)
        kept.append(weakref.ref(self))

    monkeypatch.setattr(RequestParser, "__init__", begun)
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            with open_socket(server) as client:
                client.sendall(HEAD + b"Content-Length: 16000000\r\n\r\n" + b"x" * 1_000_000)
                wait_until(lambda: budget_of(server).held_bytes >= 1_000_000)
            wait_until(lambda: budget_of(server).held_bytes == 0)
        assert len(kept) == 5
        left = [each() for each in kept if each() is not None]
        assert all(each._body == b"" and each._parser is None for each in left)
    finally:
        gc.enable()


def test_there_are_so_many_connections_and_no_more(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setattr(connections, "HTTP_CONNECTIONS_MAX", 3)
    clients = [open_socket(server) for _ in range(3)]
    wait_until(lambda: len(server._server.server_state.connections) == 3)
    assert sent(server).startswith(b"HTTP/1.1 503 ")
    for client in clients:
        client.close()
    wait_until(lambda: not server._server.server_state.connections)
    assert tables_of(server) == ["tbl"]
