"""Requests of every kind against the ASGI application: mutated spec cases, and bytes that are no request at all.

Whatever is sent, there is an answer, it is no failure of ours, and the database is sound after it.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database
from minidynamo.interfaces.conformance.endpoint import sign_formally
from minidynamo.interfaces.conformance.short_tables import create_table_request
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


class Harness:
    """An application over one database, called without a socket."""

    def __init__(self) -> None:
        self.database: Database = minidynamo.connect(partition_size=2_000)
        for name in ("tbl", "one", "two"):
            table = create_table_request(name, {"key": ["pk S", "sk N"], "gsi": {"by_a": {"key": ["a S"]}}})
            self.database.execute("CreateTable", table)
        self.application = Server(self.database).application
        self.loop = asyncio.new_event_loop()

    def send(self, request: HttpRequest) -> tuple[int, dict[str, str], bytes]:
        scope = {
            "type": "http",
            "method": request.method,
            "path": request.path,
            "raw_path": request.path.encode(),
            "query_string": request.query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in request.headers.items()],
        }
        received = [{"type": "http.request", "body": request.body, "more_body": False}]
        sent: list[Any] = []

        async def receive() -> Any:
            return received.pop() if received else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        self.loop.run_until_complete(asyncio.wait_for(self.application(scope, receive, send), 30))
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers, sent[1]["body"]


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
    assert status in (200, 400, 404, 413, 500), status
    if "x-amz-crc32" in headers:
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
