"""Requests of every kind against a server without sockets: mutated spec cases, and bytes that are no request at all.

Whatever is sent, there is an answer, it is no failure of ours, and the database is sound after it.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database
from minidynamo.interfaces.conformance.endpoint import sign_formally
from minidynamo.interfaces.conformance.short_tables import create_table_request
from minidynamo.interfaces.server.connection import protocol_for
from minidynamo.interfaces.server.running import Server
from minidynamo.interfaces.wire.messages import HttpRequest
from minidynamo.interfaces.wire.targets import SERVICES
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
        for name in ("tbl", "one", "two"):
            table = create_table_request(name, {"key": ["pk S", "sk N"], "gsi": {"by_a": {"key": ["a S"]}}})
            self.database.execute("CreateTable", table)
        server = Server(self.database)
        self.protocol: Any = protocol_for(server.application, server.dispatcher)
        self.state = SimpleNamespace(connections=set())
        self.loop = asyncio.new_event_loop()

    def send(self, request: HttpRequest) -> tuple[int, dict[str, str], bytes]:
        head = f"{request.method} {request.path}{'?' if request.query else ''}{request.query} HTTP/1.1\r\n"
        headers = {"content-length": str(len(request.body)), **request.headers}
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        return self.send_bytes("".join([head, *lines, "\r\n"]).encode("latin-1") + request.body)

    def send_bytes(self, raw: bytes) -> tuple[int, dict[str, str], bytes]:
        """The first answer to some bytes; status 0 where more of them are waited for."""
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


@settings(max_examples=600)
@given(drawn=REQUESTS)
def test_mutated_requests_are_answered(harness: Harness, drawn: Any) -> None:
    check_mutation(harness, drawn)


@pytest.mark.long
@settings(max_examples=20_000)
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
