"""Watching links that wait: a server that is frozen, or cut off, never says that it will not answer.

Whoever waits for longer than a second is looked after: another connection is tried to the same server, and where that
gets no answer either, the socket of the waiting one is shut, so that its call fails and can be made elsewhere.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from typing import TYPE_CHECKING

from minidynamo.storage.postgres.connecting import avoid, raise_translated

if TYPE_CHECKING:
    from minidynamo.storage.postgres.connecting import Connection

logger = logging.getLogger("minidynamo.shared")

_PATIENCE_SECONDS = 1.0
_PROBE_SECONDS = 0.75
# What a client may ask before anything else. Source: PostgreSQL's documentation, "Message Formats", SSLRequest.
_SSL_REQUEST = bytes.fromhex("0000000804d2162f")


class Watch:
    """Watches the links of a process, in a thread that there is as long as somebody waits now and then."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[Connection, str, float]] = {}
        self._guard = threading.Lock()
        self._pid = 0

    def begin(self, connection: Connection, url: str) -> None:
        """Looks after a connection to one of the places of a URL, until `end`."""
        self._waiting[id(connection)] = connection, url, time.monotonic()
        if self._pid != os.getpid():
            self._start()

    def end(self, connection: Connection) -> None:
        """Looks after it no longer."""
        self._waiting.pop(id(connection), None)

    def _start(self) -> None:
        with self._guard:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._run, daemon=True, name="minidynamo links").start()

    def _run(self) -> None:
        while True:
            time.sleep(_PATIENCE_SECONDS / 4)
            now = time.monotonic()
            late = [(each, url) for each, url, begun in list(self._waiting.values()) if now - begun > _PATIENCE_SECONDS]
            answers: dict[tuple[str, int], bool] = {}
            for each, url in late:
                place = each.info.host, each.info.port
                if place not in answers:
                    answers[place] = self._answers(each)
                if not answers[place]:
                    self._waiting.pop(id(each), None)  # Its call fails now.
                    logger.warning("the server at %s:%s does not answer: another one is looked for", *place)
                    avoid(each, url)
                    _shut(each)

    @staticmethod
    def _answers(connection: Connection) -> bool:
        """Whether the server of a connection answers somebody else: with a byte, whether it speaks TLS or not."""
        info = connection.info
        family = socket.AF_UNIX if info.host.startswith("/") else socket.AF_INET
        try:
            if family == socket.AF_UNIX:
                probe = socket.socket(family)
                probe.settimeout(_PROBE_SECONDS)
                probe.connect(f"{info.host}/.s.PGSQL.{info.port}")
            else:
                probe = socket.create_connection((info.host, info.port), _PROBE_SECONDS)
            with probe:
                probe.sendall(_SSL_REQUEST)
                return bool(probe.recv(1))
        except OSError:
            return False


def _shut(connection: Connection) -> None:
    with contextlib.suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as own:
        own.shutdown(socket.SHUT_RDWR)  # It may have been closed meanwhile.


WATCH = Watch()


class Watched:
    """A call of a connection that is looked after, and whose errors are told in other words: a context manager.

    Parameters:
        connection, url: see `Watch.begin`.
    """

    __slots__ = ("_connection", "_url")

    def __init__(self, connection: Connection, url: str) -> None:
        self._connection, self._url = connection, url

    def __enter__(self) -> None:
        WATCH.begin(self._connection, self._url)

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        WATCH.end(self._connection)
        if error is not None:
            raise_translated(error)
