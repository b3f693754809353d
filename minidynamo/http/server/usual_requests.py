"""Requests as SDKs send most of them, read at once by the compiled core; `request_parser.py` reads all others."""

from __future__ import annotations

from minidynamo.compiled import compiled
from minidynamo.limits import HTTP_INLINE_BODY_BYTES_MAX

# Of head and body together.
USUAL_BYTES_MAX = HTTP_INLINE_BODY_BYTES_MAX


@compiled
def usual_request(data: bytes, size_bytes_max: int, /) -> tuple[dict[str, str], bytes] | None:
    """The headers and the body of a request to carry out an operation; None where anything about it is not usual.

    Usual is exactly one `POST / HTTP/1.1` that keeps its connection, with a body of a known length, in headers of
    printable ASCII that are given once and change nothing about how it is read. What `RequestParser` makes of it is the
    same.

    Parameters:
        data: what has come in.
        size_bytes_max: how long it may be.
    """
    return None
