"""Values, items and keys as pages show them: short texts, whatever their size, with what they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from minidynamo.http.bodies import body_of
from minidynamo.insight.hot_keys import HotKey
from minidynamo.values.api_types import AttributeValue, Item, JsonObject
from minidynamo.values.json_form import base64_text, from_json, item_to_json

CHARACTERS_MAX = 80
_MEMBERS_SHOWN_MAX = 12
_DIFFERENCES_MAX = 12
# Attributes in which libraries for single tables keep what an item is, the most telling first.
_ENTITY_ATTRIBUTES = ("__edb_e__", "_et", "entityType", "entity", "__typename", "_type", "type", "Type")


def shortened(text: str, most: int = CHARACTERS_MAX) -> tuple[str, bool]:
    """A text up to its bound, and whether something was left off."""
    return (text, False) if len(text) <= most else (text[:most], True)


def value_text(value: AttributeValue, most: int = CHARACTERS_MAX) -> tuple[str, bool]:
    """A value as a short text, and whether it is longer; only as much of it is looked at as is shown."""
    text, is_cut = "", False
    for piece in _pieces(value):
        text += piece
        if len(text) > most:
            text, is_cut = text[:most], True
            break
    return text, is_cut


def _pieces(value: AttributeValue) -> Iterator[str]:
    ((tag, payload),) = value.items()
    if tag in ("S", "N"):
        yield payload[: CHARACTERS_MAX * 100]
    elif tag == "B":
        yield base64_text(payload[:600])
    elif tag in ("BOOL", "NULL"):
        yield "null" if tag == "NULL" else "true" if payload else "false"
    elif tag == "M":
        yield from _listed("{", ((f"{name}: ", each) for name, each in payload.items()), len(payload), "}")
    elif tag == "L":
        yield from _listed("[", (("", each) for each in payload), len(payload), "]")
    else:
        yield from _listed("{", (("", {tag[0]: each}) for each in payload), len(payload), "}")


def _listed(start: str, members: Iterable[tuple[str, AttributeValue]], count: int, end: str) -> Iterator[str]:
    yield start
    for number, (name, value) in enumerate(islice(members, _MEMBERS_SHOWN_MAX)):
        yield (", " if number else "") + name
        yield from _pieces(value)
    yield (", …" if count > _MEMBERS_SHOWN_MAX else "") + end


def cell(value: AttributeValue) -> list[str | bool]:
    """A value for a cell of a table: its type, its text, whether it is longer."""
    (tag,) = value
    text, is_cut = value_text(value)
    return [tag, text, is_cut]


def cells(item: Item, names: Iterable[str] | None = None) -> JsonObject:
    """The values of an item for the cells of a table, by their names."""
    return {name: cell(item[name]) for name in (item if names is None else names) if name in item}


def key_text(key: Item) -> str:
    """A key as one line, such as `pk "c1", sk 7`."""
    return ", ".join(f"{name} {quoted(value)}" for name, value in key.items())


def quoted(value: AttributeValue) -> str:
    """A value as one short text, in quotes where it is one of characters."""
    text, is_cut = value_text(value)
    text += "…" if is_cut else ""
    return f'"{text}"' if "S" in value else text


def identity(key: Item) -> str:
    """A key as a text that no other key has."""
    return json.dumps(item_to_json(dict(sorted(key.items()))), separators=(",", ":"))


def entity_of(item: Item, key_names: Iterable[str]) -> str:
    """What an item is: what an attribute says that libraries keep that in, or what its sort key begins with."""
    for name in _ENTITY_ATTRIBUTES:
        text = item.get(name, {}).get("S")
        if text:
            return shortened(text, 40)[0]
    for name in reversed(list(key_names)):
        text = item.get(name, {}).get("S", "")
        prefix = text.partition("#")[0]
        if "#" in text and prefix:
            return shortened(prefix, 40)[0]
    return ""


def differences(old: Item | None, new: Item | None, key_names: Iterable[str]) -> list[list[str | None]]:
    """What has changed in an item: name, old and new text; None where there was or is none. The first few of them."""
    before, after = old or {}, new or {}
    keys = set(key_names)
    names = (name for name in {**before, **after} if name not in keys and before.get(name) != after.get(name))
    return [
        [name, _text_or_none(before.get(name)), _text_or_none(after.get(name))]
        for name in islice(names, _DIFFERENCES_MAX)
    ]


def key_row(key: HotKey) -> JsonObject:
    """A key of those that take the most units."""
    assert 0 <= key.error <= key.units, f"{key.key} has taken {key.units} units, give or take {key.error}"
    where = {"table": key.table, "index": key.index, "key": key.key}
    return {**where, "units": key.units, "share": key.share, "error": key.error}


def _text_or_none(value: AttributeValue | None) -> str | None:
    return None if value is None else quoted(value)


def wire_text(item: Item) -> str:
    """An item as DynamoDB JSON, for people, with base64 for binary."""
    return json.dumps(json.loads(body_of(item)), ensure_ascii=False, indent=2)


def with_bytes(item: Mapping[str, AttributeValue]) -> Item:
    """An item of a page's request with bytes for base64.

    Raises:
        ValueError: something is no base64.
    """
    return {name: from_json(value) for name, value in item.items()}
