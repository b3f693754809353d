"""Which attributes a resolved condition or projection mentions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from minidynamo.expressions.syntax import DocumentPath


def attributes_of(tree: Any) -> list[str]:
    """The names of the top-level attributes that a resolved tree mentions, in order, each once."""
    return list(dict.fromkeys(path.attribute for path in _paths(tree)))


def _paths(node: Any) -> Iterator[DocumentPath]:
    if isinstance(node, DocumentPath):
        yield node
    elif isinstance(node, tuple):
        for each in node:
            yield from _paths(each)
    elif is_dataclass(node) and not isinstance(node, type):
        for field in fields(node):
            yield from _paths(getattr(node, field.name))
