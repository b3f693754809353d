"""Requests of every kind against a server without sockets: mutated spec cases, and bytes that are no request at all.

Whatever is sent, there is a response, it is no failure of ours, and the database is sound after it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Iterator
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database
from minidynamo.formats.short_tables import create_table_request
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server.connection import protocol_for
from minidynamo.http.server.server import Server
from minidynamo.remote.signing import sign_formally
from minidynamo.requests.operations import SERVICES
from tests.mutations import MUTATIONS, SEEDS, mutated

OPERATIONS = sorted({operation for operation, _ in SEEDS} | SERVICES["DynamoDBStreams_20120810"] | {"Nonsense"})
HEADER_VALUES = st.sampled_from(
    ["", "gzip", "identity", "text/plain", "application/json", "x" * 300, "AWS4-HMAC-SHA256", "é", "DynamoDB_20120810."]
)
HEADER_NAMES = st.sampled_from(
    [
        "content-type",
        "x-amz-target",
        "authorization",
        "x-amz-date",
        "content-length",
        "accept-encoding",
        "host",
        "origin",
    ]
)


class Transport:
    """Where answers go, in place of a socket."""

    def __init__(self) -> None:
        self.written = b""
        self._is_closing = False

    def get_extra_info(self, name: str) -> None:
        """Nothing is known of it."""

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self._is_closing = True

    abort = close

    def is_closing(self) -> bool:
        return self._is_closing

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading


class Harness:
    """A server over one database, whose connections are called without a socket."""

    def __init__(self) -> None:
        self.database: Database = minidynamo.connect(partition_size=2_000)
        self.create_tables()
        server = Server(self.database)
        self.protocol: Any = protocol_for(server.application, server.dispatcher)
        self.state = SimpleNamespace(connections=set())
        self.loop = asyncio.new_event_loop()

    def create_tables(self) -> None:
        """Creates those that are not there, or that a request has deleted."""
        for name in {"tbl", "one", "two"} - set(self.database.execute("ListTables", {})["TableNames"]):
            table = create_table_request(name, {"key": ["pk S", "sk N"], "gsi": {"by_a": {"key": ["a S"]}}})
            self.database.execute("CreateTable", table)

    def send(self, request: HttpRequest) -> tuple[int, dict[str, str], bytes]:
        head = f"{request.method} {request.path}{'?' if request.query else ''}{request.query} HTTP/1.1\r\n"
        headers = {"content-length": str(len(request.body)), **request.headers}
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        return self.send_bytes("".join([head, *lines, "\r\n"]).encode("latin-1") + request.body)

    def send_bytes(self, raw: bytes) -> tuple[int, dict[str, str], bytes]:
        """The first response to some bytes; status 0 where more of them are waited for."""
        return self.loop.run_until_complete(asyncio.wait_for(self._sent(raw), 30))

    async def _sent(self, raw: bytes) -> tuple[int, dict[str, str], bytes]:
        connection, transport = self.protocol(None, self.state, {}), Transport()
        connection.connection_made(transport)
        connection.data_received(raw)
        while connection._is_at_work:
            await asyncio.sleep(0.0002)
        connection.connection_lost(None)
        assert connection.budget.held_bytes == 0
        head, _, rest = transport.written.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
        if not head:
            return 0, {}, b""
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        return int(first.split(" ")[1]), headers, rest[: int(headers.get("content-length", 0))]


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    harness = Harness()
    yield harness
    harness.loop.close()
    harness.database.check()


REQUESTS = st.tuples(
    st.sampled_from(SEEDS),
    MUTATIONS,
    st.none() | st.sampled_from(OPERATIONS),
    st.none() | st.tuples(HEADER_NAMES, HEADER_VALUES),
)


def check_mutation(harness: Harness, drawn: Any) -> None:
    (operation, request), mutations, other_operation, header = drawn
    service = "DynamoDB_20120810"
    headers = {
        "host": "localhost",
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"{service}.{other_operation or operation}",
    }
    body = json.dumps(mutated(request, mutations), default=lambda binary: "AA==").encode()
    http = sign_formally(HttpRequest("POST", "/", "", headers, body))
    if header is not None:
        http.headers[header[0]] = header[1]
    check_answer(harness, http)


def check_answer(harness: Harness, http: HttpRequest) -> None:
    status, headers, body = harness.send(http)
    if "content-encoding" not in http.headers:  # The service itself fails over bodies that are not what they say.
        assert status != 500, (http, body)
    assert status in (0, 200, 400, 404, 413, 500), status
    if "x-amz-crc32" in headers and http.method != "HEAD":
        assert headers["x-amz-crc32"] == str(zlib.crc32(body))
    if status == 400 and body:
        assert json.loads(body)["__type"].startswith("com.amazon")
    for name in harness.database.execute("ListTables", {})["TableNames"]:
        if name not in ("tbl", "one", "two"):  # So that tables do not pile up.
            harness.database.execute("UpdateTable", {"TableName": name, "DeletionProtectionEnabled": False})
            harness.database.execute("DeleteTable", {"TableName": name})


@settings(max_examples=200)
@given(drawn=REQUESTS)
def test_mutated_requests_are_answered(harness: Harness, drawn: Any) -> None:
    check_mutation(harness, drawn)


@pytest.mark.long
@settings(max_examples=6_000)
@given(drawn=REQUESTS)
def test_many_mutated_requests_are_answered(harness: Harness, drawn: Any) -> None:
    check_mutation(harness, drawn)


@settings(max_examples=300)
@given(
    method=st.sampled_from(["POST", "GET", "PUT", "HEAD", "OPTIONS", "BREW"]),
    path=st.sampled_from(["/", "", "/x", "//", "/?", "/\u00e9"]),
    query=st.sampled_from(["", "a=b", "X-Amz-Algorithm=AWS4-HMAC-SHA256", "%ff=%00&&="]),
    headers=st.dictionaries(HEADER_NAMES | st.just("content-encoding"), HEADER_VALUES, max_size=4),
    body=st.binary(max_size=40) | st.sampled_from([b"{}", b"[", b'{"a":' * 50_000, b"\xff" * 9, b'"B', b"1" * 6_000]),
)
def test_odd_requests_are_answered(
    harness: Harness, method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    check_answer(harness, HttpRequest(method, path, query, headers, body))


# What is unknown, and what lies around a body.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
CLEAN = {"host": "localhost", "content-type": "application/x-amz-json-1.0"}


def check_token(harness: Harness, token: str, unknown: Any) -> None:
    """Twice the same transaction, the second time with unknown members: nothing is done again, nothing fails."""
    put: Any = {"TableName": "tbl", "Item": {"pk": {"S": token}, "sk": {"N": "1"}}}
    request: Any = {"ClientRequestToken": token, "TransactItems": [{"Put": put}]}
    headers = {**CLEAN, "x-amz-target": "DynamoDB_20120810.TransactWriteItems"}
    harness.create_tables()
    for _ in range(2):
        http = sign_formally(HttpRequest("POST", "/", "", dict(headers), json.dumps(request).encode()))
        status, _, body = harness.send(http)
        assert (status, body) == (200, b"{}")
        put["Item"]["pk"]["X"] = put["Unknown"] = request["Unknown"] = unknown


@settings(max_examples=150)
@given(token=st.text("abcdef", min_size=1, max_size=30), unknown=JSON)
def test_unknown_members_beside_a_token(harness: Harness, token: str, unknown: Any) -> None:
    check_token(harness, token, unknown)


TRAILER_NAMES = st.sampled_from(["x-amz-target", "authorization", "host", "x"])
TRAILERS = st.lists(st.tuples(TRAILER_NAMES, HEADER_VALUES), max_size=4)


def check_chunks(harness: Harness, body: bytes, cuts: list[int], trailers: list[tuple[str, str]], tail: bytes) -> None:
    """A chunked body answers what the whole body does, whatever follows it."""
    http = sign_formally(HttpRequest("POST", "/", "", {**CLEAN, "x-amz-target": "DynamoDB_20120810.ListTables"}, body))
    expected = harness.send(http)
    edges = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    chunks = [body[start:end] for start, end in pairwise(edges)]
    lines = "".join(f"{name}: {value}\r\n" for name, value in http.headers.items() if name != "content-length")
    raw = f"POST / HTTP/1.1\r\n{lines}transfer-encoding: chunked\r\n\r\n".encode("latin-1")
    raw += b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n"
    raw += "".join(f"{name}: {value}\r\n" for name, value in trailers).encode("latin-1") + b"\r\n" + tail
    status, _, response = harness.send_bytes(raw)
    assert (status, response) == (expected[0], expected[2]) or status == 400


@settings(max_examples=200)
@given(
    body=st.sampled_from([b"{}", b'{"Limit": 5}', b"[", b"", b"{" * 9]) | st.binary(max_size=30),
    cuts=st.lists(st.integers(0, 99), max_size=5),
    trailers=TRAILERS,
    tail=st.sampled_from([b"", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 40]),
)
def test_chunks_and_trailers(harness: Harness, body: bytes, cuts: list[int], trailers: Any, tail: bytes) -> None:
    check_chunks(harness, body, cuts, trailers, tail)


@settings(max_examples=60)
@given(
    names=st.lists(st.sampled_from(["a", "x-amz-target", "host", "content-length", "é"]), max_size=5),
    count=st.integers(0, 3_000),
    size=st.integers(0, 300),
)
def test_floods_of_headers(harness: Harness, names: list[str], count: int, size: int) -> None:
    """Some are read, too many are refused; never anything else."""
    lines = "".join(f"{name}: {'v' * size}\r\n" * count for name in names)
    head = "POST / HTTP/1.1\r\ncontent-length: 0\r\n" if "content-length" not in names else "POST / HTTP/1.1\r\n"
    raw = f"{head}{lines}\r\n".encode("latin-1")
    status, _, _ = harness.send_bytes(raw)
    assert status == 400


@settings(max_examples=40)
@given(count=st.integers(0, 4_000), cut=st.integers(0, 30), junk=st.binary(max_size=5))
def test_floods_of_members(harness: Harness, count: int, cut: int, junk: bytes) -> None:
    """Compressed members, many, cut off, or followed by something else."""
    member = gzip.compress(b"")
    body = gzip.compress(b"{}") + member * count + junk
    headers = {**CLEAN, "x-amz-target": "DynamoDB_20120810.ListTables", "content-encoding": "gzip"}
    http = sign_formally(HttpRequest("POST", "/", "", headers, body[: len(body) - cut]))
    status, _, _ = harness.send(http)
    assert status in (200, 500)
    assert status == 200 or cut or junk or count > 900


@pytest.mark.long
@settings(max_examples=3_000)
@given(data=st.data())
def test_many_of_them(harness: Harness, data: Any) -> None:
    check_token(harness, data.draw(st.text("abcdef", min_size=1, max_size=30)), data.draw(JSON))
    cuts = data.draw(st.lists(st.integers(0, 99), max_size=5))
    check_chunks(
        harness, data.draw(st.binary(max_size=60)), cuts, data.draw(TRAILERS), data.draw(st.binary(max_size=9))
    )
