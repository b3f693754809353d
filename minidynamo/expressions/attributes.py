"""Which attributes and values an expression mentions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from minidynamo.expressions.syntax import DocumentPath, Literal, Path


def attributes_of(tree: object) -> list[str]:
    """The names (or, before resolution, placeholders) of the top-level attributes in a tree, in order, each once."""
    return list(dict.fromkeys(str(path.elements[0]) for path in _paths(tree)))


def nested_attributes_of(tree: object) -> tuple[str, ...]:
    """The names of the top-level attributes that paths in a tree reach into."""
    return tuple(str(path.elements[0]) for path in _paths(tree) if len(path.elements) > 1)


def literals_of(tree: object) -> list[Literal]:
    """The values in a resolved tree, in order."""
    return [leaf for leaf in _leaves(tree) if isinstance(leaf, Literal)]


def _paths(tree: object) -> Iterator[DocumentPath | Path]:
    return (leaf for leaf in _leaves(tree) if not isinstance(leaf, Literal))


def _leaves(node: object) -> Iterator[DocumentPath | Path | Literal]:
    if isinstance(node, DocumentPath | Path | Literal):
        yield node
    elif isinstance(node, tuple):
        for each in node:
            yield from _leaves(each)
    elif is_dataclass(node) and not isinstance(node, type):
        for field in fields(node):
            yield from _leaves(getattr(node, field.name))
