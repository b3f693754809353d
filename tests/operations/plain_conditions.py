"""What conditions of statements mean, said as plainly as possible: a tree walked anew for each item.

Trees are those of `minidynamo.testing.expressions`, with paths such as `m.k[0]` for attributes, and the kinds that only
statements have. Source: DynamoDB Developer Guide, "PartiQL operators" and "PartiQL functions".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from minidynamo.testing.expressions import Tree
from minidynamo.testing.statements import StatementWriter
from minidynamo.values.attribute_value import AttributeValue, Item

_TESTED = {"MISSING": (), "NULL": ("NULL",), "BOOL": ("BOOL",), "STRING": ("S",), "LIST": ("L",), "STRUCT": ("M",)}
_SCALAR_ORDERS: dict[str, Callable[[Any], Any]] = {"N": Decimal, "S": str.encode, "B": bytes}
_MEMBERS = {"SS": "S", "NS": "N"}


class ConditionWriter(StatementWriter):
    """Writes trees as parts of a statement."""

    def name(self, attribute: str) -> str:
        return re.sub(r"[a-z]+", r'"\g<0>"', attribute)

    def condition(self, tree: Tree) -> str:
        kind, path, *parts = tree
        match kind:
            case "IS" | "IS NOT":
                return f"{self.name(path)} {kind} {parts[0]}"
            case "NOT IN":
                return f"{self.name(path)} NOT IN {self.choices(parts[0])}"
            case "NOT BETWEEN":
                return f"{self.name(path)} NOT BETWEEN {self.value(parts[0])} AND {self.value(parts[1])}"
            case "!=":
                return f"{self.name(path)} != {self.value(parts[0])}"
            case "reversed":
                return f"{self.value(parts[1])} {parts[0]} {self.name(path)}"
            case "paths":
                return f"{self.name(path)} {parts[0]} {self.name(parts[1])}"
        return super().condition(tree)


def holds(tree: Tree, item: Item) -> bool:
    """Whether an item satisfies a condition."""
    kind, *parts = tree
    match kind:
        case "AND":
            return holds(parts[0], item) and holds(parts[1], item)
        case "OR":
            return holds(parts[0], item) or holds(parts[1], item)
        case "NOT":
            return not holds(parts[0], item)
        case "IS NOT" | "NOT IN" | "NOT BETWEEN":
            return not holds((kind.replace("NOT", "").strip(), *parts), item)
    value, operands = _value_at(item, parts[0]), parts[1:]
    match kind:
        case "size":
            return _compares(_size_of(value), *operands)
        case "reversed":
            return _compares(operands[1], operands[0], value)
        case "paths":
            return _compares(value, operands[0], _value_at(item, operands[1]))
    return _KINDS[kind](value, *operands) if kind in _KINDS else _compares(value, kind, *operands)


def _value_at(item: Item, path: str) -> AttributeValue | None:
    value: AttributeValue | None = {"M": item}
    for step in re.findall(r"[a-z]+|\d+", path):
        if value is None:
            return None
        if step.isdigit():
            members = value.get("L", [])
            value = members[int(step)] if int(step) < len(members) else None
        else:
            value = value.get("M", {}).get(step)
    return value


def _compares(one: AttributeValue | None, operator: str, two: AttributeValue | None) -> bool:
    if operator in ("=", "<>", "!="):
        return (one is not None and two is not None and _plain(one) == _plain(two)) is (operator == "=")
    if one is None or two is None:
        return False
    ((tag, left),) = one.items()
    if tag not in two or tag not in _SCALAR_ORDERS:
        return False
    low, high = _SCALAR_ORDERS[tag](left), _SCALAR_ORDERS[tag](two[tag])
    return bool({"<": low < high, "<=": low <= high, ">": low > high, ">=": low >= high}[operator])


def _plain(value: AttributeValue) -> Any:
    """Something that equals what the value equals."""
    ((tag, payload),) = value.items()
    match tag:
        case "N":
            return tag, Decimal(payload)
        case "L":
            return tag, [_plain(each) for each in payload]
        case "M":
            return tag, {name: _plain(each) for name, each in payload.items()}
        case "SS":
            return tag, set(payload)
        case "NS":
            return tag, set(map(Decimal, payload))
    return tag, payload


def _size_of(value: AttributeValue | None) -> AttributeValue | None:
    ((tag, payload),) = (value or {"NULL": True}).items()
    return None if tag in ("N", "BOOL", "NULL") else {"N": str(len(payload))}


def _is(value: AttributeValue | None, kind: str) -> bool:
    if value is None or kind == "MISSING":
        return value is None and kind == "MISSING"
    if kind == "INT":
        return "N" in value and Decimal(value["N"]) % 1 == 0
    return any(tag in value for tag in _TESTED[kind])


def _begins_with(value: AttributeValue | None, start: AttributeValue) -> bool:
    ((tag, prefix),) = start.items()
    return value is not None and tag in value and value[tag][: len(prefix)] == prefix


def _contains(value: AttributeValue | None, member: AttributeValue) -> bool:
    ((tag, payload),) = (value or {"NULL": True}).items()
    if tag in ("S", "B"):
        return tag in member and member[tag] in payload
    members = payload if tag == "L" else [{_MEMBERS[tag]: each} for each in payload] if tag in _MEMBERS else []
    return any(_plain(each) == _plain(member) for each in members)


def _in(value: AttributeValue | None, choices: list[AttributeValue]) -> bool:
    return any(_compares(value, "=", choice) for choice in choices)


def _between(value: AttributeValue | None, low: AttributeValue, high: AttributeValue) -> bool:
    return _compares(value, ">=", low) and _compares(value, "<=", high)


_KINDS: dict[str, Callable[..., bool]] = {
    "IS": _is,
    "IN": _in,
    "BETWEEN": _between,
    "begins_with": _begins_with,
    "contains": _contains,
    "attribute_type": lambda value, kind: value is not None and kind["S"] in value,
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
}
