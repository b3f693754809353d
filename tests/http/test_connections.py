"""HTTP on one connection, and connections that are slow, broken or no HTTP at all."""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress

import pytest

from minidynamo.http.messages import HttpRequest
from minidynamo.http.server.server import Server
from minidynamo.remote.signing import sign_formally
from tests.http.servers import HEADERS, client_of


def test_a_slow_client_stops_nobody(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        assert client_of(server).list_tables()["TableNames"] == []


def test_a_client_that_hangs_up_stops_nobody(server: Server) -> None:
    for sent in (b"", b"POST", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"):
        with socket.create_connection(("127.0.0.1", server.port)) as broken:
            broken.sendall(sent)
    assert client_of(server).list_tables()["TableNames"] == []


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x00\xff\xfe" * 100,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_gets_400_or_nothing(server: Server, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        response = b"".join(iter(lambda: connection.recv(65536), b""))
    assert response == b"" or b" 400 " in response.split(b"\r\n")[0]
    assert client_of(server).list_tables()["TableNames"] == []


def test_a_chunked_body_is_read_and_bounded(server: Server) -> None:
    def chunked(parts: list[bytes]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        headers = sign_formally(HttpRequest("POST", "/", "", HEADERS, b"")).headers
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", "/", iter(parts), headers, encode_chunked=True)
        received = connection.getresponse()
        response = received.status, received.read()
        connection.close()
        return response

    assert chunked([b"{", b"}"]) == (200, b'{"TableNames":[]}')
    assert chunked([b"x" * 2**20] * 17)[0] == 413


def raw_exchange(server: Server, sent: bytes, count: int = 1) -> bytes:
    """Sends bytes as they are and reads until `count` answers are whole."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        while received.count(b'{"TableNames":[]}') < count:
            part = connection.recv(65536)
            if not part:
                break
            received += part
    return received


def raw_request(body: bytes = b"{}", **headers: str) -> bytes:
    signed = sign_formally(HttpRequest("POST", "/", "", {"host": "localhost", **HEADERS, **headers}, body)).headers
    head = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    return f"POST / HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n".encode() + body


def test_requests_may_follow_one_another_without_waiting(server: Server) -> None:
    received = raw_exchange(server, raw_request() * 5, count=5)
    assert received.count(b"HTTP/1.1 200 OK") == 5


def test_a_request_may_come_byte_by_byte(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(2):
            for byte in raw_request():
                connection.sendall(bytes([byte]))
            assert b"200 OK" in connection.recv(65536), number


def test_a_client_may_ask_before_it_sends_a_body(server: Server) -> None:
    head, body = raw_request(expect="100-continue").split(b"\r\n\r\n")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert b"200 OK" in connection.recv(65536)


def test_a_connection_is_closed_where_asked_to(server: Server) -> None:
    received = raw_exchange(server, raw_request(connection="close"), count=2)
    assert b"connection: close" in received


def test_version_1_0_of_http_is_answered(server: Server) -> None:
    received = raw_exchange(server, raw_request().replace(b"HTTP/1.1", b"HTTP/1.0"), count=2)
    assert b"200 OK" in received


def test_an_upgrade_is_not_taken_up(server: Server) -> None:
    """Some clients offer HTTP/2 so; they get no response that they could mistake, and others go on."""
    raw_exchange(server, raw_request(connection="Upgrade, HTTP2-Settings", upgrade="h2c"))
    assert client_of(server).list_tables()["TableNames"] == []


def test_silent_connections_are_closed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a request with 408, between requests without a word."""
    from minidynamo.http.server import connection as server_connection

    monkeypatch.setattr(server_connection, "_WATCH_SECONDS", 0.05)
    monkeypatch.setattr(server_connection, "HTTP_IDLE_SECONDS_MAX", 0.1)
    monkeypatch.setattr(server_connection, "HTTP_BODY_SECONDS_MAX", 0.1)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(raw_request()[:-1])
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
        assert connection.recv(65536) == b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        assert connection.recv(65536) == b""
