"""Values from key bytes, for people: what the key of a record says when the record itself cannot be read.

`key_bytes.py` draws the form.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from minidynamo.limits import NUMBER_EXPONENT_MIN
from minidynamo.values.attribute_value import AttributeValue
from minidynamo.values.key_bytes import TOKEN_BYTES

_COMPLEMENT = bytes(255 - each for each in range(256))


def decoded_key(key: bytes, types: Sequence[str]) -> tuple[list[AttributeValue], bytes]:
    """The values of the attributes of a key, by their types, and what comes behind them.

    Raises:
        ValueError: these are no key bytes of such values.
    """
    rest, values = key[TOKEN_BYTES:], []
    for kind in types:
        value, rest = decoded_number(rest) if kind == "N" else _text(rest)
        values.append({kind: value.decode() if kind == "S" and isinstance(value, bytes) else value})
    return values, rest


def _text(key: bytes) -> tuple[bytes, bytes]:
    """The bytes up to the end of a part, and what comes behind it."""
    position = 0
    while True:
        position = key.index(b"\x00", position)
        if key[position + 1 : position + 2] == b"\x00":
            return key[:position].replace(b"\x00\xff", b"\x00"), key[position + 2 :]
        if key[position + 1 : position + 2] != b"\xff":
            raise ValueError("a zero byte that ends nothing and stands for none")
        position += 2


def decoded_number(key: bytes) -> tuple[str, bytes]:
    """The canonical text of an encoded number, and what comes behind it; raises ValueError where none begins so."""
    kind, body = key[:1], key[1:]
    if kind == b"\x01":
        return "0", body
    if kind not in (b"\x00", b"\x02"):
        raise ValueError("no number begins so")
    is_negative = kind == b"\x00"
    end = body.index(b"\xff" if is_negative else b"\x00", 1)
    shown = body[:end].translate(_COMPLEMENT) if is_negative else body[:end]
    exponent = shown[0] + NUMBER_EXPONENT_MIN
    digits = "".join(f"{pair - 1:02d}" for pair in shown[1:])
    number = Decimal(f"{'-' if is_negative else ''}{digits[:1]}.{digits[1:]}E{exponent}")
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text, body[end + 1 :]
