"""Requests as they come in on one connection: read piece by piece, within bounds, until each is whole.

Sans I/O: bytes go in, whole requests or refusals come out. A refusal ends the connection, so that nothing of a request
that goes beyond a bound is kept. What comes after the head of a request, a trailer say, is no header.
"""

from __future__ import annotations

from typing import Any, Protocol

import httptools

from minidynamo.http.messages import HttpRequest, joined_headers, sent_headers
from minidynamo.http.server.budget import Budget
from minidynamo.http.server.usual_requests import USUAL_BYTES_MAX, usual_request
from minidynamo.limits import (
    HTTP_BODY_BYTES_MAX,
    HTTP_HEAD_BYTES_MAX,
    HTTP_HEADERS_MAX,
    HTTP_INLINE_BODY_BYTES_MAX,
    HTTP_SENT_BYTES_MAX,
)


class Receiver(Protocol):
    """Who gets the requests of a connection."""

    def receive(self, request: HttpRequest, keeps_alive: bool, held_bytes: int) -> None:
        """Takes a request that is whole.

        Parameters:
            request: the request.
            keeps_alive: whether its client wants to send more.
            held_bytes: the room that its body has taken of the budget, to be given back by whoever takes it.
        """
        ...

    def refuse(self, status: int) -> None:
        """Takes note that a request goes beyond a bound, or is none: the connection ends with this status."""
        ...


class _Refused(Exception):
    """Ends the parser where it is."""


class RequestParser:
    """The requests of one connection.

    Parameters:
        receiver: gets them.
        budget: what all connections may hold.

    Attributes:
        is_in_request: whether a request has begun.
        expects_continue: whether the client waits for leave to send its body; to be reset by whoever gives it.
        peer, is_secure: how they come; see `HttpRequest`.
    """

    def __init__(self, receiver: Receiver, budget: Budget) -> None:
        self._receiver: Any = receiver
        self._budget = budget
        self._parser: Any = httptools.HttpRequestParser(self)
        self._count = self._fed_bytes = self._held_bytes = self._refusal = 0
        self._body: bytes | bytearray = b""
        self.is_in_request = self.expects_continue = self._is_refused = self.is_secure = False
        self.peer = ""
        self.on_message_begin()
        # Whether the parser has seen anything of the next request, and whether there is to be none.
        self._has_begun = self._is_over = False

    def feed(self, data: bytes) -> None:
        """Takes what has come in."""
        if not (self._has_begun or self._is_refused or self._is_over):
            usual = usual_request(data, USUAL_BYTES_MAX)
            if usual is not None and "x-amz-target" in usual[0]:
                self._count += 1
                request = HttpRequest("POST", "/", "", *usual, self.peer, self.is_secure)
                self._receiver.receive(request, True, 0)
                return
        count, was_in_body = self._count, self._is_head_done
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:  # There is nothing to upgrade to; the request itself has been received.
            self._count += 1
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
        self._budget.give_back(self._held_bytes)
        self._held_bytes = 0
        self._parser = self._receiver = None
        self._body = b""
        self.is_in_request = False

    # Called by the parser.

    def on_message_begin(self) -> None:
        self._has_begun = True
        self._url = b""
        self._pairs: list[tuple[bytes, bytes]] = []
        self._fed_bytes = self._body_bytes = 0
        self._is_head_done = False

    def on_url(self, url: bytes) -> None:
        self.is_in_request = True
        self._url = self._url + url if self._url else url
        if len(url) > HTTP_HEAD_BYTES_MAX:
            self._stop(400)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._is_head_done:
            return  # A trailer, which whoever looked at the headers has not seen.
        self._pairs.append((name, value))
        if len(self._pairs) > HTTP_HEADERS_MAX:
            self._stop(400)

    def on_headers_complete(self) -> None:
        self._is_head_done, self._fed_bytes = True, 0
        size = sum([len(name) + len(value) + 4 for name, value in self._pairs])
        if len(self._url) + size > HTTP_HEAD_BYTES_MAX:
            self._stop(400)
        self._headers = headers = joined_headers(self._pairs)
        if "expect" in headers:
            self.expects_continue = headers["expect"].lower() == "100-continue"

    def on_body(self, body: bytes) -> None:
        """Keeps a part of the body. One that is too large is read on, within bounds, before it is refused.

        A client that is still sending would not see the response.
        """
        self._body_bytes += len(body)
        self.expects_continue = False
        if self._refusal or (self._body_bytes > HTTP_INLINE_BODY_BYTES_MAX and not self._is_room_for_body()):
            return
        if not self._body:
            self._body = body
        elif isinstance(self._body, bytearray):
            self._body += body
        else:
            self._body = bytearray(self._body) + body

    def _is_room_for_body(self) -> bool:
        """Takes room for what has come of a body; small ones, of which there are few per connection, need none."""
        if self._body_bytes <= HTTP_BODY_BYTES_MAX and self._budget.take(self._body_bytes - self._held_bytes):
            self._held_bytes = self._body_bytes
            return True
        self._refusal = 413 if self._body_bytes > HTTP_BODY_BYTES_MAX else 503
        self._budget.give_back(self._held_bytes)
        self._held_bytes, self._body = 0, b""
        return False

    def on_message_complete(self) -> None:
        request = None if self._refusal else self._request()
        if request is None:
            self._refuse(self._refusal or 400)
            return
        held, self._held_bytes, self._body = self._held_bytes, 0, b""
        self._count += 1
        self.is_in_request = self._has_begun = False
        self.expects_continue = False
        keeps_alive = self._parser.should_keep_alive() and not self._parser.should_upgrade()
        self._is_over = not keeps_alive
        self._receiver.receive(request, keeps_alive, held)

    def _request(self) -> HttpRequest | None:
        try:
            url = httptools.parse_url(self._url)
        except httptools.HttpParserInvalidURLError:
            return None
        path, query = (url.path or b"/").decode("latin-1"), (url.query or b"").decode("latin-1")
        method = self._parser.get_method().decode("latin-1")
        # Nobody asks in which case an operation's headers were sent.
        pairs = () if "x-amz-target" in self._headers else sent_headers(self._pairs)
        return HttpRequest(method, path, query, self._headers, bytes(self._body), self.peer, self.is_secure, pairs)

    def _stop(self, status: int) -> None:
        """Ends the parser where it is: the rest of what has come in is not looked at."""
        self._refusal = status
        raise _Refused

    def _refuse(self, status: int) -> None:
        """Ends the connection's requests with one that is refused."""
        self._count += 1
        self.is_in_request = False
        if not self._is_refused and self._receiver is not None:
            self._is_refused = True
            self._receiver.refuse(status)
