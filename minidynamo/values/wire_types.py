"""The JSON types that attribute values may be made of, and the service's words for a value of another type.

Source: observed responses of Amazon DynamoDB (SerializationException).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar

from minidynamo.errors import SerializationError

STRUCTURE_FOUND = "Start of structure or map found where not expected"
SCALAR_FOR_CONTAINER = "Unexpected field type"
SCALAR_FOR_STRUCTURE = "Unexpected value type in payload"
NOT_UTF8 = "A string is not valid UTF-8: it holds half of a surrogate pair"
SHAPE_PACKAGE = "com.amazonaws.dynamodb.v20120810"
JAVA_MAP = "java.util.Map<java.lang.String, {element}>"
_JAVA_CLASSES = {
    "String": "java.lang.String",
    "Boolean": "java.lang.Boolean",
    "Integer": "java.lang.Integer",
    "Long": "java.lang.Long",
    "Double": "java.lang.Double",
    "Blob": "java.nio.ByteBuffer",
    "Timestamp": "java.util.Date",
}
# Set where an SDK's own validation comes first: it refuses values that the service itself would let pass.
REFUSES_MALFORMED_VALUES: ContextVar[bool] = ContextVar("minidynamo refuses malformed values", default=False)
# Members deeper than this are not walked: the nesting rule refuses the item in any case.
_WALK_LEVELS_MAX = 64


class MalformedValue(Exception):
    """A value that the service takes, but an SDK might not: with unknown or null members, or malformed binaries."""


def token_name(value: object) -> str:
    """What the service's parser calls a JSON scalar, such as "NUMBER_VALUE"."""
    if value is True or value is False:
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str | bytes | bytearray):
        return "STRING_VALUE"
    return "NUMBER_VALUE" if isinstance(value, int) else "DECIMAL_VALUE"


def scalar_error(expected: str, value: object) -> SerializationError:
    """The error for `value` where a scalar of the type `expected` (such as "String") should stand."""
    if isinstance(value, Mapping):
        return SerializationError(STRUCTURE_FOUND)
    if isinstance(value, list | tuple | set | frozenset):
        return SerializationError(f"Unrecognized collection type class {_JAVA_CLASSES[expected]}")
    if expected == "Blob":
        return SerializationError("only base-64-encoded strings are convertible to bytes")
    if expected == "Boolean" and isinstance(value, str | bytes):
        return SerializationError("Unexpected token received from parser")
    return SerializationError(f"{token_name(value)} cannot be converted to {expected}")


def list_error(value: object) -> SerializationError:
    """The error for `value` where a list should stand."""
    return SerializationError(STRUCTURE_FOUND if isinstance(value, Mapping) else SCALAR_FOR_CONTAINER)


def structure_error(shape: str, value: object, is_element: bool) -> SerializationError:
    """The error for `value` where a structure should stand; `is_element` if it is a member of a list or map."""
    if isinstance(value, list | tuple):
        return SerializationError(f"Unrecognized collection type class {SHAPE_PACKAGE}.{shape}")
    return SerializationError(SCALAR_FOR_STRUCTURE if is_element else SCALAR_FOR_CONTAINER)


class UndecodableBinary:
    """Stands where a binary payload was no base64, until types are checked: so its error keeps its place among others.

    Parameters:
        error: what the service says of it.
    """

    def __init__(self, error: str) -> None:
        self.error = error


def as_bytes(payload: object) -> bytes:
    """The bytes of a binary payload: bytes-like, text (UTF-8, as botocore reads it) or boto3's `Binary`."""
    if isinstance(payload, bytes | bytearray):
        return bytes(payload)
    if isinstance(payload, str):
        return utf8_bytes(payload)
    if isinstance(payload, UndecodableBinary):
        raise SerializationError(payload.error)
    if REFUSES_MALFORMED_VALUES.get():
        raise MalformedValue
    inner = payload if isinstance(payload, memoryview) else getattr(payload, "value", None)
    if isinstance(inner, bytes | bytearray | memoryview):
        return bytes(inner)
    raise scalar_error("Blob", payload)


def as_text(payload: object) -> str:
    """The plain text of a payload that must be one."""
    if not isinstance(payload, str):
        raise scalar_error("String", payload)
    return plain_text(payload)


def as_sequence(payload: object) -> list[object] | tuple[object, ...]:
    """The payload itself, which must be a list or a tuple."""
    if not isinstance(payload, list | tuple):
        raise list_error(payload)
    return payload


def utf8_bytes(text: str) -> bytes:
    """The UTF-8 bytes of a text; raises SerializationError for one that has none."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise SerializationError(NOT_UTF8) from None


def plain_text(text: str) -> str:
    """The text itself for an instance of a subclass, whatever it prints (members of an Enum print their names)."""
    return str.__str__(text)


def check_value_types(value: object, level: int = 1, is_element: bool = True) -> None:
    """Checks the JSON types all through one attribute value; raises SerializationError at the first wrong one."""
    if level > _WALK_LEVELS_MAX:
        return
    if not isinstance(value, dict):
        raise structure_error("AttributeValue", value, is_element)
    for tag, payload in value.items():
        if payload is None:
            continue
        if tag in ("S", "N"):
            _check_string(payload)
        elif tag == "B":
            as_bytes(payload)
        elif tag in ("BOOL", "NULL"):
            if not isinstance(payload, bool):
                raise scalar_error("Boolean", payload)
        elif tag in ("SS", "NS", "BS"):
            _check_set(tag, payload)
        elif tag == "L":
            _check_members(payload, level)
        elif tag == "M":
            check_item_types(payload, level + 1, is_element=False)


def check_item_types(item: object, level: int = 1, is_element: bool = False) -> None:
    """Checks the JSON types all through a map of attribute values; raises SerializationError at the first wrong one."""
    if not isinstance(item, dict):
        if isinstance(item, list | tuple):
            collection = JAVA_MAP.format(element=f"{SHAPE_PACKAGE}.AttributeValue")
            raise SerializationError(f"Unrecognized collection type {collection}")
        raise SerializationError(SCALAR_FOR_STRUCTURE if is_element else SCALAR_FOR_CONTAINER)
    for name, value in item.items():
        _check_string(name)
        if value is not None:
            check_value_types(value, level)


def _check_string(payload: object) -> None:
    if not isinstance(payload, str):
        raise scalar_error("String", payload)


def _check_set(tag: str, payload: object) -> None:
    for member in as_sequence(payload):
        if tag == "BS":
            as_bytes(member)
        else:
            _check_string(member)


def _check_members(payload: object, level: int) -> None:
    for member in as_sequence(payload):
        check_value_types(member, level + 1)
