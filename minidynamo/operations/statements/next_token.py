"""Next tokens: opaque texts that say where a SELECT goes on, for a day.

base64(checksum | msgpack([what it belongs to, the key to go on behind, made at])); the checksum tells a token that has
been changed from one that belongs to another statement.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import blake2b

import msgpack

from minidynamo.errors import ValidationError
from minidynamo.limits import NEXT_TOKEN_SECONDS
from minidynamo.values.api_types import AttributeValue, Item
from minidynamo.values.attribute_value import checked_item

_CHECKSUM_BYTES = 8
_DIGEST_BYTES = 12
# Types of the fields; a clock may tell whole seconds.
_FIELDS = {(bytes, dict, float), (bytes, dict, int)}
_KEY_TYPES = {"S": str, "N": str, "B": bytes}


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
    owner, last_key, made_at = _fields(text)
    if owner != digest:
        raise ValidationError("NextToken does not match request")
    # One from far ahead would never be too old; a clock may have been set back a little.
    if not (_is_key(last_key) and abs(now - made_at) <= NEXT_TOKEN_SECONDS):
        raise invalid_token()
    return last_key


def invalid_token() -> ValidationError:
    """The error of what is no token, or none that holds any longer."""
    return ValidationError("Invalid NextToken")


def last_key_of(text: str) -> Item:
    """The key behind which a token goes on, which has been made here."""
    last_key: Item = msgpack.unpackb(base64.b64decode(text)[_CHECKSUM_BYTES:])[1]
    return last_key


def _fields(text: str) -> tuple[bytes, Item, float]:
    """What a token belongs to, what may be a key, and when it was made."""
    try:
        data = base64.b64decode(text, validate=True)
        checksum, packed = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
        fields = msgpack.unpackb(packed) if checksum == _checksum(packed) else None
    except (ValueError, msgpack.UnpackException):
        raise invalid_token() from None
    if type(fields) is not list or tuple(map(type, fields)) not in _FIELDS or len(fields[0]) != _DIGEST_BYTES:
        raise invalid_token()
    owner, last_key, made_at = fields
    return owner, last_key, made_at


def _is_key(key: Item) -> bool:
    """Whether all members are normal values of types that keys have."""
    if not all(type(name) is str and type(value) is dict and len(value) == 1 for name, value in key.items()):
        return False
    members = [member for value in key.values() for member in value.items()]
    try:
        return all(_KEY_TYPES.get(tag) is type(payload) for tag, payload in members) and checked_item(key)[0] == key
    except ValidationError:
        return False


def _checksum(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=_CHECKSUM_BYTES, person=b"NextToken").digest()
