"""The records of a file, whatever its format: each is an item, or the reason why there is none.

Source of the DynamoDB JSON rules: DynamoDB Developer Guide, "Import formats".
"""

from __future__ import annotations

from typing import NamedTuple

from minidynamo.formats.least_sizes import is_too_large
from minidynamo.limits import ITEM_SIZE_BYTES_MAX
from minidynamo.messages import ITEM_TOO_LARGE
from minidynamo.values.api_types import JsonValue
from minidynamo.values.attribute_value import Item
from minidynamo.values.json_form import from_json
from minidynamo.values.python_values import to_item

_TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"})


class Record(NamedTuple):
    """One record of a file.

    Attributes:
        line_number: of the line on which it begins, counted from 1.
        item: what it holds; None where that is no item.
        error: why it is none.
        characters: how long its text is.
    """

    line_number: int
    item: Item | None
    error: str = ""
    characters: int = 0


def record_of(number: int, value: JsonValue, characters: int) -> Record:
    """The record of a decoded JSON value: attribute values, in an object "Item" or not, or plain JSON."""
    if not isinstance(value, dict):
        return Record(number, None, f"not an object but {type(value).__name__}")
    item = value["Item"] if value.keys() == {"Item"} and isinstance(value["Item"], dict) else value
    is_plain = not item or not all(map(_is_attribute_value, item.values()))
    if characters > ITEM_SIZE_BYTES_MAX and is_too_large(value if is_plain else item, is_plain):
        return Record(number, None, ITEM_TOO_LARGE)
    if not is_plain:
        try:
            return Record(number, {name: from_json(each) for name, each in item.items()}, "", characters)
        except ValueError as error:
            return Record(number, None, f"holds binary that is not base64: {error}")
    try:
        return Record(number, to_item(value), "", characters)
    except TypeError as error:
        return Record(number, None, f"cannot be stored: {error}")
    except ArithmeticError:
        return Record(number, None, "cannot be stored: a number has more than 38 digits or is out of range")
    except RecursionError:
        return Record(number, None, "cannot be stored: it nests too deep")


def _is_attribute_value(value: object) -> bool:
    return isinstance(value, dict) and len(value) == 1 and value.keys() <= _TYPES
