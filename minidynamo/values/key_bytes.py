"""Key bytes: comparing two encoded keys as bytes orders them as the service orders the values.

    full key     token (8 bytes) | partition key parts | sort key parts
    index entry  token | index partition key parts | index sort key parts | the full key of the item
    S, B         the bytes with 00 written as 00 FF, then 00 00 as the end
    N            sign and size   00 negative | 01 zero | 02 positive
                 exponent        one byte, decimal exponent + 130
                 digits          two per byte as 1..100 (so that 00 can end them), then 00
                 of a negative number exponent, digits and end are complemented

Each part tells its own end, so parts can follow one another and no key is a prefix of another.
The token is the first 8 bytes of the BLAKE2b hash of the partition key parts. It decides the order of a Scan and the
home partition; equal partition keys share it, so that an item collection is contiguous.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any

from minidynamo.compiled import compiled
from minidynamo.limits import NUMBER_EXPONENT_MIN, SORT_KEY_BYTES_MAX
from minidynamo.values.api_types import Item

TOKEN_BYTES = 8
TOKENS = 1 << (8 * TOKEN_BYTES)

_END = b"\x00\x00"
_EMPTY_PART_BYTES = len(_END)
_COMPLEMENT = bytes(255 - each for each in range(256))
# Two digits, read as hexadecimal ones, to their byte; the end of the digits sorts below any of them.
_PAIRS = bytes(each // 16 * 10 + each % 16 + 1 if each % 16 < 10 and each < 0xA0 else 0 for each in range(256))


@compiled
def encoded_string(text: str, /) -> bytes:
    """The key bytes of an S value."""
    return text.encode().replace(b"\x00", b"\x00\xff") + _END


@compiled
def encoded_binary(binary: bytes, /) -> bytes:
    """The key bytes of a B value."""
    return binary.replace(b"\x00", b"\x00\xff") + _END


@compiled
def encoded_number(canonical: str, /) -> bytes:
    """The key bytes of an N value, given as canonical text."""
    if canonical == "0":
        return b"\x01"
    if canonical.isdigit():
        return b"\x02" + _magnitude(canonical, len(canonical) - 1)
    negative = canonical[0] == "-"
    integer, _, fraction = (canonical[1:] if negative else canonical).partition(".")
    digits = (integer + fraction).lstrip("0")
    exponent = len(integer) - 1 if integer != "0" else len(digits) - len(fraction) - 1
    body = _magnitude(digits, exponent)
    return b"\x00" + body.translate(_COMPLEMENT) if negative else b"\x02" + body


def _magnitude(digits: str, exponent: int) -> bytes:
    """Exponent, digits and their end."""
    digits = digits.rstrip("0")
    if len(digits) % 2:
        digits += "0"
    return b"%c%b\0" % (exponent - NUMBER_EXPONENT_MIN, bytes.fromhex(digits).translate(_PAIRS))


@compiled
def token(partition_key_bytes: bytes, /) -> bytes:
    """The 8 bytes that decide where a partition key lives."""
    return blake2b(partition_key_bytes, digest_size=TOKEN_BYTES).digest()


def has_valid_length(part: bytes) -> bool:
    """Whether an encoded key value is certainly neither empty nor too long. No number is so short or so long."""
    return len(part) != _EMPTY_PART_BYTES and len(part) <= SORT_KEY_BYTES_MAX


def after(prefix: bytes) -> bytes:
    """The smallest bytes greater than everything that begins with `prefix`.

    Every prefix in use opens with a token or a type byte, so one that is all FF stands for the end of the key space.
    """
    stripped = prefix.rstrip(b"\xff")
    if not stripped:
        return b"\xff" * (len(prefix) + 1)
    return stripped[:-1] + bytes([stripped[-1] + 1])


def string_prefix(text: str) -> bytes:
    """What the key bytes of every S value that begins with `text` begin with."""
    return encoded_string(text)[: -len(_END)]


def binary_prefix(binary: bytes) -> bytes:
    """What the key bytes of every B value that begins with `binary` begin with."""
    return encoded_binary(binary)[: -len(_END)]


# Makes key bytes of the payload of one type: a str or bytes.
Encoder = Callable[[Any], bytes]

ENCODERS: dict[str, Encoder] = {"S": encoded_string, "N": encoded_number, "B": encoded_binary}
# The name, type and encoder of an attribute of a key.
KeyPart = tuple[str, str, Encoder]
PREFIXES: dict[str, Encoder] = {"S": string_prefix, "B": binary_prefix}


@compiled
def plain_key(parts: Sequence[KeyPart], partition_parts: int, item: Item, tail: bytes = b"", /) -> bytes | None:
    """The key bytes of an item or key about whose key attributes nothing is out of the ordinary.

    Parameters:
        parts: the attributes of the key.
        partition_parts: how many of them make the partition key.
        item: what holds them, normal.
        tail: what follows them.

    Returns:
        None where one is missing, has another type, is empty, or may be longer than a key may be.
    """
    try:
        encoded = [encode(item[name][kind]) for name, kind, encode in parts]
    except KeyError:
        return None
    for part in encoded:
        if len(part) == _EMPTY_PART_BYTES or len(part) > SORT_KEY_BYTES_MAX:  # `has_valid_length`, a call less.
            return None
    partition_key = encoded[0] if partition_parts == 1 else b"".join(encoded[:partition_parts])
    return token(partition_key) + b"".join(encoded) + tail
