"""HTTP requests and answers as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache
from typing import NamedTuple

# Statuses of answers that have no body, whatever is said of one.
WITHOUT_BODY = (204, 304)


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
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    peer: str = ""
    is_secure: bool = False


class HttpResponse(NamedTuple):
    """A whole response; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


def joined_headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header values by lower-case name, from pairs as they were received."""
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in pairs:
        name, value = _name(name_bytes), value_bytes.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


@lru_cache(maxsize=256)  # Clients send few names, each again and again.
def _name(name: bytes) -> str:
    return name.decode("latin-1").lower()


@lru_cache(maxsize=8)
def http_date(second: int) -> str:
    """A moment, in epoch seconds, as the header Date has it."""
    return formatdate(second, usegmt=True)
