"""Evaluation of conditions: a resolved tree compiled once to closures over an item. Pure; never fails.

A tree with holes is compiled to a maker: given values for the holes, it makes the closures.

Missing attributes and mismatched types make comparisons false and `<>` true; NOT simply inverts.
Source: DynamoDB Developer Guide, "Comparison operator and function reference"; observed responses.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal

from minidynamo.expressions import syntax
from minidynamo.expressions.syntax import Condition, DocumentPath, Hole, Literal, Operand
from minidynamo.values.attribute_value import AttributeValue, Item

Predicate = Callable[[Item], bool]
Getter = Callable[[Item], AttributeValue | None]

# Values by the names of the holes that they fill.
Values = Mapping[str, Literal]
Maker = Callable[[Values], Predicate]
_GetterMaker = Callable[[Values], Getter]
_NO_VALUES: Values = {}

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
    return condition_maker(node)(_NO_VALUES)


def condition_maker(node: Condition) -> Maker:
    """A function that makes the predicate of a resolved condition, of values for its holes."""
    if isinstance(node, syntax.Comparison):
        return _comparison(node)
    if isinstance(node, syntax.Function):
        return _made(_FUNCTIONS[node.name], *map(_operand, node.arguments))
    if isinstance(node, syntax.And):
        return _made(_and, *map(condition_maker, node.parts))
    if isinstance(node, syntax.Or):
        return _made(_or, *map(condition_maker, node.parts))
    if isinstance(node, syntax.Not):
        return _made(_not, condition_maker(node.part))
    if isinstance(node, syntax.Between):
        return _made(_between, *map(_operand, (node.operand, node.low, node.high)))
    return _made(_in, _operand(node.operand), *map(_operand, node.choices))


def filled(literal: Literal, values: Values) -> Literal:
    """The value that fills a hole; a literal that is none, or that nothing fills, as it is."""
    return values.get(literal.name, literal) if isinstance(literal, Hole) else literal


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


def _made(function: Callable[..., Predicate], *parts: Callable[[Values], Callable[..., object]]) -> Maker:
    """Makes what a function makes of parts that are made first."""
    if len(parts) == 1:
        (part,) = parts
        return lambda values: function(part(values))
    if len(parts) == 2:
        first, second = parts
        return lambda values: function(first(values), second(values))
    return lambda values: function(*[part(values) for part in parts])


def _operand(node: Operand) -> _GetterMaker:
    """What makes a function that gives the value of a resolved operand for an item, or None where there is none."""
    if isinstance(node, Hole):
        name = node.name
        return lambda values: _constant(values[name].value)
    if isinstance(node, syntax.Function):
        assert node.name == "size", "the other functions stand alone"
        argument = _operand(node.arguments[0])
        return lambda values: _size_getter(argument(values))
    getter = _getter(node)
    return lambda values: getter


def _constant(value: AttributeValue) -> Getter:
    return lambda item: value


def _getter(node: Operand) -> Getter:
    if isinstance(node, Literal):
        return _constant(node.value)
    if isinstance(node, DocumentPath):
        elements = node.elements
        if len(elements) == 1:
            name = node.attribute
            return lambda item: item.get(name)
        return lambda item: value_at(item, elements)
    raise AssertionError(f"{node} is no operand of a condition")


def _size_getter(inner: Getter) -> Getter:
    def size_of(item: Item) -> AttributeValue | None:
        value = inner(item)
        size = None if value is None else value_size(value)
        return None if size is None else {"N": str(size)}

    return size_of


def _and(*parts: Predicate) -> Predicate:
    if len(parts) == 2:
        first, second = parts
        return lambda item: first(item) and second(item)
    return lambda item: all(part(item) for part in parts)


def _or(*parts: Predicate) -> Predicate:
    return lambda item: any(part(item) for part in parts)


def _not(part: Predicate) -> Predicate:
    return lambda item: not part(item)


def _comparison(node: syntax.Comparison) -> Maker:
    if isinstance(node.left, DocumentPath) and len(node.left.elements) == 1 and isinstance(node.right, Literal):
        return _comparison_with_value(node.left.attribute, node.operator, node.right)
    if node.operator == "=":
        compare = _equal
    elif node.operator == "<>":
        compare = _unequal
    else:
        ordering = _ORDERINGS[node.operator]

        def compare(left: Getter, right: Getter) -> Predicate:
            return _ordering(left, right, ordering)

    return _made(compare, _operand(node.left), _operand(node.right))


def _comparison_with_value(name: str, operation: str, literal: Literal) -> Maker:
    """The usual comparison, of a top-level attribute with a value, without a call for either."""
    hole = literal.name if isinstance(literal, Hole) else None
    if operation in ("=", "<>"):
        is_wanted = operation == "="

        def made(values: Values) -> Predicate:
            wanted = (literal if hole is None else values[hole]).value
            if is_wanted:
                return lambda item: item.get(name) == wanted
            return lambda item: item.get(name) != wanted

        return made
    tag, compare = literal.type, _ORDERINGS[operation]
    if tag not in ("S", "N", "B"):
        return lambda values: lambda item: False

    def made_ordering(values: Values) -> Predicate:
        payload = (literal if hole is None else values[hole]).value[tag]
        if tag != "N":
            return lambda item: tag in (value := item.get(name) or _NOTHING) and compare(value[tag], payload)
        number = Decimal(payload)
        return lambda item: "N" in (value := item.get(name) or _NOTHING) and compare(Decimal(value["N"]), number)

    return made_ordering


_NOTHING: AttributeValue = {}


def _equal(left: Getter, right: Getter) -> Predicate:
    def equal(item: Item) -> bool:
        value = left(item)
        return value is not None and value == right(item)

    return equal


def _unequal(left: Getter, right: Getter) -> Predicate:
    equal = _equal(left, right)
    return lambda item: not equal(item)


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


def _between(operand: Getter, low: Getter, high: Getter) -> Predicate:
    above, below = _ordering(operand, low, operator.ge), _ordering(operand, high, operator.le)
    return lambda item: above(item) and below(item)


def _in(operand: Getter, *choices: Getter) -> Predicate:
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
