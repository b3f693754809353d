"""The HTTP door to functions: what no HTTP message can be, handlers that hang or exit, clients that leave."""

from __future__ import annotations

import http.client
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import minidynamo
from minidynamo.gateway.single_function import Gateway
from minidynamo.http.server import dispatcher as dispatching
from minidynamo.http.server.server import Server
from tests.http.bounds.raw_clients import open_socket, sent
from tests.waiting import wait_until


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
    monkeypatch.setattr(Gateway, "seconds_max", 0.3)
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
        assert found == [503] * 9
        threads = [threading.Thread(target=lambda: get(server, "/hang"))]
        threads[0].start()
        wait_until(lambda: server.dispatcher._calls._open == 10)
        assert get(server, "/quick") == (429, b'{"message":"Too Many Requests"}')
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
