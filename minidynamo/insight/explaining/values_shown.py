"""Attribute values and keys as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from minidynamo.expressions.key_condition import KeyClause
from minidynamo.values.attribute_value import AttributeValue

_CHARACTERS_MAX = 60


def shown_value(value: AttributeValue | None) -> str:
    """A value: "c1" of a string, 5 of a number, shortened where it is long."""
    if value is None:
        return "nothing"
    for kind, content in value.items():
        if kind == "S":
            return _short(json.dumps(content, ensure_ascii=False))
        if kind == "B" and isinstance(content, bytes):
            return _short(f"0x{content.hex()}")
        return _short(str(content))
    return "nothing"


def shown_clauses(clauses: Iterable[KeyClause]) -> str:
    """Parts of a key condition: `pk = "c1" and sk begins_with "a"`."""
    return " and ".join(map(_clause, clauses))


def _clause(clause: KeyClause) -> str:
    operands = [shown_value(each.value) for each in clause.operands]
    if clause.operator == "begins_with":
        return f"{clause.attribute} begins with {operands[0]}"
    return f"{clause.attribute} {clause.operator} {' AND '.join(operands)}"


def _short(text: str) -> str:
    return text if len(text) <= _CHARACTERS_MAX else f"{text[:_CHARACTERS_MAX]}..."
