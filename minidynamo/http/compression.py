"""Compressed bodies, both ways.

Source: wire protocol of Amazon DynamoDB, "Request" and "Response".
"""

from __future__ import annotations

import gzip
import zlib

from minidynamo.errors import InternalServerError
from minidynamo.limits import HTTP_BODY_BYTES_MAX, HTTP_COMPRESSED_BODY_BYTES_MIN, HTTP_COMPRESSED_MEMBERS_MAX

_PIECE_BYTES = 64 * 1024


class BodyTooLarge(Exception):
    """A body of more than 16 MB, as sent or after decompression."""


def decompressed(body: bytes, encoding: str | None) -> bytes:
    """The body as it was before the Content-Encoding was applied to it.

    Raises:
        InternalServerError: an unknown encoding, or a body that is broken, cut off or empty, or of more than a
            thousand members. The service answers so.
        BodyTooLarge: it grows beyond 16 MB.
    """
    name = (encoding or "identity").strip().lower()
    if name == "identity":
        return body
    window_bits = _WINDOW_BITS.get(name)
    if window_bits is None or not body:
        raise InternalServerError()
    parts: list[bytes] = []
    room, start = HTTP_BODY_BYTES_MAX, 0
    for _ in range(HTTP_COMPRESSED_MEMBERS_MAX):  # Several members may follow one another.
        part, start = _member(body, start, window_bits, room)
        parts.append(part)
        room -= len(part)
        if start == len(body):
            return b"".join(parts)
    raise InternalServerError()


def _member(body: bytes, start: int, window_bits: int, room: int) -> tuple[bytes, int]:
    """What one member of a body holds, and where the next one begins.

    It is handed over in pieces, since what follows a member is copied each time.
    """
    decompressor = zlib.decompressobj(window_bits)
    view, parts = memoryview(body), []
    while not decompressor.eof:
        piece = view[start : start + _PIECE_BYTES]
        if not piece:
            raise InternalServerError()  # It is cut off.
        try:
            part = decompressor.decompress(piece, room + 1)
        except zlib.error:
            raise InternalServerError() from None
        parts.append(part)
        room -= len(part)
        if room < 0:
            raise BodyTooLarge
        start += len(piece) - len(decompressor.unused_data)
    return b"".join(parts), start


def compressed(body: bytes, accepted: str | None) -> tuple[bytes, str | None]:
    """The body as the Accept-Encoding allows it to be sent, and the Content-Encoding to name, if any."""
    if accepted is None or len(body) <= HTTP_COMPRESSED_BODY_BYTES_MIN:
        return body, None
    encoding = chosen_encoding(accepted)
    if encoding == "gzip":
        return gzip.compress(body, 6, mtime=0), encoding
    if encoding == "deflate":
        return zlib.compress(body), encoding
    return body, None


def chosen_encoding(accepted: str) -> str | None:
    """The encoding of highest quality among those an Accept-Encoding lists, earlier ones first; None for none."""
    qualities: dict[str, float] = {}
    for part in accepted.split(","):
        name, _, parameters = part.partition(";")
        qualities.setdefault(name.strip().lower(), _quality(parameters))
    if "*" in qualities:  # Stands for gzip, or for deflate where gzip is listed lower.
        stands_for = "deflate" if qualities.get("gzip", 1.0) < qualities["*"] and "gzip" in qualities else "gzip"
        qualities.setdefault(stands_for, qualities["*"])
    offered = [name for name in qualities if name in _WINDOW_BITS and qualities[name] > 0]
    return max(offered, key=lambda name: qualities[name], default=None)


def _quality(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


# What zlib needs to be told: a gzip header, or a zlib one.
_WINDOW_BITS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
