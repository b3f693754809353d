"""Usual requests, read at once: what the patient parser makes of them is the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.compiled import IS_IN_USE
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server import request_parser
from minidynamo.http.server.budget import Budget
from minidynamo.http.server.request_parser import RequestParser
from minidynamo.http.server.usual_requests import USUAL_BYTES_MAX, usual_request

HEADERS = [
    ("Host", "127.0.0.1:8000"),
    ("Content-Type", "application/x-amz-json-1.0"),
    ("X-Amz-Target", "DynamoDB_20120810.GetItem"),
    ("Authorization", "AWS4-HMAC-SHA256 Credential=x/20261127/us-east-1/dynamodb/aws4_request, SignedHeaders=host"),
]
BODY = b'{"TableName":"tbl"}'

needs_core = pytest.mark.skipif(not IS_IN_USE, reason="the compiled core is not in use")


class Collector:
    """Gets requests and refusals."""

    def __init__(self) -> None:
        self.received: list[tuple[HttpRequest, bool]] = []
        self.refused: list[int] = []

    def receive(self, request: HttpRequest, keeps_alive: bool, held_bytes: int) -> None:
        self.received.append((request, keeps_alive))

    def refuse(self, status: int) -> None:
        self.refused.append(status)


def read(data: list[bytes], patiently: bool) -> Collector:
    """What a connection's parser makes of pieces of data, with the quick way or without it."""
    collector = Collector()
    with pytest.MonkeyPatch.context() as patch:
        if patiently:
            patch.setattr(request_parser, "usual_request", lambda data, size_bytes_max: None)
        parser = RequestParser(collector, Budget())
        for each in data:
            if not collector.refused:
                parser.feed(each)
    return collector


def raw(headers: list[tuple[str, str]], body: bytes = BODY, start: str = "POST / HTTP/1.1") -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{start}\r\n{head}\r\n".encode("latin-1") + body


def length(size: int = len(BODY)) -> tuple[str, str]:
    return ("Content-Length", str(size))


@needs_core
def test_what_sdks_send_is_usual() -> None:
    found = usual_request(raw([*HEADERS, length()]), USUAL_BYTES_MAX)
    assert found is not None
    headers, body = found
    assert body == BODY
    assert headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert [name for name, _ in HEADERS] + ["Content-Length"] == [each.title() for each in headers]


UNUSUAL: dict[str, bytes] = {
    "another method": raw([*HEADERS, length()], start="GET / HTTP/1.1"),
    "another path": raw([*HEADERS, length()], start="POST /2 HTTP/1.1"),
    "an older version": raw([*HEADERS, length()], start="POST / HTTP/1.0"),
    "no length": raw(HEADERS),
    "no body": raw([*HEADERS, length(0)], b""),
    "a longer body": raw([*HEADERS, length()], BODY + b"x"),
    "a shorter body": raw([*HEADERS, length()], BODY[:-1]),
    "two lengths": raw([*HEADERS, length(), length()]),
    "a length with a sign": raw([*HEADERS, ("Content-Length", f"+{len(BODY)}")]),
    "a long length": raw([*HEADERS, ("Content-Length", "0" * 30 + str(len(BODY)))]),
    "chunks": raw([*HEADERS, length(), ("Transfer-Encoding", "chunked")]),
    "an expectation": raw([*HEADERS, length(), ("Expect", "100-continue")]),
    "an upgrade": raw([*HEADERS, length(), ("Upgrade", "h2c")]),
    "a connection that ends": raw([*HEADERS, length(), ("Connection", "close")]),
    "a connection through a proxy": raw([*HEADERS, length(), ("Proxy-Connection", "close")]),
    "a header twice": raw([*HEADERS, length(), ("host", "other")]),
    "a header without a value": raw([*HEADERS, length(), ("X-Empty", "")]),
    "a value of other letters": raw([*HEADERS, length(), ("X-Name", "Zoë")]),
    "a control character": raw([*HEADERS, length(), ("X-Name", "a\x01")]),
    "a blank before the colon": raw([*HEADERS, length(), ("X-Name ", "a")]),
    "a folded line": raw([*HEADERS, length(), ("X-Name", "a\r\n b")]),
    "a line that ends alone": raw([*HEADERS, length(), ("X-Name", "a\nX-Other: b")]),
    "many headers": raw([*HEADERS, length(), *((f"X-{number}", "a") for number in range(70))]),
    "a large body": raw([*HEADERS, length(USUAL_BYTES_MAX)], b"x" * USUAL_BYTES_MAX),
    "nothing": b"",
}


@pytest.mark.parametrize("what", UNUSUAL)
def test_anything_else_is_read_patiently(what: str) -> None:
    assert usual_request(UNUSUAL[what], USUAL_BYTES_MAX) is None


names = st.sampled_from(
    [
        *(name for name, _ in HEADERS),
        *("x-amz-date", "Accept-Encoding", "Connection", "Proxy-Connection", "X-Y", "a_b"),
    ]
)
values = st.one_of(
    st.sampled_from(["keep-alive", "close", "gzip", "a  b", "Tab\there", "x" * 300]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
)


@st.composite
def requests(draw: Any) -> bytes:
    """A request in most things usual, some of whose bytes may be others."""
    headers = draw(st.lists(st.tuples(names, values), max_size=6))
    body = draw(st.binary(min_size=1, max_size=30))
    data = raw([*headers, length(len(body))], body)
    if draw(st.booleans()):
        position = draw(st.integers(0, len(data) - 1))
        data = data[:position] + draw(st.binary(max_size=2)) + data[position + 1 :]
    return data


@needs_core
@given(requests())
def test_both_read_the_same(data: bytes) -> None:
    if usual_request(data, USUAL_BYTES_MAX) is not None:
        quick, patient = read([data], patiently=False), read([data], patiently=True)
        assert quick.received == patient.received
        assert (quick.refused, patient.refused) == ([], [])


@given(st.lists(requests(), min_size=1, max_size=3), st.lists(st.integers(1, 400), max_size=4))
def test_in_pieces_and_one_after_another(data: list[bytes], cuts: list[int]) -> None:
    """The quick way is gone where a request begins, and nowhere else."""
    joined, pieces = b"".join(data), []
    for cut in cuts:
        pieces.append(joined[:cut])
        joined = joined[cut:]
    pieces = [piece for piece in (*pieces, joined) if piece]
    quick, patient = read(pieces, patiently=False), read(pieces, patiently=True)
    assert (quick.received, quick.refused) == (patient.received, patient.refused)
