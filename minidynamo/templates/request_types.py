"""The types of what a table is created with: whatever the service or a client is asked has the types it knows."""

from __future__ import annotations

from minidynamo.requests.operations import API
from minidynamo.requests.shapes import Shape
from minidynamo.templates.bounds import TABLE_LIST_ENTRIES_MAX, TABLE_TEXT_CHARACTERS_MAX
from minidynamo.templates.parts import Part
from minidynamo.values.api_types import JsonValue, Request

_TYPES: dict[str, tuple[type | tuple[type, ...], str]] = {
    "String": (str, "text"),
    "Integer": ((int, float), "a number"),
    "Long": ((int, float), "a number"),
    "Boolean": (bool, "true or false"),
    "List": (list, "a list"),
    "Structure": (dict, "an object"),
}


def check_request(part: Part, request: Request) -> None:
    """Sees to it that all parameters have their types.

    Parameters:
        part: what declares the table in the file.
        request: the parameters of CreateTable; those that are null count as absent.

    Raises:
        TemplateError: a parameter, or something in it, has another type or is far too long.
    """
    _check(API["CreateTable"].request, request, "", part)


def _check(shape: Shape, value: JsonValue, place: str, part: Part) -> None:
    if shape.kind not in _TYPES:
        return
    accepted, words = _TYPES[shape.kind]
    has_type = isinstance(value, accepted) and (shape.kind == "Boolean" or not isinstance(value, bool))
    if not has_type:
        raise part.wrong(place, value, words)
    if shape.kind == "String" and len(value) > TABLE_TEXT_CHARACTERS_MAX:
        raise part.error(f"has a text of more than {TABLE_TEXT_CHARACTERS_MAX:,} characters as {place!r}")
    if shape.kind == "Structure":
        for name, member in shape.members.items():
            if value.get(name) is not None:
                _check(member, value[name], f"{place}.{name}" if place else name, part)
    elif shape.kind == "List":
        assert shape.element is not None
        if len(value) > TABLE_LIST_ENTRIES_MAX:
            raise part.error(f"has a list of more than {TABLE_LIST_ENTRIES_MAX:,} entries as {place!r}")
        for index, each in enumerate(value):
            _check(shape.element, each, f"{place}[{index}]", part)
