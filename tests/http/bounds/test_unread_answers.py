"""Answers that nobody reads, or reads slowly, and requests that follow one another meanwhile."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from minidynamo import Database
from minidynamo.http.server import connection as connections
from minidynamo.http.server.server import Server
from tests.http.bounds.raw_clients import budget_of, open_socket, raw, sent, tables_of
from tests.waiting import wait_until


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
