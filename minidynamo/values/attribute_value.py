"""Attribute values: one pass that checks an item, normalises it and measures it.

Owns what an attribute value may be and what it weighs; what a key may be is `schema/`'s. A normal value has canonical
numbers, sorted sets and plain `bytes`, so that two normal values are equal exactly if Python says so.
Source: DynamoDB Developer Guide, "Naming rules and data types" and "Item sizes and formats"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, TypeVar

from minidynamo.compiled import compiled
from minidynamo.errors import ValidationError
from minidynamo.limits import ATTRIBUTE_NAME_BYTES_MAX, NESTING_LEVELS_MAX
from minidynamo.messages import PARAMETERS_INVALID, VALUE_AMBIGUOUS, VALUE_EMPTY
from minidynamo.values.api_types import AttributeValue as AttributeValue
from minidynamo.values.api_types import Item as Item
from minidynamo.values.json_form import base64_text
from minidynamo.values.nesting import EmptyAttributeName, NestingTooDeep
from minidynamo.values.numbers import canonical_number, measured_number, number_size_bytes
from minidynamo.values.wire_types import (
    REFUSES_MALFORMED_VALUES,
    MalformedValue,
    as_bytes,
    as_sequence,
    as_text,
    check_value_types,
    scalar_error,
    utf8_bytes,
)
from minidynamo.wording import VALUE

_Text = TypeVar("_Text", str, bytes)

CONTAINER_SIZE_BYTES = 3
MEMBER_SIZE_BYTES = 1


class EmptyNumberSet(ValidationError):
    """A set of numbers without members."""


class DuplicateMembers(ValidationError):
    """A set that has a member twice."""


@compiled
def checked_item(item: Item, /) -> tuple[Item, int]:
    """Checks, normalises and measures an item (or a key) in one pass.

    Parameters:
        item: attribute names to attribute values in wire form, such as `{"pk": {"S": "a"}}`. It is not changed.

    Returns:
        The normal item (the same object where nothing had to be changed) and its size in bytes by the service's rule.

    Raises:
        ValidationError: a value that the service refuses.
        SerializationError: a payload of the wrong JSON type.
    """
    size = 0
    changed: Item | None = None
    for name, value in item.items():
        # Strings, the most frequent values, are measured on the spot.
        if type(value) is dict and len(value) == 1 and type(text := value.get("S")) is str:
            size += len(text) if text.isascii() else _utf8_size(text)
        else:
            normal, value_size = checked_value(value)
            size += value_size
            if normal is not value:
                changed = dict(item) if changed is None else changed
                changed[name] = normal
        size += len(name) if name.isascii() and 0 < len(name) <= ATTRIBUTE_NAME_BYTES_MAX else name_size_bytes(name)
    return (item if changed is None else changed), size


@compiled
def checked_value(value: AttributeValue, level: int = 1, /) -> tuple[AttributeValue, int]:
    """Checks, normalises and measures one attribute value.

    Parameters:
        value: the value in wire form.
        level: its nesting level; 1 for the value of an attribute, less where more levels may be below it.

    Returns:
        The normal value (the same object where nothing had to be changed) and its size in bytes.
    """
    if level > NESTING_LEVELS_MAX:
        raise NestingTooDeep
    if type(value) is not dict or len(value) != 1:
        return _checked_malformed_value(value, level)
    if type(text := value.get("S")) is str:
        return value, len(text) if text.isascii() else _utf8_size(text)
    if type(text := value.get("N")) is str:
        number, size = measured_number(text)
        return (value if number is text else {"N": number}), size
    ((tag, payload),) = value.items()
    check = _CHECKS.get(tag)
    if check is None or payload is None:
        return _checked_malformed_value(value, level)
    normal, size = check(payload, level)
    return (value if normal is payload else {tag: normal}), size


def value_size_bytes(value: AttributeValue) -> int:
    """The size of a normal value in bytes, by the service's rule."""
    return checked_value(value, 0)[1]


def type_of(value: AttributeValue) -> str:
    """The type descriptor of a normal value, such as "S"."""
    return next(iter(value))


def name_size_bytes(name: str) -> int:
    """The size of an attribute name in bytes; raises ValidationError for one that is empty or too long."""
    size = len(name) if name.isascii() else _utf8_size(name)
    if 0 < size <= ATTRIBUTE_NAME_BYTES_MAX:
        return size
    if not size:
        raise EmptyAttributeName
    raise ValidationError("Attribute name is too large, must be less than 65536 bytes")


def utf8_size(text: str) -> int:
    """The length of a text in UTF-8 bytes."""
    return len(text) if text.isascii() else _utf8_size(text)


def _utf8_size(text: str) -> int:
    return len(utf8_bytes(text))


def _checked_malformed_value(value: AttributeValue, level: int) -> tuple[AttributeValue, int]:
    """A value with no member, several members, unknown members or members that are null."""
    if REFUSES_MALFORMED_VALUES.get():
        raise MalformedValue
    check_value_types(value)
    known = {tag: payload for tag, payload in value.items() if tag in _CHECKS and payload is not None}
    if not known:
        raise ValidationError(VALUE_EMPTY)
    # The members are checked first, in the service's own order; that there are several is found last.
    checked = {tag: _CHECKS[tag](known[tag], level) for tag in _CHECKS if tag in known}
    if len(checked) > 1:
        raise ValidationError(VALUE_AMBIGUOUS)
    ((tag, (normal, size)),) = checked.items()
    return {tag: normal}, size


def _checked_string(payload: object, level: int) -> tuple[str, int]:
    text = payload if type(payload) is str else as_text(payload)
    return text, utf8_size(text)


def _checked_number(payload: object, level: int) -> tuple[str, int]:
    return measured_number(payload if type(payload) is str else as_text(payload))


def _checked_binary(payload: object, level: int) -> tuple[bytes, int]:
    binary = payload if type(payload) is bytes else as_bytes(payload)
    return binary, len(binary)


def _checked_bool(payload: object, level: int) -> tuple[bool, int]:
    if not isinstance(payload, bool):
        raise scalar_error("Boolean", payload)
    return payload, 1


def _checked_null(payload: object, level: int) -> tuple[bool, int]:
    if payload is not True:
        check_value_types({"NULL": payload})
        text = PARAMETERS_INVALID + "Null attribute value types must have the value of true"
        raise ValidationError(text, prefix=VALUE)
    return True, 1


def _checked_string_set(payload: object, level: int) -> tuple[list[str], int]:
    members = _texts(payload)
    if not members:
        raise ValidationError(PARAMETERS_INVALID + "An string set  may not be empty", prefix=VALUE)
    if len(set(members)) != len(members):
        newer = ", ".join(f'"{each}"' for each in _duplicates_first(members))
        raise _duplicates(f" [{newer}] contains", text_2025=f" [{', '.join(members)}] contains")
    # Code point order, which Python's own comparison uses, is UTF-8 byte order.
    return _sorted_list(members), sum(map(utf8_size, members))


def _checked_number_set(payload: object, level: int) -> tuple[list[str], int]:
    members = _texts(payload)
    if not members:
        raise EmptyNumberSet(PARAMETERS_INVALID + "An number set  may not be empty", prefix=VALUE)
    canonical = [canonical_number(each) for each in members]
    if len(set(canonical)) != len(canonical):
        text = "Input collection contains duplicates"
        raise DuplicateMembers(f"{PARAMETERS_INVALID}{text}.", text_2025=text, prefix=VALUE)
    ordered = sorted(canonical, key=Decimal)
    return (members if ordered == members else ordered), sum(map(number_size_bytes, ordered))


def _texts(payload: object) -> list[str]:
    """The members of a set of texts; the payload itself where nothing had to be changed."""
    if type(payload) is list and all(type(each) is str for each in payload):
        return payload
    return [as_text(each) for each in as_sequence(payload)]


def _checked_binary_set(payload: object, level: int) -> tuple[list[bytes], int]:
    if type(payload) is list and all(type(each) is bytes for each in payload):
        members: list[bytes] = payload
    else:
        members = [as_bytes(each) for each in as_sequence(payload)]
    if not members:
        raise ValidationError(PARAMETERS_INVALID + "Binary sets should not be empty", prefix=VALUE)
    if len(set(members)) != len(members):
        older = ", ".join(map(base64_text, members))
        newer = ",".join(f'"{base64_text(each)}"' for each in _duplicates_first(members))
        raise _duplicates(f" [{newer}]of type BS contains", text_2025=f" [{older}]of type BS contains")
    return _sorted_list(members), sum(map(len, members))


def _checked_list(payload: object, level: int) -> tuple[list[AttributeValue], int]:
    if type(payload) is list:
        members = payload
    else:
        check_value_types({"L": payload})
        members = list(as_sequence(payload))
    size = CONTAINER_SIZE_BYTES + MEMBER_SIZE_BYTES * len(members)
    normal_members = members
    for index, member in enumerate(members):
        normal, member_size = checked_value(member, level + 1)
        if normal is not member:
            normal_members = list(members) if normal_members is members else normal_members
            normal_members[index] = normal
        size += member_size
    return normal_members, size


def _checked_map(payload: object, level: int) -> tuple[Item, int]:
    if type(payload) is not dict:
        check_value_types({"M": payload})
        assert isinstance(payload, dict), "its types have been checked"
    size = CONTAINER_SIZE_BYTES + MEMBER_SIZE_BYTES * len(payload)
    normal_members = payload
    for name, member in payload.items():
        name_size = name_size_bytes(name)
        normal, member_size = checked_value(member, level + 1)
        if normal is not member:
            normal_members = dict(payload) if normal_members is payload else normal_members
            normal_members[name] = normal
        size += member_size + name_size
    return normal_members, size


def _sorted_list(members: list[_Text]) -> list[_Text]:
    ordered = sorted(members)
    return members if ordered == members else ordered


def _duplicates_first(members: list[_Text]) -> list[_Text]:
    """The newer layer lists members by bytes up to the first repeated one, then the repeat, then the rest as sent."""
    seen: list[_Text] = []
    for index, member in enumerate(members):
        if member in seen:
            return sorted(seen) + members[index:]
        seen.append(member)
    return members


def _duplicates(text: str, text_2025: str) -> DuplicateMembers:
    opening = PARAMETERS_INVALID + "Input collection"
    current, older = (f"{opening}{each} duplicates." for each in (text, text_2025))
    return DuplicateMembers(current, text_2025=older, prefix=VALUE)


def sorted_members(tag: str, members: Iterable[Any]) -> list[Any]:
    """The members of a set in the order in which the service returns them: SS and BS by bytes, NS by value."""
    return sorted(members, key=Decimal) if tag == "NS" else sorted(members)


# Type descriptors to their checks, in the order in which the service checks the members of one value.
_CHECKS: dict[str, Callable[[object, int], tuple[object, int]]] = {
    "N": _checked_number,
    "S": _checked_string,
    "B": _checked_binary,
    "NULL": _checked_null,
    "BOOL": _checked_bool,
    "SS": _checked_string_set,
    "NS": _checked_number_set,
    "BS": _checked_binary_set,
    "M": _checked_map,
    "L": _checked_list,
}
