"""The least size that an item can have, told before it is made: an item takes fifty times the memory of its text.

Each of these is at most the size that the item has in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from minidynamo.limits import ITEM_SIZE_BYTES_MAX
from minidynamo.messages import ITEM_TOO_LARGE
from minidynamo.values.api_types import JsonValue

Members = list[tuple[str, JsonValue]]
# What a payload takes at least, whatever its text: numbers and binary are packed, and sets may hold an empty string.
_PAYLOADS_MIN = {"N": 1, "B": 0, "SS": 0, "NS": 0, "BS": 0}
_COLLECTION = 3


class Refused(Exception):
    """An object that is none of an item's; the text says why."""


def counting(make: Callable[[Members], JsonValue]) -> Callable[[Members], JsonValue]:
    """Makes objects as they are decoded, until they are together too large for one item: then it raises Refused.

    They may be plain or attribute values: beside a payload there is a name, or a byte for its place in a list.
    """
    size = 0

    def make_and_count(members: Members) -> JsonValue:
        nonlocal size
        size += sum(1 + _PAYLOADS_MIN.get(name, _least(value)) for name, value in members if not _is_object(value))
        if size > ITEM_SIZE_BYTES_MAX:
            raise Refused(ITEM_TOO_LARGE)
        return make(members)

    return make_and_count


def is_too_large(item: Mapping[str, JsonValue], is_plain: bool) -> bool:
    """Whether an item is too large.

    Parameters:
        item: its attributes, as JSON has them.
        is_plain: whether they are plain values, else attribute values.
    """
    look = _plain if is_plain else _typed
    size, left = sum(map(len, item)), list(item.values())
    while left and size <= ITEM_SIZE_BYTES_MAX:
        size_more, inner = look(left.pop())
        size += size_more
        left += inner
    return size > ITEM_SIZE_BYTES_MAX


def _plain(value: JsonValue) -> tuple[int, Iterable[JsonValue]]:
    """What a value takes at least beside what is in it, and that."""
    if isinstance(value, dict):
        return _COLLECTION + sum(map(len, value)) + len(value), value.values()
    if isinstance(value, list):
        return _COLLECTION + len(value), value
    return _least(value), ()


def _typed(value: JsonValue) -> tuple[int, Iterable[JsonValue]]:
    """The same of an attribute value; what is none takes nothing."""
    if not isinstance(value, dict) or len(value) != 1:
        return 0, ()
    ((kind, payload),) = value.items()
    if (kind == "M" and isinstance(payload, dict)) or (kind == "L" and isinstance(payload, list)):
        return _plain(payload)
    return _PAYLOADS_MIN.get(kind, _least(payload)), ()


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _least(value: JsonValue) -> int:
    """What a value that is no object takes at least, whatever is in it."""
    if isinstance(value, str):
        return len(value)
    return _COLLECTION if isinstance(value, list) else 1
