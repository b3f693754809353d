"""Who is let in to the console: this machine's own browser, or who has followed the link that the server has printed.

The link holds a token that opens the console once. The browser then has a cookie, which it sends to no other site and
shows to no script. Requests that another site's page makes are refused in any case, whatever they bring along.
"""

from __future__ import annotations

import secrets
import threading
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from minidynamo.http.messages import HttpRequest
from minidynamo.http.server.access import is_loopback

COOKIE = "minidynamo-console"
_SESSIONS_MAX = 100
_SAME_SITES = ("", "same-origin", "none")


def needs_token(host: str, has_credentials: bool) -> bool:
    """Whether a server asks for the link: others could reach it, or it asks for credentials of everybody."""
    return has_credentials or not is_loopback(host)


class Gate:
    """Lets requests in.

    Parameters:
        asks_for_token: whether a token is wanted first.
        is_secure: whether browsers speak TLS with the server.

    Attributes:
        token: what opens the console once; "" where none is wanted, or it has been used.
    """

    def __init__(self, asks_for_token: bool, is_secure: bool = False) -> None:
        self._asks = asks_for_token
        self._is_secure = is_secure
        self._lock = threading.Lock()
        self._sessions: dict[str, None] = {}
        self.token = secrets.token_urlsafe(24) if asks_for_token else ""

    def __repr__(self) -> str:
        return f"<Gate {'with' if self._asks else 'without'} a token>"  # Which is not for logs.

    def is_let_in(self, request: HttpRequest) -> bool:
        """Whether a request comes from a browser that has been let in."""
        return not self._asks or any(secrets.compare_digest(_cookie_of(request), each) for each in list(self._sessions))

    def exchange(self, request: HttpRequest) -> str | None:
        """The cookie for who comes with the token, which is used up by that; None for anybody else."""
        given = parse_qs(request.query).get("token", [""])[0]
        with self._lock:
            if not self.token or not secrets.compare_digest(given.encode(), self.token.encode()):
                return None
            self.token = ""
            session = self._new_session()
        secure = "; Secure" if self._is_secure else ""
        return f"{COOKIE}={session}; Path=/console; HttpOnly; SameSite=Strict{secure}"

    def _new_session(self) -> str:
        session = secrets.token_urlsafe(24)
        self._sessions[session] = None
        while len(self._sessions) > _SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]
        assert session in self._sessions, "a session that has begun is over"
        return session


def is_of_own_site(request: HttpRequest) -> bool:
    """Whether no page of another site makes a request, as far as browsers tell: by Origin, and by Sec-Fetch-Site."""
    headers = request.headers
    if headers.get("sec-fetch-site", "") not in _SAME_SITES:
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""


def _cookie_of(request: HttpRequest) -> str:
    try:
        morsel = SimpleCookie(request.headers.get("cookie", "").replace(",", ";")).get(COOKIE)
    except CookieError:
        return ""
    return "" if morsel is None or not morsel.value.isascii() else morsel.value
