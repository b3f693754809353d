"""Walking a request, or a part of one, by its shape: the one walker of those who rebuild it."""

from __future__ import annotations

from collections.abc import Callable

from minidynamo.requests.shapes import Shape
from minidynamo.values.api_types import Request, RequestDraft
from minidynamo.values.wire_types import plain_text

# Gives what stands in the place of a leaf: of a scalar or an attribute value.
Leaf = Callable[[Shape, object], object]


def rebuilt(shape: Shape, request: Request, leaf: Leaf) -> RequestDraft:
    """A copy of a request with its leaves replaced. What the shape does not know, or not so, is left as it is.

    Parameters:
        shape: what it should be, a structure.
        request: what it is, with members of whatever types.
        leaf: replaces leaves.
    """
    members = shape.members
    return {
        name: _rebuilt(members[name], member, leaf) if name in members else member for name, member in request.items()
    }


def _rebuilt(shape: Shape, value: object, leaf: Leaf) -> object:
    if shape.kind == "Structure" and isinstance(value, dict):
        return rebuilt(shape, value, leaf)
    if shape.kind == "Map" and isinstance(value, dict):
        return {key: _rebuilt(shape.inner, member, leaf) for key, member in value.items()}
    if shape.kind == "List" and isinstance(value, list | tuple):
        return [_rebuilt(shape.inner, member, leaf) for member in value]
    return value if shape.kind in ("Structure", "Map", "List") else leaf(shape, value)


def known(shape: Shape, value: object, leaf: Leaf) -> object:
    """A copy of a value with its leaves replaced, made of plain dicts and lists, without unknown or null members.

    Parameters:
        shape: what it is: its types have been checked.
        value: the value.
        leaf: replaces leaves.
    """
    if shape.kind == "Structure":
        assert isinstance(value, dict), "its types have been checked"
        members = shape.members
        return {
            name: known(members[name], member, leaf)
            for name, member in value.items()
            if member is not None and name in members
        }
    if shape.kind == "Map":
        assert isinstance(value, dict), "its types have been checked"
        return {
            plain_text(key): known(shape.inner, member, leaf) for key, member in value.items() if member is not None
        }
    if shape.kind == "List":
        assert isinstance(value, list | tuple), "its types have been checked"
        return [known(shape.inner, member, leaf) for member in value if member is not None]
    return leaf(shape, value)
