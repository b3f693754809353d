"""HTTP requests and answers as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

# Statuses of answers that have no body, whatever is said of one.
WITHOUT_BODY = (204, 304)
_PHRASES = {each.value: each.phrase for each in HTTPStatus}
_STATUS_LINES = {each: f"HTTP/1.1 {each} {_PHRASES.get(each, '')}\r\n" for each in range(100, 600)}
_HEADER_LINE = "%s: %s\r\n".__mod__
_COOKIE_LINE = "set-cookie: %s\r\n".__mod__


class HttpRequest(NamedTuple):
    """A whole request.

    Attributes:
        method: in capitals.
        path: without the query, such as "/".
        query: what follows the question mark, still encoded.
        headers: values by lower-case name; those of a repeated header are joined by commas.
        body: as it was sent, perhaps compressed.
        peer: the address that it came from, "" where that is not known.
        is_secure: whether it came through TLS.
        pairs: names and values of its headers as they were sent, where that is known.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    peer: str = ""
    is_secure: bool = False
    pairs: tuple[tuple[str, str], ...] = ()


class HttpResponse(NamedTuple):
    """A whole response.

    Attributes:
        status: such as 200.
        headers: values by lower-case name.
        body: as it is sent.
        cookies: values of the header Set-Cookie, the one that cannot be joined.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()


def head_of(response: HttpResponse, keeps_alive: bool) -> bytes:
    """The status line and the headers of a response, as they are sent."""
    lines = "".join(map(_HEADER_LINE, response.headers.items()))
    if response.cookies:
        lines += "".join(map(_COOKIE_LINE, response.cookies))
    end = "connection: keep-alive\r\n\r\n" if keeps_alive else "connection: close\r\n\r\n"
    return (_STATUS_LINES[response.status] + lines + end).encode("latin-1")


def joined_headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header values by lower-case name, from pairs as they were received."""
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in pairs:
        name, value = _name(name_bytes), value_bytes.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def sent_headers(pairs: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """Names and values of headers as they were received."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs)


@lru_cache(maxsize=256)  # Clients send few names, each again and again.
def _name(name: bytes) -> str:
    return name.decode("latin-1").lower()


@lru_cache(maxsize=8)
def http_date(second: int) -> str:
    """A moment, in epoch seconds, as the header Date has it."""
    return formatdate(second, usegmt=True)
