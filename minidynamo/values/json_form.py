"""Attribute values as JSON has them: binary as base64, both ways. The one home of that.

Source: DynamoDB API reference, AttributeValue; wire protocol of Amazon DynamoDB, "Value encodings".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from minidynamo.values.api_types import AttributeValue, Item, JsonValue
from minidynamo.values.wire_types import as_bytes

# Values deeper than this are left as they are: the nesting rule refuses them in any case.
_LEVELS_MAX = 64
_BAD_CHARACTER = "Invalid last non-pad Base64 character dectected"

# Gives the bytes of a payload, or whatever shall stand in their place.
DecodeBinary = Callable[[str], object]


def base64_text(binary: object) -> str:
    """Bytes, in any form that a binary value may have, as base64; raises SerializationError for what is none."""
    return base64.b64encode(binary if type(binary) is bytes else as_bytes(binary)).decode()


def binary_of(text: str) -> bytes:
    """The bytes of a text of base64; raises ValueError, with the service's words, for any other text."""
    if len(text) % 4:
        raise ValueError(f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}")
    try:
        binary = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(_BAD_CHARACTER) from None
    if base64_text(binary) != text:  # Bits left over in the last character must be zero.
        raise ValueError(_BAD_CHARACTER)
    return binary


def to_json(value: AttributeValue) -> AttributeValue:
    """An attribute value that has been checked, with base64 for binary."""
    ((tag, payload),) = value.items()
    if tag == "B":
        return {tag: base64_text(payload)}
    if tag == "BS":
        return {tag: list(map(base64_text, payload))}
    if tag == "L":
        return {tag: list(map(to_json, payload))}
    if tag == "M":
        return {tag: item_to_json(payload)}
    return value


def item_to_json(item: Item) -> Item:
    """An item, or a key, that has been checked, with base64 for binary."""
    return {name: to_json(value) for name, value in item.items()}


# The types whose values are binary or may hold some.
_HOLDING_BINARY = frozenset({"B", "BS", "L", "M"})


def from_json(value: JsonValue, decode: DecodeBinary = binary_of, level: int = 1) -> JsonValue:
    """An attribute value with bytes for base64. Parts that hold none are the value's own; whatever is none is left so.

    Parameters:
        value: the value, of any type.
        decode: gives the bytes of a payload.
        level: how deep it is nested.

    Raises:
        ValueError: a payload is no base64, unless `decode` makes something of it.
    """
    if not isinstance(value, dict) or level > _LEVELS_MAX or value.keys().isdisjoint(_HOLDING_BINARY):
        return value
    return {tag: _decoded(tag, payload, decode, level) for tag, payload in value.items()}


def _decoded(tag: str, payload: object, decode: DecodeBinary, level: int) -> object:
    if tag == "B":
        return decode(payload) if isinstance(payload, str) else payload
    if tag == "BS" and isinstance(payload, list):
        return [decode(each) if isinstance(each, str) else each for each in payload]
    if tag == "L" and isinstance(payload, list):
        return [from_json(each, decode, level + 1) for each in payload]
    if tag == "M" and isinstance(payload, dict):
        return {name: from_json(each, decode, level + 1) for name, each in payload.items()}
    return payload


def binaries_decoded(value: JsonValue) -> JsonValue:
    """A parsed response of the service with bytes for the base64 in its attribute values, wherever they are.

    What is an attribute value is told by its form, as no response has members called B or BS of another kind.
    """
    if isinstance(value, list):
        return [binaries_decoded(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"B"} and isinstance(value["B"], str):  # Else it is an item with an attribute called B.
        return from_json(value)
    if value.keys() == {"BS"} and isinstance(value["BS"], list):
        return from_json(value)
    return {name: binaries_decoded(each) for name, each in value.items()}
