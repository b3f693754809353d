"""Projection: the part of an item that some document paths name, rebuilt in its nesting.

List elements come back compacted in the order of their indexes; missing paths and mistyped steps yield nothing.
Source: DynamoDB Developer Guide, "Using projection expressions"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from minidynamo.expressions.syntax import DocumentPath
from minidynamo.values.attribute_value import AttributeValue, Item

# Path elements to the branches below them; None where a path ends and takes everything.
_Branches = dict[str | int, "_Branches | None"]


def compile_projection(paths: Iterable[DocumentPath]) -> Callable[[Item], Item]:
    """A function that gives the part of an item that the paths name."""
    branches = _branches(paths)
    if all(below is None for below in branches.values()):
        names = [name for name in branches if isinstance(name, str)]
        return lambda item: {name: item[name] for name in names if name in item}
    return lambda item: _map_part(item, branches)


def _branches(paths: Iterable[DocumentPath]) -> _Branches:
    root: _Branches = {}
    for path in paths:
        level = root
        for element in path.elements[:-1]:
            below = level.setdefault(element, {})
            if below is None:  # A shorter path takes all of it already.
                break
            level = below
        else:
            level[path.elements[-1]] = None
    return root


def _map_part(members: Item, branches: _Branches) -> Item:
    part: Item = {}
    for name, below in branches.items():
        if isinstance(name, str) and name in members:
            taken = _value_part(members[name], below)
            if taken is not None:
                part[name] = taken
    return part


def _list_part(members: list[AttributeValue], branches: _Branches) -> list[AttributeValue]:
    indexes = sorted(each for each in branches if isinstance(each, int) and each < len(members))
    parts = (_value_part(members[index], branches[index]) for index in indexes)
    return [part for part in parts if part is not None]


def _value_part(value: AttributeValue, branches: _Branches | None) -> AttributeValue | None:
    if branches is None:
        return value
    if "M" in value:
        members = _map_part(value["M"], branches)
        return {"M": members} if members else None
    if "L" in value:
        elements = _list_part(value["L"], branches)
        return {"L": elements} if elements else None
    return None
