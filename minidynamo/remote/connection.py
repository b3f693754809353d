"""Connections to an address: HTTP requests as they are, however wrong they may be, and what comes back."""

from __future__ import annotations

import http.client
import select
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from minidynamo.http.messages import HttpRequest, HttpResponse

_TIMEOUT_SECONDS = 60


class Connections:
    """Connections to one address, kept alive from request to request. Safe to use from many threads.

    Parameters:
        url: such as "http://127.0.0.1:8000".
        timeout_seconds: how long to wait for a connection, and for each piece of what comes back.

    Raises:
        ValueError: it is no such URL.
    """

    def __init__(self, url: str, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"an endpoint is a URL such as http://127.0.0.1:8000, not {url!r}")
        self.url = url.rstrip("/")
        self._open = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._hostname, self._port, self._timeout_seconds = parts.hostname, parts.port, timeout_seconds
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def exchange(self, request: HttpRequest) -> HttpResponse:
        """Sends a request as it is; raises OSError or HTTPException where nothing comes back."""
        connection = self._take_idle()
        if connection is None:
            connection = self._open(self._hostname, self._port, timeout=self._timeout_seconds)
        return self._exchange(connection, request)

    def close(self) -> None:
        """Closes those that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def leave(self) -> None:
        """Leaves those that are idle to the parent of this process, and begins anew."""
        self._idle, self._lock = [], threading.Lock()

    def _take_idle(self) -> http.client.HTTPConnection | None:
        """A connection that is still open. What has been closed for having been idle is not used: a request that is
        lost on it could not be told from one that has been carried out.
        """
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()

    def _exchange(self, connection: http.client.HTTPConnection, request: HttpRequest) -> HttpResponse:
        path = f"{request.path}{'?' + request.query if request.query else ''}"
        try:
            connection.putrequest(request.method, path, skip_host="host" in request.headers, skip_accept_encoding=True)
            for name, value in request.headers.items():
                connection.putheader(name, value)
            connection.putheader("content-length", str(len(request.body)))
            with suppress(BrokenPipeError):  # A body that is refused may not be read to its end; the response is there.
                connection.endheaders(request.body)
            received = connection.getresponse()
            headers = {name.lower(): value for name, value in received.getheaders()}
            response = HttpResponse(received.status, headers, received.read())
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._idle.append(connection)
        return response
