"""HTTP on one connection, straight to the exchange: what uvicorn runs in place of its own protocol, for speed.

Requests take microseconds, so each is answered where its last byte is read: no task per request, one write per answer.
Where httptools is missing, uvicorn's own protocol and the ASGI application do the same work.
"""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import Any

import httptools

from minidynamo.errors import NoAnswer
from minidynamo.interfaces.server.application import Application, Refused
from minidynamo.interfaces.wire.messages import HttpAnswer, HttpRequest, add_header
from minidynamo.limits import HTTP_BODY_BYTES_MAX, HTTP_BODY_SECONDS_MAX, HTTP_HEAD_BYTES_MAX, HTTP_IDLE_SECONDS_MAX

_WATCH_SECONDS = 15
_STATUS_LINES = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n" for each in HTTPStatus}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def protocol_for(application: Application) -> type[asyncio.Protocol]:
    """The protocol class that uvicorn makes a connection of, for an application."""
    return type("BoundConnection", (Connection,), {"application": application})


class Connection(asyncio.Protocol):
    """One connection: reads requests one after another, and answers each.

    A body that is too large is read on, within bounds, before it is refused: a client that is still sending would not
    see the answer.
    """

    application: Application

    def __init__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> None:
        self._connections: set[Connection] = server_state.connections
        self._parser: Any = httptools.HttpRequestParser(self)
        self._transport: Any = None
        self._watch: asyncio.TimerHandle | None = None
        self._is_closing = False
        self._last_active = time.monotonic()
        self.on_message_begin()

    # Called by the event loop.

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._connections.add(self)
        self._watch = asyncio.get_running_loop().call_later(_WATCH_SECONDS, self._close_when_idle)

    def connection_lost(self, exception: Exception | None) -> None:
        self._connections.discard(self)
        if self._watch is not None:
            self._watch.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._transport.close()  # There is nothing to upgrade to; the request itself is answered.
        except httptools.HttpParserError:
            self._refuse(400)

    def pause_writing(self) -> None:
        """A client that does not read its answers is not read from either."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._transport.resume_reading()

    # Called by uvicorn.

    def shutdown(self) -> None:
        """Ends the connection, after the request in flight."""
        self._is_closing = True
        if not self._is_in_request:
            self._transport.close()

    # Called by the parser.

    def on_message_begin(self) -> None:
        self._is_in_request = False
        self._url = b""
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._head_size = self._body_size = 0
        self._refusal: int | None = None
        self._began = self._last_active

    def on_url(self, url: bytes) -> None:
        self._is_in_request = True
        self._last_active = self._began = time.monotonic()
        self._url += url
        self._check_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        add_header(self._headers, name, value)
        self._check_head(len(name) + len(value) + 4)

    def on_headers_complete(self) -> None:
        if self._headers.get("expect", "").lower() == "100-continue":
            self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        self._body_size += len(body)
        if self._body_size <= HTTP_BODY_BYTES_MAX:
            self._parts.append(body)
            return
        self._refusal = self._refusal or 413
        self._parts.clear()
        if self._body_size > 2 * HTTP_BODY_BYTES_MAX:
            self._refuse(self._refusal)

    def on_message_complete(self) -> None:
        if self._transport.is_closing():
            return  # Nobody would get the answer.
        if self._refusal is not None:
            self._refuse(self._refusal)
            return
        try:
            request = self._request()
        except Refused as refusal:
            self._refuse(refusal.status)
            return
        keeps_alive = self._parser.should_keep_alive() and not self._is_closing
        try:
            self._send(self.application.answer(request), request.method, keeps_alive)
        except NoAnswer:
            self._transport.close()
        self._is_in_request = False
        self._last_active = time.monotonic()

    def _request(self) -> HttpRequest:
        try:
            url = httptools.parse_url(self._url)
        except httptools.HttpParserInvalidURLError:
            raise Refused(400) from None
        path, query = (url.path or b"/").decode("latin-1"), (url.query or b"").decode("latin-1")
        method = self._parser.get_method().decode("latin-1")
        return HttpRequest(method, path, query, self._headers, b"".join(self._parts))

    def _check_head(self, size: int) -> None:
        self._head_size += size
        if self._head_size > HTTP_HEAD_BYTES_MAX:
            self._refusal = 400

    def _refuse(self, status: int) -> None:
        """Answers without a body and closes."""
        if not self._transport.is_closing():
            self._send(HttpAnswer(status, {"content-length": "0"}, b""), "POST", keeps_alive=False)
        self._is_closing, self._is_in_request = True, False

    def _send(self, answer: HttpAnswer, method: str, keeps_alive: bool) -> None:
        lines = [_STATUS_LINES[answer.status]]
        lines += [f"{name}: {value}\r\n" for name, value in answer.headers.items()]
        lines.append("connection: keep-alive\r\n\r\n" if keeps_alive else "connection: close\r\n\r\n")
        head = "".join(lines).encode("latin-1")
        self._transport.write(head if method == "HEAD" else head + answer.body)
        if not keeps_alive:
            self._transport.close()

    def _close_when_idle(self) -> None:
        """Looks now and then whether the client has gone silent, within a request or between two."""
        now = time.monotonic()
        if self._is_in_request and now - self._began > HTTP_BODY_SECONDS_MAX:
            self._refuse(408)
        elif not self._is_in_request and now - self._last_active > HTTP_IDLE_SECONDS_MAX:
            self._transport.close()
        self._watch = asyncio.get_running_loop().call_later(_WATCH_SECONDS, self._close_when_idle)
