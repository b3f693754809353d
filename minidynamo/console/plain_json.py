"""Items as plain JSON, as people write them: numbers as they are, without type descriptors, and back.

Sets and binary values have no plain form: an item with some is edited as DynamoDB JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

from minidynamo.console.parameters import wrong
from minidynamo.values.api_types import AttributeValue, Item, JsonValue

_INDENT = "  "


def has_plain_form(value: AttributeValue) -> bool:
    """Whether a value can be said in plain JSON without loss."""
    ((tag, payload),) = value.items()
    if tag == "M":
        return all(map(has_plain_form, payload.values()))
    if tag == "L":
        return all(map(has_plain_form, payload))
    return tag in ("S", "N", "BOOL", "NULL")


def plain_text(item: Item) -> str | None:
    """An item as plain JSON; None where it has no such form."""
    return "".join(_written({"M": item}, "\n")) if has_plain_form({"M": item}) else None


def _written(value: AttributeValue, line: str) -> Iterator[str]:
    ((tag, payload),) = value.items()
    if tag == "N":
        yield payload
    elif tag in ("M", "L"):
        start, end = "{}" if tag == "M" else "[]"
        members = payload.items() if tag == "M" else (("", each) for each in payload)
        inner, mark = line + _INDENT, start
        for name, each in members:
            yield mark + inner + (f"{json.dumps(name, ensure_ascii=False)}: " if tag == "M" else "")
            yield from _written(each, inner)
            mark = ","
        yield line + end if payload else start + end
    else:
        yield json.dumps(None if tag == "NULL" else payload, ensure_ascii=False)


def read_plain(text: str) -> Item:
    """The item of a plain JSON object; numbers keep all their digits.

    Raises:
        Refused: it is no JSON object, and where it goes wrong.
    """
    item = _parsed(text)
    return {name: _value(each) for name, each in item.items()}


def read_wire(text: str) -> Item:
    """The item of a text of DynamoDB JSON, with base64 for binary.

    Raises:
        Refused: it is no JSON object, or a value has no type, and which.
    """
    item = _parsed(text)
    for name, value in item.items():
        if not isinstance(value, dict) or len(value) != 1:
            raise wrong(f'{name} has no type: write {{"S": "…"}}, {{"N": "1"}} and so on, or choose plain JSON.')
    return item


def _parsed(text: str) -> Item:
    try:
        item = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise wrong(f"This is no JSON, from line {error.lineno}, column {error.colno} on: {error.msg}.") from None
    except RecursionError:
        raise wrong("This is nested too deeply.") from None
    if not isinstance(item, dict):
        raise wrong("An item is an object: write {…}.")
    return item


def _refuse(name: str) -> JsonValue:
    raise wrong(f"{name} is no number that DynamoDB has.")


def _value(value: JsonValue) -> AttributeValue:
    if isinstance(value, dict):
        return {"M": {name: _value(each) for name, each in value.items()}}
    if isinstance(value, list):
        return {"L": list(map(_value, value))}
    if isinstance(value, Decimal):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    return {"BOOL": value} if isinstance(value, bool) else {"S": value}
