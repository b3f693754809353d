"""Clients that mean harm, or are broken: nothing without a bound, nothing kept, nobody else held up."""

from __future__ import annotations

import gc
import gzip
import http.client
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import weakref
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.credentials import Credentials

import minidynamo
from minidynamo import Database, SystemClock
from minidynamo.cli import serve_command
from minidynamo.cli.command_line import main
from minidynamo.errors import InvalidSignature, SerializationError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.http import bodies, compression
from minidynamo.http.compression import decompressed
from minidynamo.http.exchange import request_summary
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server import access, request_parser
from minidynamo.http.server import connection as connections
from minidynamo.http.server import dispatcher as dispatching
from minidynamo.http.server.access import Databases, ServeError
from minidynamo.http.server.budget import Budget
from minidynamo.http.server.gateway import Gateway
from minidynamo.http.server.pool import Pool
from minidynamo.http.server.request_parser import RequestParser
from minidynamo.http.server.server import Server, ServerOptions
from minidynamo.http.verification import Verifier
from minidynamo.remote.connection import Connections
from minidynamo.remote.endpoint import RemoteEndpoint
from minidynamo.remote.signing import sign_formally
from tests.http.botocore_signing import botocore_signer

TARGET = "DynamoDB_20120810."
TABLE = create_table_request("tbl", {"key": ["pk S"]})


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


def budget_of(server: Server) -> Budget:
    budget: Budget = server._server.config.http_protocol_class.budget
    return budget


def wait_until(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


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


# Heads.


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


@pytest.mark.parametrize(
    "parts",
    [
        [HEAD + b"a: vvvvvvvvvv\r\n" * 2_000],
        [HEAD + b"".join(b"a%d: v\r\n" % number for number in range(201)) + b"\r\n"],
        [HEAD, *[b"a: " + b"v" * 100 + b"\r\n"] * 47_000],
        [HEAD + b"a: ", *[b"v" * 1_000] * 100],
        [HEAD, *[b"a" * 1_000] * 100],
        [b"POST /", *[b"x" * 1_000] * 100],
        [b"POST /?", *[b"x=y&" * 250] * 100, b" HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ],
    ids=["one name", "many headers", "one name, slowly", "one value", "one name", "a path", "a query"],
)
def test_a_head_without_end_is_refused_at_once(parts: list[bytes]) -> None:
    """As soon as 16 KB have come in, or 200 headers; the rest is not looked at."""
    parsed = Parsed(*parts)
    assert parsed.refusal == 400
    assert parsed.count <= 175
    assert sum(map(len, parts[: parsed.count])) < max(len(parts[0]) + 1, 20_000)


def test_heads_up_to_the_bound_are_read() -> None:
    for count, size in ((198, 20), (10, 1_500)):
        lines = b"".join(b"a%d: %s\r\n" % (number, b"v" * size) for number in range(count))
        parsed = Parsed(HEAD + lines + b"Content-Length: 0\r\n\r\n")
        assert parsed.refusal == 0
    parsed = Parsed(HEAD, b"a: 1\r\na: 2\r\nA: 3\r\nContent-Length: 0\r\n\r\n")
    (request,) = parsed.requests
    assert request.headers["a"] == "1,2,3"


def test_a_flood_of_headers_gets_400_and_the_end(server: Server) -> None:
    response = sent(server, HEAD + b"a: vvv\r\n" * 5_000 + b"\r\n")
    assert response.startswith(b"HTTP/1.1 400 ")
    assert sent(server, HEAD + b"x: y\r\n" * 300_000).startswith((b"HTTP/1.1 400 ", b""))
    assert tables_of(server) == ["tbl"]


def test_trailers_are_no_headers(server: Server) -> None:
    """What a proxy has not seen in the head counts for nothing, signatures and targets least of all."""
    request = sign_formally(HttpRequest("POST", "/", "", {"x-amz-target": TARGET + "ListTables"}, b"{}"))
    trailers = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items()).encode()
    chunked = b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n"
    response = sent(server, HEAD + chunked + trailers + b"\r\n")
    assert response.startswith(b"HTTP/1.1 400 ")
    assert b"UnknownOperationException" in response
    response = sent(server, HEAD + trailers + chunked + b"X-Amz-Target: DynamoDB_20120810.DeleteTable\r\n\r\n")
    assert response.startswith(b"HTTP/1.1 200 ")
    assert b"TableNames" in response


# Bodies.


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


# Answers that nobody reads.


def test_a_client_that_reads_nothing_gets_no_more(database: Database, server: Server) -> None:
    """Of what it has asked for, little is worked out before it reads; then all of it comes, in its order."""
    for number in range(4):
        item = {"pk": {"S": str(number)}, "t": {"S": "." * 300_000}}
        database.execute("PutItem", {"TableName": "tbl", "Item": item})
    answered = []
    execute = database.execute
    database.execute = lambda *request: answered.append(request[0]) or execute(*request)  # type: ignore
    with open_socket(server) as client:
        for number in range(60):
            client.sendall(raw("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": str(number % 4)}}}))
        time.sleep(0.5)
        assert tables_of(server) == ["tbl"]
        assert len(answered) < 40
        assert 0 < budget_of(server).held_bytes < 5_000_000
        seen, position = b"", 0
        while position < 60:
            seen += client.recv(1 << 20)
            while (head := seen.find(b"\r\n\r\n")) >= 0 and len(seen) > head + 4 + 300_000:
                length = int(seen[:head].partition(b"content-length: ")[2].partition(b"\r\n")[0])
                if len(seen) < head + 4 + length:
                    break
                body = json.loads(seen[head + 4 : head + 4 + length])
                assert body["Item"]["pk"]["S"] == str(position % 4)
                seen, position = seen[head + 4 + length :], position + 1
    del database.execute


def test_a_client_that_never_reads_is_left(database: Database, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_WATCH_SECONDS", 0.05)
    monkeypatch.setattr(connections, "HTTP_UNREAD_SECONDS_MAX", 0.1)
    database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "t": {"S": "." * 390_000}}})
    with open_socket(server) as client:
        for _ in range(60):
            client.sendall(raw("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a"}}}))
        wait_until(lambda: budget_of(server).held_bytes > 0)
        wait_until(lambda: not server._server.server_state.connections)


def test_pipelined_requests_are_answered_in_order(database: Database, server: Server) -> None:
    """Whether the loop answers them or a thread; others have their turn in between."""
    database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}}})
    key = {"TableName": "tbl", "Key": {"pk": {"S": "a"}}}
    asked: list[tuple[str, Any]] = [("GetItem", key), ("Scan", {"TableName": "tbl"}), ("ListTables", {})] * 40
    stream = b"".join(raw(*each) for each in asked[:-1]) + raw(*asked[-1], connection="close")
    response = sent(server, stream)
    found = [each.partition(b"\r\n\r\n")[2][:8] for each in response.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert found == [b'{"Item":', b'{"Items"', b'{"TableN'] * 40


class Slow:
    """A transport whose client reads what it is told to."""

    def __init__(self, left: int) -> None:
        self.left, self.is_aborted = left, False

    def get_write_buffer_size(self) -> int:
        return self.left

    def abort(self) -> None:
        self.is_aborted = True


def test_a_client_that_reads_slowly_may_take_its_time(server: Server) -> None:
    """As long as it goes on."""
    connection: Any = server._server.config.http_protocol_class(None, server._server.server_state, {})
    connection._transport = transport = Slow(16_000_000)
    connection._unread_left, connection._unread_at = transport.left, 0.0
    for second in range(0, 600, 30):
        transport.left -= 300_000
        connection._look_at_unread(float(second))
        assert not transport.is_aborted
    transport.left -= 5
    connection._look_at_unread(620.0)
    assert not transport.is_aborted
    connection._look_at_unread(640.0)
    assert transport.is_aborted


def test_what_follows_the_last_request_takes_no_room(server: Server) -> None:
    """The fixture looks whether all of it is given back."""
    large = raw("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "t": {"S": "." * 50_000}}})
    response = sent(server, raw("ListTables", {}, connection="close") + large + large)
    assert response.count(b"HTTP/1.1 ") == 1


def test_leave_to_send_a_body_comes_in_its_turn(database: Database, server: Server) -> None:
    """Behind the answers to what was asked before."""
    put = raw("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}}}, expect="100-continue", connection="close")
    head, _, body = put.partition(b"\r\n\r\n")
    with open_socket(server) as client:
        with database.lock:
            client.sendall(raw("ListTables", {}) + head + b"\r\n\r\n")
            client.settimeout(0.2)
            with pytest.raises(TimeoutError):
                client.recv(1)
        client.settimeout(20)
        received = b""
        while b"100 Continue" not in received:
            received += client.recv(65536)
        assert received.startswith(b"HTTP/1.1 200 ")
        assert received.endswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        client.sendall(body)
        while data := client.recv(65536):
            received += data
    assert received.endswith(b"{}")


# Nobody waits for somebody else.


def test_the_loop_waits_for_no_lock(database: Database, server: Server) -> None:
    """Requests that need it wait in threads; the health check is answered meanwhile."""
    with another_client(server) as first, another_client(server) as second:
        first.execute("ListTables", {})
        responses: list[Any] = []
        with database.lock:
            thread = threading.Thread(target=lambda: responses.append(first.execute("ListTables", {})))
            thread.start()
            assert second.connections.exchange(HttpRequest("GET", "/", "", {}, b"")).status == 200
            assert not responses
        thread.join(20)
        assert responses


def test_the_loop_waits_for_no_disk(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that is being synced holds up neither the health check nor other writes' syncs."""
    may_sync, sync = threading.Event(), os.fsync
    with minidynamo.connect(tmp_path / "a.db") as database, database.serve() as server:
        database.execute("CreateTable", TABLE)
        with another_client(server) as first, another_client(server) as second:
            put = {"TableName": "tbl", "Item": {"pk": {"S": "a"}}}
            first.execute("PutItem", put)
            monkeypatch.setattr(os, "fsync", lambda file: (may_sync.wait(20), sync(file)))
            responses: list[Any] = []
            thread = threading.Thread(target=lambda: responses.append(first.execute("PutItem", put)))
            thread.start()
            wait_until(lambda: not database.engine.is_durable_now)
            assert second.connections.exchange(HttpRequest("GET", "/", "", {}, b"")).status == 200
            assert not responses
            may_sync.set()
            thread.join(20)
            assert responses == [{}]


def test_what_takes_long_is_answered_beside_the_loop(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """And comes back to it when it has been quick for a while."""
    application = Server(database).application
    dispatcher = dispatching.Dispatcher(application, database)
    get = sign_formally(HttpRequest("POST", "/", "", {"x-amz-target": TARGET + "GetItem"}, b"{}"))
    scan = get._replace(headers={**get.headers, "x-amz-target": TARGET + "Scan"}, body=b'{"TableName":"tbl"}')
    assert dispatcher.respond_at_once(get) is not None
    assert dispatcher.respond_at_once(scan) is None
    for _ in range(60):
        dispatcher.respond(scan)
    assert dispatcher.respond_at_once(scan) is not None
    ticks = iter([0.0, 0.5])
    with monkeypatch.context() as patch:
        patch.setattr(dispatching.time, "perf_counter", lambda: next(ticks))
        assert dispatcher.respond_at_once(get) is not None  # Slow by the clock: somebody else may have been at work.
    ticks = iter([0.0, 0.5])
    with monkeypatch.context() as patch:
        patch.setattr(dispatching.time, "thread_time", lambda: next(ticks))
        assert dispatcher.respond_at_once(get) is not None  # Slow by its own time.
    assert dispatcher.respond_at_once(get) is None
    assert dispatcher.respond_at_once(scan._replace(body=b" " * 20_000)) is None
    assert dispatcher.respond_at_once(scan._replace(headers={**scan.headers, "content-encoding": "gzip"})) is None


def test_a_pool_has_so_many_threads_and_so_much_room() -> None:
    pool, may_end, done = Pool("test", 2, queue_size=1), threading.Event(), []
    work = lambda: (may_end.wait(20), done.append(1))  # noqa: E731
    assert [pool.submit(work) for _ in range(5)] == [True, True, True, False, False]
    may_end.set()
    wait_until(lambda: len(done) == 3)
    wait_until(lambda: pool._open == 0)
    assert pool.submit(work)
    assert pool._threads == 2
    failing = Pool("test", 1)

    def fail() -> None:
        raise SystemExit

    assert failing.submit(fail)
    ended = threading.Event()
    assert failing.submit(ended.set)
    assert ended.wait(20)


def test_a_pool_that_gets_no_thread_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, done = Pool("test", 1), threading.Event()

    def failing(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", failing)
        assert not pool.submit(done.set)
    assert pool.submit(done.set)
    assert done.wait(20)


def test_a_server_that_gets_no_thread_says_so(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.dispatcher._computing, "submit", lambda work: False)
    response = sent(server, raw("Scan", {"TableName": "tbl"}, connection="close"))
    assert response.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in response


def test_leave_that_nobody_waits_for_is_not_given(server: Server) -> None:
    """The body has come with the head."""
    response = sent(server, raw("ListTables", {}, expect="100-continue", connection="close"))
    assert response.startswith(b"HTTP/1.1 200 ")
    assert b"100 Continue" not in response


def test_there_is_nothing_to_upgrade_to(server: Server) -> None:
    """The request is answered, once, and the connection ends."""
    response = sent(server, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    assert response.count(b"HTTP/1.1 ") == 1
    assert response.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in response


def test_a_last_answer_that_is_not_read_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HTTP_UNREAD_SECONDS_MAX", 0.0)
    connection: Any = server._server.config.http_protocol_class(None, server._server.server_state, {})
    connection._transport = transport = Slow(10)
    connection._loop = SimpleNamespace(call_later=lambda *arguments: None)
    transport.is_closing = lambda: True  # type: ignore[attr-defined]
    connection._look()
    time.sleep(0.01)
    connection._look()
    assert transport.is_aborted


def test_requests_that_wait_take_room(server: Server, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is none, the connection ends."""
    monkeypatch.setattr(budget_of(server), "_size_bytes_max", 100_000)
    with database.lock:
        assert sent(server, raw("ListTables", {}) * 200) == b""
    assert tables_of(server) == ["tbl"]


def test_a_stopped_server_leaves_no_threads(database: Database) -> None:
    """And has new ones when it is started again."""
    before = set(threading.enumerate())
    server = Server(database)
    for _ in range(2):
        with server:
            threads = [threading.Thread(target=tables_of, args=(server,)) for _ in range(4)]
            with database.lock:
                for each in threads:
                    each.start()
                wait_until(lambda: server.dispatcher._waiting._threads == 4)
            for each in threads:
                each.join()
            assert sent(server, raw("Scan", {"TableName": "tbl"}, connection="close")).startswith(b"HTTP/1.1 200 ")
        wait_until(lambda: set(threading.enumerate()) <= before)


# The HTTP door to functions.


@contextmanager
def door(handler: Any, payload_format: str = "2.0") -> Iterator[Server]:
    with (
        minidynamo.connect() as database,
        Server(database, gateway=Gateway(database, handler, payload_format)) as server,
    ):
        yield server


def get(server: Server, path: str = "/x") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", path)
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


@pytest.mark.parametrize("status", [204, 304])
def test_no_byte_follows_an_answer_without_a_body(status: int) -> None:
    """It would be the first of the next response."""
    responses = iter([{"statusCode": status, "body": "x"}, {"statusCode": 200, "body": "second"}])
    with door(lambda event, context: next(responses)) as server:
        one = b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"
        response = sent(server, one, one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    first, _, rest = response.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 %d " % status)
    assert b"content-length" not in first
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest.endswith(b"\r\n\r\nsecond")


@pytest.mark.parametrize(
    "response",
    [
        {"statusCode": 200, "headers": {"x-a": "b\r\nset-cookie: c=d"}},
        {"statusCode": 200, "headers": {"x-a": "b\x00"}},
        {"statusCode": 200, "headers": {"x-a": "\u20ac"}},
        {"statusCode": 200, "headers": {"x a": "b"}},
        {"statusCode": 200, "headers": {"": "b"}},
        {"statusCode": 200, "multiValueHeaders": {"a:b": ["c"]}},
        {"statusCode": 100},
        {"statusCode": 101, "body": "x"},
        {"statusCode": "x"},
        {"statusCode": float("inf")},
    ],
)
@pytest.mark.parametrize(("payload_format", "status"), [("1.0", 502), ("2.0", 500)])
def test_an_answer_that_no_http_message_can_be_is_a_failure(response: Any, payload_format: str, status: int) -> None:
    with door(lambda event, context: response, payload_format) as server:
        found, body = get(server)
    assert found == status
    assert json.loads(body)["message"].lower() == "internal server error"


def test_a_function_says_nothing_of_framing() -> None:
    headers = {"Transfer-Encoding": "chunked", "Content-Length": "1", "Connection": "close", "X-Own": "kept"}
    with door(lambda event, context: {"statusCode": 200, "headers": headers, "body": "whole"}) as server:
        response = sent(server, b"GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert b"transfer-encoding" not in response
    assert b"content-length: 5\r\n" in response
    assert b"x-own: kept\r\n" in response


def test_hanging_handlers_shut_no_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is answered after 29 s, here less; others are answered meanwhile; beyond a number there are too many."""
    monkeypatch.setattr(connections, "FUNCTION_ANSWER_SECONDS_MAX", 0.3)
    monkeypatch.setattr(dispatching, "FUNCTION_CALLS_AT_ONCE_MAX", 10)
    may_end = threading.Event()

    def handler(event: Any, context: Any) -> str:
        if event["rawPath"] == "/hang":
            may_end.wait(30)
        return "done"

    with door(handler) as server:
        found: list[int] = []
        threads = [threading.Thread(target=lambda: found.append(get(server, "/hang")[0])) for _ in range(9)]
        for each in threads:
            each.start()
        wait_until(lambda: server.dispatcher._calls._threads == 9)
        assert get(server, "/quick")[0] == 200
        for each in threads:
            each.join(20)
        assert found == [504] * 9
        threads = [threading.Thread(target=lambda: get(server, "/hang"))]
        threads[0].start()
        wait_until(lambda: server.dispatcher._calls._open == 10)
        assert get(server, "/quick") == (429, b'{"message": "Too Many Requests"}')
        threads[0].join(20)
        may_end.set()
        wait_until(lambda: get(server, "/quick")[0] == 200)


@pytest.mark.parametrize("how", ["exits", "is interrupted"])
def test_a_handler_that_exits_ends_no_server(how: str) -> None:
    def handler(event: Any, context: Any) -> None:
        raise SystemExit(3) if how == "exits" else KeyboardInterrupt

    with door(handler) as server:
        assert [get(server)[0] for _ in range(2)] == [500, 500]


def test_clients_that_leave_early_leave_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    is_in, may_end = threading.Event(), threading.Event()

    def handler(event: Any, context: Any) -> str:
        is_in.set()
        may_end.wait(20)
        return "." * 1_000_000

    with caplog.at_level(logging.WARNING), door(handler) as server:
        for _ in range(3):
            is_in.clear()
            with open_socket(server) as client:
                client.sendall(b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert is_in.wait(20)
        may_end.set()
        wait_until(lambda: not server._server.server_state.connections)
        assert get(server)[0] == 200
    assert caplog.text == ""


# What reaches a terminal, and what callers may take.


def test_nothing_unsigned_reaches_a_terminal_raw() -> None:
    """Line breaks and escape sequences are written out; long texts are cut off."""
    nasty = "\x1b[2J\nforged \x9b31m\u202e"
    unsigned = HttpRequest("GET", f"/{nasty}", "", {}, b"")
    table = HttpRequest(
        "POST", "/", "", {"x-amz-target": TARGET + "GetItem"}, json.dumps({"TableName": nasty + "x" * 5_000}).encode()
    )
    for request in (unsigned, table, table._replace(method=nasty, headers={})):
        summary = request_summary(request)
        assert summary.isprintable()
        assert len(summary) < 300
    formatter = serve_command._Formatter("%(message)s")
    record = logging.LogRecord("minidynamo", logging.WARNING, "", 0, "said %s", (nasty,), None)
    assert formatter.format(record).isprintable()
    try:
        raise ValueError(nasty)
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    assert all(line.isprintable() for line in formatter.format(record).split("\n"))
    assert "Traceback" in formatter.format(record)


def test_callers_who_are_told_apart_are_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """And they share the thread that deletes what has expired."""
    monkeypatch.setattr(access, "SERVED_DATABASES_MAX", 5)
    clock = minidynamo.ManualClock()
    databases = Databases(
        minidynamo.connect(clock=clock), lambda region: minidynamo.connect(clock=clock), by_access_key=True
    )
    before = threading.active_count()
    with Server(databases) as server:
        for number in range(7):
            request = sign_formally(HttpRequest("POST", "/", "", {"x-amz-target": TARGET + "ListTables"}, b"{}"))
            authorization = request.headers["authorization"].replace("Credential=", f"Credential={number}")
            with another_client(server) as endpoint:
                response = endpoint.connections.exchange(
                    request._replace(headers={**request.headers, "authorization": authorization})
                )
            assert response.status == (200 if number < 5 else 400)
        assert b"keeps a database for each of 5 callers" in response.body
    assert threading.active_count() <= before + 1
    own = next(iter(databases._opened.values()))
    own.execute("CreateTable", TABLE)
    own.execute(
        "UpdateTimeToLive",
        {"TableName": "tbl", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "at"}},
    )
    own.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "at": {"N": str(int(clock.now()))}}})
    assert databases.expire() == 1


def test_a_server_without_files_left_answers_everything() -> None:
    """What answering needs is loaded before it listens."""
    code = """
import os, resource
import minidynamo
from minidynamo.cli.serve_command import load_everything
from minidynamo.operations import OPERATIONS
load_everything()
database = minidynamo.connect()
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
try:
    open(os.devnull)
    raise SystemExit("files can still be opened")
except OSError:
    pass
for operation in OPERATIONS:
    try:
        database.execute(operation, {})
    except minidynamo.DynamoError:
        pass
keys = dict(KeySchema=[dict(AttributeName="pk", KeyType="HASH")], BillingMode="PAY_PER_REQUEST")
attributes = [dict(AttributeName="pk", AttributeType="S")]
stream = dict(StreamEnabled=True, StreamViewType="KEYS_ONLY")
keys |= dict(TableName="tbl", AttributeDefinitions=attributes, StreamSpecification=stream)
database.execute("CreateTable", keys)
database.execute("Scan", dict(TableName="tbl", FilterExpression="begins_with(pk, a) OR size(pk) IN (a)"))
print("answered")
"""
    if os.name == "nt":
        pytest.skip("limits on files are POSIX's")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "answered\n"


def test_a_door_that_others_can_reach_is_opened_on_purpose(database: Database) -> None:
    """Credentials are DynamoDB's: whoever calls the function needs none."""
    gateway = Gateway(database, lambda event, context: None)
    options = {"host": "0.0.0.0", "credentials": {"key": "secret"}}
    with pytest.raises(ServeError, match="--api answers everybody"):
        Server(database, ServerOptions(**options), gateway)  # type: ignore[arg-type]
    Server(database, ServerOptions(**options, allows_anonymous=True), gateway)  # type: ignore[arg-type]
    Server(database, ServerOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["x-amz-target", "x-amz-security-token", "x-amz-api-version"])
def test_headers_that_nobody_has_signed_are_refused(name: str) -> None:
    """They could be changed on the way, and DescribeTable become DeleteTable."""
    sign = botocore_signer("http://localhost", Credentials("key", "secret"), "us-east-1")
    verify = Verifier({"key": "secret"}, SystemClock())
    request = sign(HttpRequest("POST", "/", "", {"x-amz-target": TARGET + "ListTables"}, b"{}"))
    assert verify(request).access_key == "key"
    authorization = request.headers["authorization"].replace(f";{name}", "")
    headers = {**request.headers, "authorization": authorization, name: request.headers.get(name, "x")}
    shown = "-".join(part.capitalize() for part in name.split("-"))
    with pytest.raises(InvalidSignature, match=f"'{shown}' must be a 'SignedHeader'"):
        verify(request._replace(headers=headers))


@pytest.mark.parametrize("text", ["9", "rw", "1777", "-1", "0o640", ""])
def test_permissions_are_three_octal_digits(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["serve", f"--file-mode={text}"])
    assert stop.value.code == 2
    assert "write three octal digits, such as 640" in capsys.readouterr().err
    assert [serve_command._file_mode(each) for each in ("640", "0640")] == [0o640, 0o640]
