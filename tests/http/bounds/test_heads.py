"""Heads of requests: without end, with too many headers, with trailers."""

from __future__ import annotations

import pytest

from minidynamo.http.messages import HttpRequest
from minidynamo.http.server.server import Server
from minidynamo.remote.signing import sign_formally
from tests.http.bounds.raw_clients import HEAD, TARGET, Parsed, sent, tables_of


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
