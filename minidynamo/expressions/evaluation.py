"""Evaluation of conditions: a resolved tree compiled once to closures over an item. Pure; never fails.

Missing attributes and mismatched types make comparisons false and `<>` true; NOT simply inverts.
Source: DynamoDB Developer Guide, "Comparison operator and function reference"; observed responses.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal

from minidynamo.expressions import syntax
from minidynamo.expressions.syntax import Condition, DocumentPath, Literal, Operand
from minidynamo.values.attribute_value import AttributeValue, Item

Predicate = Callable[[Item], bool]
Getter = Callable[[Item], AttributeValue | None]

# Two payloads of one orderable type: numbers, texts or binaries.
_Ordering = Callable[[Decimal | str | bytes, Decimal | str | bytes], bool]

_ORDERINGS: dict[str, _Ordering] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SET_MEMBERS = {"SS": "S", "NS": "N", "BS": "B"}


def compile_condition(node: Condition) -> Predicate:
    """A function that tells whether an item satisfies a resolved condition."""
    if isinstance(node, syntax.Comparison):
        return _comparison(node)
    if isinstance(node, syntax.Function):
        return _FUNCTIONS[node.name](*map(compile_operand, node.arguments))
    if isinstance(node, syntax.And):
        return _and(node)
    if isinstance(node, syntax.Or):
        return _or(node)
    if isinstance(node, syntax.Not):
        return _not(node)
    return _between(node) if isinstance(node, syntax.Between) else _in(node)


def value_at(item: Item, elements: tuple[str | int, ...]) -> AttributeValue | None:
    """The value at a document path, or None where the item has none."""
    value: AttributeValue | None = item.get(elements[0])  # type: ignore[arg-type]  # Paths begin with names.
    for element in elements[1:]:
        if value is None:
            return None
        if isinstance(element, int):
            members = value.get("L")
            value = members[element] if members is not None and element < len(members) else None
        else:
            members = value.get("M")
            value = members.get(element) if members is not None else None
    return value


def value_size(value: AttributeValue) -> int | None:
    """What `size(value)` gives; None for numbers, booleans and nulls."""
    ((tag, payload),) = value.items()
    if tag == "S":
        # The service counts UTF-16 code units.
        return len(payload) if payload.isascii() else len(payload.encode("utf-16-le")) // 2
    return None if tag in ("N", "BOOL", "NULL") else len(payload)


def compile_operand(node: Operand) -> Getter:
    """A function that gives the value of a resolved operand for an item, or None where there is none."""
    if isinstance(node, Literal):
        value = node.value
        return lambda item: value
    if isinstance(node, DocumentPath):
        elements = node.elements
        if len(elements) == 1:
            name = node.attribute
            return lambda item: item.get(name)
        return lambda item: value_at(item, elements)
    assert isinstance(node, syntax.Function) and node.name == "size", "the other functions stand alone"
    return _size_getter(compile_operand(node.arguments[0]))


def _size_getter(inner: Getter) -> Getter:
    def size_of(item: Item) -> AttributeValue | None:
        value = inner(item)
        size = None if value is None else value_size(value)
        return None if size is None else {"N": str(size)}

    return size_of


def _and(node: syntax.And) -> Predicate:
    parts = [compile_condition(part) for part in node.parts]
    if len(parts) == 2:
        first, second = parts
        return lambda item: first(item) and second(item)
    return lambda item: all(part(item) for part in parts)


def _or(node: syntax.Or) -> Predicate:
    parts = [compile_condition(part) for part in node.parts]
    return lambda item: any(part(item) for part in parts)


def _not(node: syntax.Not) -> Predicate:
    part = compile_condition(node.part)
    return lambda item: not part(item)


def _comparison(node: syntax.Comparison) -> Predicate:
    left, right = compile_operand(node.left), compile_operand(node.right)
    if node.operator == "=":
        return _equal(left, right)
    if node.operator == "<>":
        equal = _equal(left, right)
        return lambda item: not equal(item)
    return _ordering(left, right, _ORDERINGS[node.operator])


def _equal(left: Getter, right: Getter) -> Predicate:
    def equal(item: Item) -> bool:
        value = left(item)
        return value is not None and value == right(item)

    return equal


def _ordering(left: Getter, right: Getter, compare: _Ordering) -> Predicate:
    def ordered(item: Item) -> bool:
        one, two = left(item), right(item)
        return one is not None and two is not None and _compares(one, two, compare)

    return ordered


def _compares(one: AttributeValue, two: AttributeValue, compare: _Ordering) -> bool:
    ((tag, left),) = one.items()
    right = two.get(tag)
    if right is None:
        return False
    if tag == "N":
        return compare(Decimal(left), Decimal(right))
    return tag in ("S", "B") and compare(left, right)


def _between(node: syntax.Between) -> Predicate:
    operand, low, high = map(compile_operand, (node.operand, node.low, node.high))
    above, below = _ordering(operand, low, operator.ge), _ordering(operand, high, operator.le)
    return lambda item: above(item) and below(item)


def _in(node: syntax.In) -> Predicate:
    operand = compile_operand(node.operand)
    choices = [compile_operand(choice) for choice in node.choices]

    def is_in(item: Item) -> bool:
        value = operand(item)
        return value is not None and any(value == choice(item) for choice in choices)

    return is_in


def _attribute_exists(path: Getter) -> Predicate:
    return lambda item: path(item) is not None


def _attribute_not_exists(path: Getter) -> Predicate:
    return lambda item: path(item) is None


def _attribute_type(operand: Getter, type_name: Getter) -> Predicate:
    def has_type(item: Item) -> bool:
        value, wanted = operand(item), type_name(item)
        return value is not None and wanted is not None and wanted["S"] in value

    return has_type


def _begins_with(operand: Getter, prefix: Getter) -> Predicate:
    def begins(item: Item) -> bool:
        value, start = operand(item), prefix(item)
        if value is None or start is None:
            return False
        ((tag, payload),) = value.items()
        return tag in ("S", "B") and tag in start and payload.startswith(start[tag])

    return begins


def _contains(operand: Getter, member: Getter) -> Predicate:
    def contains(item: Item) -> bool:
        value, wanted = operand(item), member(item)
        if value is None or wanted is None:
            return False
        ((tag, payload),) = value.items()
        if tag in ("S", "B"):
            return tag in wanted and wanted[tag] in payload
        if tag in _SET_MEMBERS:
            return wanted.get(_SET_MEMBERS[tag]) in payload
        return tag == "L" and wanted in payload

    return contains


def _is_whole(operand: Getter) -> Predicate:
    def holds(item: Item) -> bool:
        value = operand(item)
        return value is not None and "N" in value and "." not in value["N"]

    return holds


_FUNCTIONS: dict[str, Callable[..., Predicate]] = {
    "attribute_exists": _attribute_exists,
    "attribute_not_exists": _attribute_not_exists,
    "attribute_type": _attribute_type,
    "begins_with": _begins_with,
    "contains": _contains,
    "is whole": _is_whole,
}
