"""Keys in three columns, since an index of PostgreSQL takes no more than 2,704 bytes of one.

    head    the first 1,000 bytes
    digest  of the whole key where it is longer, empty otherwise
    tail    what follows the head

Head and digest are the primary key. Entries are ordered by head and tail: that is the order of the keys.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

_HEAD_BYTES = 1_000
_DIGEST_BYTES = 16


class KeyColumns(NamedTuple):
    """A key as it is stored."""

    head: bytes
    digest: bytes
    tail: bytes


def columns_of(key: bytes) -> KeyColumns:
    """The columns of a key."""
    if len(key) <= _HEAD_BYTES:
        return KeyColumns(key, b"", b"")
    assert len(key) < 2**16, f"a key of {len(key)} bytes"
    digest = blake2b(key, digest_size=_DIGEST_BYTES).digest()
    return KeyColumns(key[:_HEAD_BYTES], digest, key[_HEAD_BYTES:])
