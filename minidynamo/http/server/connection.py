"""HTTP on one connection, straight to the exchange: what uvicorn runs in place of its own protocol.

Requests take microseconds, so each is answered where its last byte is read, unless it would hold others up: then a
thread answers it, and the connection waits. Answers go out in the order of their requests. While a client does not read
its responses, or one is being worked out, nothing more is read from it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from minidynamo.errors import NoResponse
from minidynamo.http.messages import WITHOUT_BODY, HttpRequest, HttpResponse, head_of
from minidynamo.http.server.application import Application
from minidynamo.http.server.budget import Budget
from minidynamo.http.server.dispatcher import Dispatcher
from minidynamo.http.server.request_parser import RequestParser
from minidynamo.limits import (
    HTTP_BODY_SECONDS_MAX,
    HTTP_CONNECTIONS_MAX,
    HTTP_IDLE_SECONDS_MAX,
    HTTP_PIPELINED_PER_TURN_MAX,
    HTTP_UNREAD_SECONDS_MAX,
)

if TYPE_CHECKING:
    from uvicorn.server import ServerState

_WATCH_SECONDS = 15
_ENDING_SECONDS = 3  # For the rest of a request that was coming in when the server was told to end.
_GOODBYE_SECONDS = 0.2  # For the client's end of TLS.
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_NO_ROOM = 503
_NO_THREAD = HttpResponse(_NO_ROOM, {"content-length": "0", "retry-after": "1"}, b"")
# What a request that waits takes of the budget besides its body.
_WAITING_BYTES = 4_096
# So much of a response must be read within the time in which a client may leave it unread.
_PROGRESS_BYTES = 256 * 1024


def protocol_for(application: Application, dispatcher: Dispatcher) -> type[asyncio.Protocol]:
    """The protocol class that uvicorn makes a connection of, for an application."""
    members = {"application": application, "dispatcher": dispatcher, "budget": Budget()}
    return type("BoundConnection", (ClientConnection,), members)


class ClientConnection(asyncio.Protocol):
    """One connection: reads requests one after another, and answers each."""

    application: Application
    dispatcher: Dispatcher
    budget: Budget

    def __init__(self, config: object, server_state: ServerState, app_state: object, _loop: object = None) -> None:
        self._connections: set[ClientConnection] = server_state.connections  # type: ignore[assignment]
        self._parser = RequestParser(self, self.budget)
        # Requests that wait for their turn, with whether their clients want to send more, and the room they take.
        self._waiting: deque[tuple[HttpRequest, bool, int]] = deque()
        self._refusal = self._turn = 0
        self._transport: asyncio.Transport
        self._loop: asyncio.AbstractEventLoop
        self._watch: asyncio.TimerHandle | None = None
        self._is_closing = self._is_ending = self._is_at_work = False
        self._is_unread = self._is_reading_paused = self._is_turn_due = False
        self._held_bytes = self._unread_bytes = self._unread_left = 0
        self._changed_at = self._unread_at = time.monotonic()
        self._closing_at = 0.0

    # Called by the event loop.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._parser.peer = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        self._parser.is_secure = transport.get_extra_info("sslcontext") is not None
        self._loop = asyncio.get_running_loop()
        self._connections.add(self)
        self._watch = self._loop.call_later(_WATCH_SECONDS, self._look)
        if len(self._connections) > HTTP_CONNECTIONS_MAX:
            self.refuse(_NO_ROOM)

    def connection_lost(self, exception: Exception | None) -> None:
        self._connections.discard(self)
        self._is_closing = True
        self._parser.close()
        self.budget.give_back(self._unread_bytes + sum(held for _, _, held in self._waiting))
        self._unread_bytes = 0
        self._waiting.clear()
        if self._watch is not None:
            self._watch.cancel()

    def data_received(self, data: bytes) -> None:
        if self._is_closing:
            return
        parser, self._turn = self._parser, 0
        was_in_request = parser.is_in_request
        parser.feed(data)
        if parser.is_in_request and not was_in_request:
            self._changed_at = time.monotonic()
        if parser.expects_continue:
            self._give_leave()
        if self._waiting or self._is_at_work or self._is_unread:
            self._pause_or_resume_reading()

    def pause_writing(self) -> None:
        """A client that does not read its responses gets no more of them, and is not read from either."""
        self._is_unread = True
        self._unread_at = time.monotonic()
        size = self._transport.get_write_buffer_size()
        if not self.budget.take(size):
            self._transport.abort()
            return
        self._unread_bytes += size
        self._unread_left = size
        self._pause_or_resume_reading()

    def resume_writing(self) -> None:
        self._is_unread = False
        self.budget.give_back(self._unread_bytes)
        self._unread_bytes = 0
        self._go_on()

    # Called with what has come in.

    def receive(self, request: HttpRequest, keeps_alive: bool, held_bytes: int) -> None:
        self._turn += 1
        if self._is_closing:
            self.budget.give_back(held_bytes)
        elif self._waiting or self._is_at_work or self._is_unread or self._turn > HTTP_PIPELINED_PER_TURN_MAX:
            self._wait(request, keeps_alive, held_bytes)
        else:
            self._respond(request, keeps_alive, held_bytes)

    def _wait(self, request: HttpRequest, keeps_alive: bool, held_bytes: int) -> None:
        if not self.budget.take(_WAITING_BYTES):
            self.budget.give_back(held_bytes)
            self._is_closing = True
            self._transport.abort()
            return
        self._waiting.append((request, keeps_alive, held_bytes + _WAITING_BYTES))
        self._plan_turn()

    def refuse(self, status: int) -> None:
        """Answers without a body and closes, once what came before is answered."""
        self._refusal = status
        if not (self._waiting or self._is_held_up):
            self._send_refusal()

    # Called by uvicorn.

    def shutdown(self) -> None:
        """Ends the connection, after the requests that have begun to come in; the silent are not waited for long."""
        self._is_ending = True
        if self._is_unread:
            self._transport.abort()
        elif self._parser.is_in_request and not (self._waiting or self._is_at_work):
            self._loop.call_later(_ENDING_SECONDS, self._end_if_silent)
        elif not (self._waiting or self._is_at_work):
            self._say_goodbye()

    def _say_goodbye(self) -> None:
        """Closes a connection on which nothing is under way; over TLS a client that is silent need not agree."""
        self._transport.close()
        if self._parser.is_secure:
            self._loop.call_later(_GOODBYE_SECONDS, self._transport.abort)

    def _end_if_silent(self) -> None:
        if self._parser.is_in_request and not self._transport.is_closing():
            self._say_goodbye()

    @property
    def _is_held_up(self) -> bool:
        """Whether nothing can be answered now: a thread is at it, or the client does not read."""
        return self._is_at_work or self._is_unread

    # Answering.

    def _go_on(self) -> None:
        """Answers what waits, until something has to be waited for, or others have their turn."""
        self._turn = 0
        while self._waiting and not self._is_held_up and not self._is_closing:
            if self._turn >= HTTP_PIPELINED_PER_TURN_MAX:
                self._plan_turn()
                break
            self._turn += 1
            self._respond(*self._waiting.popleft())
        if self._refusal and not self._waiting and not self._is_held_up and not self._is_closing:
            self._send_refusal()
        self._give_leave()
        self._pause_or_resume_reading()

    def _give_leave(self) -> None:
        """Lets a client send the body that it has announced, once all that it has asked before is answered."""
        if self._parser.expects_continue and not (self._waiting or self._is_held_up or self._is_closing):
            self._parser.expects_continue = False
            self._transport.write(_CONTINUE)

    def _plan_turn(self) -> None:
        if not self._is_turn_due and not self._is_held_up:
            self._is_turn_due = True
            self._loop.call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._is_turn_due = False
        self._go_on()

    def _respond(self, request: HttpRequest, keeps_alive: bool, held_bytes: int) -> None:
        self._held_bytes = held_bytes
        try:
            response = self.dispatcher.respond_at_once(request)
        except NoResponse:
            self._finish(None, request.method, keeps_alive)
            return
        if response is None:
            self._have_answered(request, keeps_alive)
        else:
            self._finish(response, request.method, keeps_alive)

    def _have_answered(self, request: HttpRequest, keeps_alive: bool) -> None:
        """Lets a thread answer a request; a function that takes too long is not waited for."""
        self._is_at_work = True
        method, door = request.method, self.application.door_of(request)
        limit: asyncio.TimerHandle | None = None
        is_over = False

        def finish(response: HttpResponse | None) -> None:
            nonlocal is_over
            if is_over:
                return
            is_over, self._is_at_work = True, False
            if limit is not None:
                limit.cancel()
            self._finish(response, method, keeps_alive)
            self._go_on()

        def finish_in_loop(response: HttpResponse | None) -> None:
            with suppress(RuntimeError):  # The server has ended meanwhile.
                self._loop.call_soon_threadsafe(finish, response)

        if not self.dispatcher.submit(request, finish_in_loop):
            self._loop.call_soon(finish, _NO_THREAD if door is None else door.too_many(request))
        elif door is not None:
            limit = self._loop.call_later(door.seconds_max, lambda: finish(door.too_late(request)))

    def _finish(self, response: HttpResponse | None, method: str, keeps_alive: bool) -> None:
        if self._held_bytes:
            self.budget.give_back(self._held_bytes)
            self._held_bytes = 0
        self._changed_at = time.monotonic()
        if self._transport.is_closing():
            return  # There is no one to send the response to.
        if response is None:
            self._is_closing = True
            self._transport.close()
            return
        self._send(response, method, keeps_alive and not (self._is_ending and not self._waiting))

    def _send_refusal(self) -> None:
        headers = {"content-length": "0"}
        if self._refusal == _NO_ROOM:
            headers["retry-after"] = "1"
        self._send(HttpResponse(self._refusal, headers, b""), "POST", keeps_alive=False)

    def _send(self, response: HttpResponse, method: str, keeps_alive: bool) -> None:
        head = head_of(response, keeps_alive)
        has_body = method != "HEAD" and response.status not in WITHOUT_BODY
        self._transport.write(head + response.body if has_body else head)
        if not keeps_alive:
            self._is_closing = True
            self._transport.close()

    # Waiting.

    def _pause_or_resume_reading(self) -> None:
        pauses = bool(self._waiting) or self._is_held_up
        if pauses == self._is_reading_paused or self._transport.is_closing():
            return
        self._is_reading_paused = pauses
        if pauses:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _look(self) -> None:
        """Looks now and then whether the client has gone silent: within a request, between two, or with a response."""
        now = time.monotonic()
        silent = now - self._changed_at
        if self._transport.is_closing():
            self._closing_at = self._closing_at or now
            if now - self._closing_at > HTTP_UNREAD_SECONDS_MAX:
                self._transport.abort()  # It waits for a client that does not read its last response.
        elif self._is_unread:
            self._look_at_unread(now)
        elif self._is_at_work or self._waiting:
            pass
        elif self._parser.is_in_request and silent > HTTP_BODY_SECONDS_MAX:
            self.refuse(408)
        elif not self._parser.is_in_request and silent > HTTP_IDLE_SECONDS_MAX:
            self._transport.close()
        self._watch = self._loop.call_later(_WATCH_SECONDS, self._look)

    def _look_at_unread(self, now: float) -> None:
        """A client that reads slowly may take its time; one that reads nothing is left."""
        left = self._transport.get_write_buffer_size()
        if left <= self._unread_left - _PROGRESS_BYTES:
            self._unread_left, self._unread_at = left, now
        elif now - self._unread_at > HTTP_UNREAD_SECONDS_MAX:
            self._transport.abort()
