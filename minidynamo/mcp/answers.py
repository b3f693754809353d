"""What a tool answers, as text: compact JSON within bounds, in which no character commands a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from minidynamo.mcp.bounds import ANSWER_CHARACTERS_MAX, ERROR_CHARACTERS_MAX
from minidynamo.values.api_types import AttributeValue, Item, JsonObject, JsonValue
from minidynamo.values.json_form import to_json
from minidynamo.values.printable import printable

_LEVELS_MAX = 16
# Of the room that an answer has, what a list in it may take.
_LIST_SHARE = 0.8
# Characters of a text and members of a list, in the order in which an answer that is too long is shortened.
_TIGHTER = ((2_000, 200), (600, 60), (200, 30), (80, 15), (40, 8), (40, 3), (20, 1))
# Integers up to here are what they are in every JSON parser.
_EXACT_DIGITS_MAX = 15
# What is of no use in part.
_WHOLE_MEMBERS = frozenset({"next"})


def text_of(answer: JsonObject, characters_max: int = ANSWER_CHARACTERS_MAX) -> str:
    """An answer as text; texts and lists in it are shortened as far as it is too long."""
    text = _compact(answer)
    for characters, members in _TIGHTER:
        if len(text) <= characters_max:
            return text
        shorter = {
            name: value if name in _WHOLE_MEMBERS else shortened(value, characters, members)
            for name, value in answer.items()
        }
        text = _compact({**shorter, "shortened": "the answer was too long: ask for less at a time"})
    return text if len(text) <= characters_max else _compact({"error": "the answer is too long: ask for less"})


def _compact(answer: JsonObject) -> str:
    return printable(json.dumps(answer, ensure_ascii=False, separators=(",", ":"), default=str))


def error_text(text: str) -> str:
    """What went wrong, in one line."""
    line = printable(" ".join(text.split()))
    return shortened_text(line, ERROR_CHARACTERS_MAX)


def shortened(value: JsonValue, characters: int, members: int, level: int = 0) -> JsonValue:
    """A JSON value whose texts, lists and objects are cut, and say how much is left out."""
    if isinstance(value, str):
        return shortened_text(value, characters)
    if level > _LEVELS_MAX and isinstance(value, list | dict):
        return "…"
    if isinstance(value, list | tuple):
        kept = [shortened(each, characters, members, level + 1) for each in value[:members]]
        return kept if len(value) <= members else [*kept, f"… {len(value) - members:,} more"]
    if isinstance(value, Mapping):
        names = list(value)[: 2 * members]
        shown = {name: shortened(value[name], characters, members, level + 1) for name in names}
        return shown if len(names) == len(value) else {**shown, "…": f"{len(value) - len(names):,} more"}
    return value


def shortened_text(text: str, characters: int) -> str:
    """A text that says how long it was where it is cut."""
    assert characters > 0, f"a text of {characters} characters"
    return text if len(text) <= characters + 20 else f"{text[:characters]}… ({len(text):,} characters)"


def fitting(values: Iterable[JsonValue], characters_max: int) -> list[JsonValue]:
    """As many values as an answer of so many characters has room for beside the rest, from the first; at least one."""
    room = characters_max * _LIST_SHARE
    kept: list[JsonValue] = []
    for each in values:
        room -= len(json.dumps(each, ensure_ascii=False, default=str))
        if kept and room < 0:
            break
        kept.append(each)
    return kept


def plain_item(item: Item) -> JsonObject:
    """An item as JSON for reading: numbers as numbers; sets and binary as the API has them."""
    return {name: plain_value(value) for name, value in item.items()}


def plain_value(value: AttributeValue) -> JsonValue:
    """An attribute value as JSON for reading."""
    ((tag, payload),) = value.items()
    if tag in ("S", "BOOL"):
        return payload
    if tag == "N":
        return _number(payload)
    if tag == "NULL":
        return None
    if tag == "L":
        return [plain_value(each) for each in payload]
    return plain_item(payload) if tag == "M" else to_json(value)


def _number(text: str) -> JsonValue:
    """A number where every JSON parser reads it as it is, else as the API has it."""
    if len(text) > _EXACT_DIGITS_MAX:
        return {"N": text}
    return int(text) if text.lstrip("-").isdecimal() else float(text)
