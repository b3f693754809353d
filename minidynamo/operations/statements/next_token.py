"""Next tokens: opaque texts that say where a SELECT goes on, for a day.

base64(checksum | msgpack([what it belongs to, the key to go on behind, made at])); the checksum tells a token that has
been changed from one that belongs to another statement.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from hashlib import blake2b

import msgpack

from minidynamo.errors import ValidationError
from minidynamo.limits import NEXT_TOKEN_SECONDS
from minidynamo.values.api_types import AttributeValue, Item

_CHECKSUM_BYTES = 8
_DIGEST_BYTES = 12
_INVALID = "Invalid NextToken"


def statement_digest(statement: str, parameters: Sequence[AttributeValue] | None, table_id: str) -> bytes:
    """What a token belongs to: a statement with its parameters, on one table."""
    packed: bytes = msgpack.packb([statement, list(parameters or ()), table_id])
    return blake2b(packed, digest_size=_DIGEST_BYTES).digest()


def next_token(digest: bytes, last_key: Item, now: float) -> str:
    """The token to go on behind a key.

    Parameters:
        digest: of the statement.
        last_key: the LastEvaluatedKey.
        now: the time, in epoch seconds.
    """
    assert len(digest) == _DIGEST_BYTES, f"{digest!r} is no digest of a statement"
    packed: bytes = msgpack.packb([digest, last_key, now])
    return base64.b64encode(_checksum(packed) + packed).decode()


def read_next_token(text: str, digest: bytes, now: float) -> Item:
    """The key behind which to go on.

    Raises:
        ValidationError: it is no token, has been changed, is too old, or belongs to another statement.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValidationError(_INVALID) from None
    checksum, packed = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
    if checksum != _checksum(packed):
        raise ValidationError(_INVALID)
    owner, last_key, made_at = msgpack.unpackb(packed)
    assert isinstance(last_key, dict), f"a token says to go on behind {last_key}"
    if owner != digest:
        raise ValidationError("NextToken does not match request")
    if now > made_at + NEXT_TOKEN_SECONDS:
        raise ValidationError(_INVALID)
    return last_key


def last_key_of(text: str) -> Item:
    """The key behind which a token goes on, which has been made here."""
    last_key: Item = msgpack.unpackb(base64.b64decode(text)[_CHECKSUM_BYTES:])[1]
    return last_key


def _checksum(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=_CHECKSUM_BYTES, person=b"NextToken").digest()
