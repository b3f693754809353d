"""The door to the console: its pages, the one endpoint that they ask, and the events that they follow."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from minidynamo.console.api import answered
from minidynamo.console.asset_files import assets
from minidynamo.console.console import Console
from minidynamo.console.events import events_after
from minidynamo.console.gate import Gate, is_of_own_site, needs_token
from minidynamo.console.subject import ConsoleDatabase
from minidynamo.http.bodies import body_of
from minidynamo.http.messages import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from minidynamo.http.server.server import ServerOptions

_FOLDER = "/console"
_ROOT, _API, _EVENTS = "/console/", "/console/api", "/console/events"
_PLAIN, _JSON, _STREAM = "text/plain; charset=utf-8", "application/json", "text/event-stream; charset=utf-8"
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SAFE = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_NEVER, _FOREVER = "no-store", "public, max-age=31536000, immutable"
_STRANGER = (
    "This console opens by the link that the server has printed, which is good for one browser.\n"
    "Start the server again for a new one.\n"
)
_OTHER_SITE = "This request comes from a page of another site.\n"


class ConsoleDoor:
    """Answers all requests under /console.

    Parameters:
        database: what it shows.
        is_read_only: whether nothing can be changed by it.
        host: where the server listens.
        has_credentials: whether it asks for credentials.
        is_secure: whether it speaks TLS.
    """

    seconds_max = 120.0

    def __init__(
        self,
        database: ConsoleDatabase,
        is_read_only: bool = False,
        host: str = "127.0.0.1",
        has_credentials: bool = False,
        is_secure: bool = False,
    ) -> None:
        self._database, self._is_read_only = database, is_read_only
        self.gate = Gate(needs_token(host, has_credentials), is_secure)
        self._lock = threading.Lock()
        self._console: Console | None = None

    @property
    def console(self) -> Console:
        """What is shown, made when the first page is asked for."""
        with self._lock:
            self._console = self._console or Console(self._database, self._is_read_only)
            return self._console

    @property
    def entry(self) -> str:
        """The path by which it is entered, with the token where one is wanted."""
        return f"{_ROOT}?token={self.gate.token}" if self.gate.token else _ROOT

    @staticmethod
    def takes(request: HttpRequest) -> bool:
        """Whether a request is one for the console."""
        is_under = request.path == _FOLDER or request.path.startswith(_ROOT)
        return is_under and "x-amz-target" not in request.headers

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The response to a request."""
        assert self.takes(request), f"{request.method} {request.path} is no request for the console"
        if not is_of_own_site(request) and request.path != _ROOT:
            return _response(403, _OTHER_SITE.encode(), _PLAIN)
        if request.path == _ROOT and request.method == "GET" and "token=" in request.query:
            return self._entered(request)
        if not self.gate.is_let_in(request):
            return _response(401, _STRANGER.encode(), _PLAIN)
        if request.method == "POST" and request.path == _API:
            return self._called(request)
        if request.method not in ("GET", "HEAD"):
            return _response(405, b"The console is asked with GET, its endpoint with POST.\n", _PLAIN, allow="GET")
        if request.path == _EVENTS:
            last = request.headers.get("last-event-id", "")
            return _response(200, events_after(self.console, request.query, last), _STREAM)
        return self._file(request)

    def _entered(self, request: HttpRequest) -> HttpResponse:
        cookie = self.gate.exchange(request)
        if cookie is None and not self.gate.is_let_in(request):
            return _response(401, _STRANGER.encode(), _PLAIN)
        response = _response(303, b"", _PLAIN, location=_ROOT)
        return response if cookie is None else response._replace(cookies=(cookie,))

    def _called(self, request: HttpRequest) -> HttpResponse:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
            return _response(415, b"The console's endpoint takes application/json.\n", _PLAIN)
        status, body = answered(self.console, request.body)
        return _response(status, body, _JSON)

    @staticmethod
    def _file(request: HttpRequest) -> HttpResponse:
        if request.path == _FOLDER:
            return _response(308, b"", _PLAIN, location=_ROOT)
        if request.path == _ROOT:
            return _response(200, assets().index, "text/html; charset=utf-8")
        found = assets().find(request.path.removeprefix(_ROOT))
        if found is None:
            return _response(404, b"The console has no such page.\n", _PLAIN)
        kind, content = found
        return _response(200, content, kind, **{"cache-control": _FOREVER})

    @staticmethod
    def too_late(request: HttpRequest) -> HttpResponse:
        """The response where there is none in time."""
        return _response(503, body_of({"error": "That took too long.", "code": ""}), _JSON)

    @staticmethod
    def too_many(request: HttpRequest) -> HttpResponse:
        """The response where as much is under way as may be."""
        return _response(503, body_of({"error": "Too many requests are under way.", "code": ""}), _JSON)


def console_door(database: ConsoleDatabase, is_read_only: bool, options: ServerOptions) -> ConsoleDoor:
    """The door to the console of a database, for a server with these options."""
    has_credentials, is_secure = options.credentials is not None, options.certificate is not None
    return ConsoleDoor(database, is_read_only, options.host, has_credentials, is_secure)


def _response(status: int, body: bytes, kind: str, **headers: str) -> HttpResponse:
    own = {"content-type": kind, "content-length": str(len(body)), "cache-control": _NEVER}
    return HttpResponse(status, {**own, **_SAFE, **headers}, body)
