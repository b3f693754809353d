"""A plain ASGI application: receives whole requests, hands them to the exchange, sends its answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from minidynamo.errors import AccessDenied, InternalServerError, NoAnswer
from minidynamo.interfaces.server.access import HostCheck
from minidynamo.interfaces.server.gateway import Gateway
from minidynamo.interfaces.wire.exchange import Exchange, request_summary
from minidynamo.interfaces.wire.messages import HttpAnswer, HttpRequest, joined_headers
from minidynamo.limits import HTTP_BODY_BYTES_MAX, HTTP_BODY_SECONDS_MAX, HTTP_HEAD_BYTES_MAX

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

access_log = logging.getLogger("minidynamo.server.access")


class Refused(Exception):
    """A request that is not read to its end.

    Parameters:
        status: what it is answered with, without a body.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Disconnected(Exception):
    """The client went away before its request was whole."""


class Application:
    """The server as ASGI sees it.

    Parameters:
        exchange: answers requests.
        is_allowed_host: tells whether a Host header is answered.
        gateway: answers requests that are not DynamoDB's, if any does.
    """

    def __init__(self, exchange: Exchange, is_allowed_host: HostCheck, gateway: Gateway | None = None) -> None:
        self._gateway = gateway
        self._exchange = exchange
        self._is_allowed_host = is_allowed_host

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Carries out one request of one connection."""
        if scope["type"] != "http":
            await _decline(scope, receive, send)
            return
        try:
            request = await _received(scope, receive)
        except Refused as refusal:
            await _drain(receive)
            headers = {"content-length": "0", "connection": "close"}
            await _send(send, HttpAnswer(refusal.status, headers, b""))
            return
        except Disconnected:
            return
        if self._gateway is not None and self._gateway.takes(request):
            # A handler may take its time, and may call this very server.
            await _send(send, await asyncio.to_thread(self.answer, request))
            return
        try:
            answer = self.answer(request)
        except NoAnswer:  # ASGI knows no way to end a connection; the client tries again after this as well.
            answer = self._exchange.refused(request, InternalServerError())
        await _send(send, answer)

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """The answer to a whole request, with a line in the access log where that is on.

        Raises:
            NoAnswer: there is to be none.
        """
        if not access_log.isEnabledFor(logging.INFO):
            return self._answered(request)
        started = time.perf_counter()
        try:
            answer = self._answered(request)
        except NoAnswer:
            access_log.info("%s no answer", request_summary(request))
            raise
        milliseconds = (time.perf_counter() - started) * 1e3
        access_log.info("%s %d %.1f ms%s", request_summary(request), answer.status, milliseconds, _fault(answer))
        return answer

    def _answered(self, request: HttpRequest) -> HttpAnswer:
        host = request.headers.get("host", "")
        if self._is_allowed_host(host):
            if self._gateway is not None and self._gateway.takes(request):
                return self._gateway.answer(request)
            return self._exchange.answer(request)
        fault = f"This server is for programs on its own machine: it does not answer for the host {host[:100]!r}."
        return self._exchange.refused(request, AccessDenied(fault))


async def _received(scope: Message, receive: Receive) -> HttpRequest:
    pairs = scope["headers"]
    head_size = len(scope["raw_path"] or b"") + len(scope["query_string"])
    if head_size + sum([len(name) + len(value) + 4 for name, value in pairs]) > HTTP_HEAD_BYTES_MAX:
        raise Refused(400)
    headers = joined_headers(pairs)
    stated = headers.get("content-length", "0")
    if not stated.isdecimal() or int(stated) > HTTP_BODY_BYTES_MAX:
        raise Refused(413 if stated.isdecimal() else 400)
    message = await receive()
    body = bytes(_part(message))
    if message.get("more_body", False):
        try:
            async with asyncio.timeout(HTTP_BODY_SECONDS_MAX):
                body = await _rest(body, receive)
        except TimeoutError:
            raise Refused(408) from None
    return HttpRequest(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body)


async def _rest(body: bytes, receive: Receive) -> bytes:
    parts, size, has_more = [body], len(body), True
    while has_more:
        message = await receive()
        parts.append(_part(message))
        size += len(parts[-1])
        if size > HTTP_BODY_BYTES_MAX:
            raise Refused(413)
        has_more = message.get("more_body", False)
    return b"".join(parts)


async def _drain(receive: Receive) -> None:
    """Reads what is left of a body, within bounds: a client that is still sending would not see the answer."""
    room, has_more = HTTP_BODY_BYTES_MAX, True
    try:
        async with asyncio.timeout(HTTP_BODY_SECONDS_MAX):
            while has_more and room > 0:
                message = await receive()
                room -= len(_part(message))
                has_more = message.get("more_body", False)
    except (TimeoutError, Disconnected):
        return


def _part(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise Disconnected
    part: bytes = message.get("body", b"")
    return part


async def _send(send: Send, answer: HttpAnswer) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _decline(scope: Message, receive: Receive, send: Send) -> None:
    """Web sockets are closed; the server's own life is acknowledged."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close"})
        return
    while True:
        phase = (await receive())["type"]
        await send({"type": f"{phase}.complete"})
        if phase == "lifespan.shutdown":
            return


def _fault(answer: HttpAnswer) -> str:
    """The error code of an answer, for the log."""
    if answer.status < 400 or b"#" not in answer.body:
        return ""
    return " " + answer.body.partition(b"#")[2].partition(b'"')[0].decode()
