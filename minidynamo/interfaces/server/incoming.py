"""Requests as they come in on one connection: read piece by piece, within bounds, until each is whole.

Sans I/O: bytes go in, whole requests or refusals come out. A refusal ends the connection, so that nothing of a request
that goes beyond a bound is kept. What comes after the head of a request, a trailer say, is no header.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import httptools

from minidynamo.interfaces.server.budget import Budget
from minidynamo.interfaces.wire.messages import HttpRequest, add_header
from minidynamo.limits import HTTP_BODY_BYTES_MAX, HTTP_HEAD_BYTES_MAX, HTTP_HEADERS_MAX, HTTP_SENT_BYTES_MAX


class Arrived(NamedTuple):
    """A request that is whole.

    Attributes:
        request: the request, None where it is refused.
        refusal: the status it is refused with, 0 otherwise.
        keeps_alive: whether its client wants to send more.
        held_bytes: the room that its body has taken of the budget.
    """

    request: HttpRequest | None
    refusal: int
    keeps_alive: bool
    held_bytes: int


class _Refused(Exception):
    """Ends the parser where it is."""


class Incoming:
    """The requests of one connection.

    Parameters:
        budget: what all connections may hold.

    Attributes:
        arrived: the requests that are whole and have not been taken yet.
        is_in_request: whether a request has begun.
        expects_continue: whether the client waits for leave to send its body; to be reset by whoever gives it.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._parser: Any = httptools.HttpRequestParser(self)
        self._count = self._fed_bytes = self._held_bytes = 0
        self._body: bytes | bytearray = b""
        self.arrived: list[Arrived] = []
        self.is_in_request = self.expects_continue = False
        self.on_message_begin()

    def feed(self, data: bytes) -> None:
        """Takes what has come in."""
        count, was_in_body = self._count, self._is_head_done
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:  # There is nothing to upgrade to; the request itself is answered.
            self.arrived[-1] = self.arrived[-1]._replace(keeps_alive=False)
        except httptools.HttpParserError:
            self._refuse(self._refusal or 400)
        if self._count != count or not self.is_in_request:
            return
        if was_in_body == self._is_head_done:  # All of it belongs to one head, or to one body.
            self._fed_bytes += len(data)
            if self._fed_bytes > (HTTP_SENT_BYTES_MAX if was_in_body else HTTP_HEAD_BYTES_MAX):
                self._refuse(self._refusal or (413 if was_in_body else 400))

    def close(self) -> None:
        """Forgets everything: the parser and this would keep each other alive, and a body with them."""
        self._budget.give_back(self._held_bytes + sum(each.held_bytes for each in self.arrived))
        self._held_bytes = 0
        self._parser = None
        self._body = b""
        self.arrived.clear()
        self.is_in_request = False

    # Called by the parser.

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body = b""
        self._head_bytes = self._header_count = self._fed_bytes = self._held_bytes = self._body_bytes = 0
        self._refusal = 0
        self._is_head_done = False

    def on_url(self, url: bytes) -> None:
        self.is_in_request = True
        self._url += url
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._is_head_done:
            return  # A trailer, which whoever looked at the headers has not seen.
        self._header_count += 1
        self._count_head(len(name) + len(value) + 4)
        add_header(self._headers, name, value)

    def on_headers_complete(self) -> None:
        self._is_head_done, self._fed_bytes = True, 0
        self.expects_continue = self._headers.get("expect", "").lower() == "100-continue"

    def on_body(self, body: bytes) -> None:
        """Keeps a part of the body. One that is too large is read on, within bounds, before it is refused.

        A client that is still sending would not see the answer.
        """
        self._body_bytes += len(body)
        if self._refusal:
            return
        if self._body_bytes > HTTP_BODY_BYTES_MAX or not self._budget.take(len(body)):
            self._refusal = 413 if self._body_bytes > HTTP_BODY_BYTES_MAX else 503
            self._budget.give_back(self._held_bytes)
            self._held_bytes, self._body = 0, b""
            return
        self._held_bytes += len(body)
        if not self._body:
            self._body = body
        elif isinstance(self._body, bytearray):
            self._body += body
        else:
            self._body = bytearray(self._body) + body

    def on_message_complete(self) -> None:
        request = None if self._refusal else self._request()
        if request is None:
            self._refuse(self._refusal or 400)
            return
        self.arrived.append(Arrived(request, 0, self._parser.should_keep_alive(), self._held_bytes))
        self._held_bytes, self._body = 0, b""
        self._count += 1
        self.is_in_request = False

    def _request(self) -> HttpRequest | None:
        try:
            url = httptools.parse_url(self._url)
        except httptools.HttpParserInvalidURLError:
            return None
        path, query = (url.path or b"/").decode("latin-1"), (url.query or b"").decode("latin-1")
        method = self._parser.get_method().decode("latin-1")
        return HttpRequest(method, path, query, self._headers, bytes(self._body))

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HTTP_HEAD_BYTES_MAX or self._header_count > HTTP_HEADERS_MAX:
            self._refusal = 400
            raise _Refused  # The rest of what has come in is not looked at.

    def _refuse(self, status: int) -> None:
        """Ends the connection's requests with one that is refused."""
        if not any(each.refusal for each in self.arrived):
            self.arrived.append(Arrived(None, status, False, 0))
        self._count += 1
        self.is_in_request = False
