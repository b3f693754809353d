"""Compressed bodies, both ways.

Source: wire protocol of Amazon DynamoDB, "Request" and "Response".
"""

from __future__ import annotations

import gzip
import zlib

from minidynamo.errors import InternalServerError
from minidynamo.limits import HTTP_BODY_BYTES_MAX, HTTP_COMPRESSED_BODY_BYTES_MIN


class BodyTooLarge(Exception):
    """A body of more than 16 MB, as sent or after decompression."""


def decompressed(body: bytes, encoding: str | None) -> bytes:
    """The body as it was before the Content-Encoding was applied to it.

    Raises:
        InternalServerError: an unknown encoding, or a body that is broken, cut off or empty. The service answers so.
        BodyTooLarge: it grows beyond 16 MB.
    """
    name = (encoding or "identity").strip().lower()
    if name == "identity":
        return body
    window_bits = _WINDOW_BITS.get(name)
    if window_bits is None or not body:
        raise InternalServerError()
    parts: list[bytes] = []
    room = HTTP_BODY_BYTES_MAX + 1
    while body:  # Several members may follow one another.
        decompressor = zlib.decompressobj(window_bits)
        try:
            part = decompressor.decompress(body, room)
        except zlib.error:
            raise InternalServerError() from None
        parts.append(part)
        room -= len(part)
        if room <= 0:
            raise BodyTooLarge
        if not decompressor.eof:
            raise InternalServerError()
        body = decompressor.unused_data
    return b"".join(parts)


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
