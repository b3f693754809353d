"""Which attributes an expression mentions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from minidynamo.expressions.syntax import DocumentPath, Path


def attributes_of(tree: object) -> list[str]:
    """The names (or, before resolution, placeholders) of the top-level attributes in a tree, in order, each once."""
    return list(dict.fromkeys(str(path.elements[0]) for path in _paths(tree)))


def nested_attributes_of(tree: object) -> tuple[str, ...]:
    """The names of the top-level attributes that paths in a tree reach into."""
    return tuple(str(path.elements[0]) for path in _paths(tree) if len(path.elements) > 1)


def _paths(node: object) -> Iterator[DocumentPath | Path]:
    if isinstance(node, DocumentPath | Path):
        yield node
    elif isinstance(node, tuple):
        for each in node:
            yield from _paths(each)
    elif is_dataclass(node) and not isinstance(node, type):
        for field in fields(node):
            yield from _paths(getattr(node, field.name))
