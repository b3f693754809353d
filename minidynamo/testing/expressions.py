"""Strategies for condition, filter and update expressions that are valid for every item of a table."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from minidynamo.simulation.arguments import did_you_mean, require, require_names
from minidynamo.testing.schemas import SchemaSource, TableSchema
from minidynamo.testing.values import (
    ATTRIBUTES,
    attribute_values,
    key_values,
    payload_names,
    payload_values,
)
from minidynamo.values.api_types import RequestDraft
from minidynamo.values.attribute_value import AttributeValue

_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_ORDERED = ("S", "N", "B")
# What updates can do with attributes of a type, beside SET and REMOVE.
_ACTIONS = {"N": ("+", "ADD"), "NS": ("ADD", "DELETE"), "SS": ("ADD", "DELETE"), "L": ("append",)}
_TYPES = ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M")


@dataclass(frozen=True)
class Expression:
    """An expression with its placeholders.

    Attributes:
        text: of the expression.
        names: ExpressionAttributeNames.
        values: ExpressionAttributeValues.
    """

    text: str
    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, AttributeValue] = field(default_factory=dict)

    def parameters(self, member: str) -> RequestDraft:
        """The members of a request that has it as its `ConditionExpression`, `UpdateExpression` or the like.

        Raises:
            TypeError: that is no name of a member.
        """
        is_name = isinstance(member, str) and member != ""
        require(is_name, "parameters", "the name of a member, such as 'ConditionExpression'", member)
        return joined({member: self})


def joined(expressions: dict[str, Expression]) -> RequestDraft:
    """The members of a request with several expressions; equal placeholders stand for equal names."""
    request: RequestDraft = {}
    names: dict[str, str] = {}
    values: dict[str, AttributeValue] = {}
    for member, expression in expressions.items():
        prefix = f":{member[0].lower()}"
        text = expression.text
        for name in sorted(expression.values, key=len, reverse=True):
            text = text.replace(name, prefix + name[1:])
        request[member] = text
        names |= expression.names
        values |= {prefix + name[1:]: value for name, value in expression.values.items()}
    if names:
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = values
    return request


# A condition before it is written: an operator and its operands, or attributes and values.
Tree = tuple[Any, ...]


@dataclass
class _Writer:
    """Writes expressions, and gives every value a placeholder."""

    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, AttributeValue] = field(default_factory=dict)

    def name(self, attribute: str) -> str:
        self.names[f"#{attribute}"] = attribute
        return f"#{attribute}"

    def value(self, value: AttributeValue) -> str:
        placeholder = f":{len(self.values)}x"  # No placeholder begins another.
        self.values[placeholder] = value
        return placeholder

    def condition(self, tree: Tree) -> str:
        kind, *parts = tree
        if kind in ("AND", "OR"):
            return f"({self.condition(parts[0])} {kind} {self.condition(parts[1])})"
        if kind == "NOT":
            return f"(NOT {self.condition(parts[0])})"
        attribute = self.name(parts[0])
        if kind == "BETWEEN":
            return f"{attribute} BETWEEN {self.value(parts[1])} AND {self.value(parts[2])}"
        if kind == "IN":
            return f"{attribute} IN ({', '.join(map(self.value, parts[1]))})"
        if kind in _COMPARISONS:
            return f"{attribute} {kind} {self.value(parts[1])}"
        if kind == "size":
            return f"size({attribute}) {parts[1]} {self.value(parts[2])}"
        operands = "".join(f", {self.value(value)}" for value in parts[1:])
        return f"{kind}({attribute}{operands})"


def condition_expressions(
    schema: SchemaSource, attributes: Collection[str] | None = None
) -> st.SearchStrategy[Expression]:
    """Conditions and filters over the attributes of a table.

    Parameters:
        schema: a `TableSchema`, or what `TableSchema.of` takes.
        attributes: the names that may be used, of those that `items` gives; by default all.

    Raises:
        ValueError: `items` gives no such attribute.
        TypeError: these are no names.
    """
    table = TableSchema.of(schema)
    names = [*table.types, *payload_names(table)]
    if attributes is not None:
        names = _chosen(names, attributes)
    trees = st.recursive(_atoms(table, names), _branches, max_leaves=4)
    return trees.map(_written_condition)


def _chosen(names: list[str], attributes: Collection[str]) -> list[str]:
    """Some of the names that there are, as a caller chooses them."""
    require_names("attributes", attributes, names[0])
    if not attributes:
        raise ValueError("attributes names none: leave it out for all")
    for name in attributes:
        if name not in names:
            raise ValueError(
                f"there is no attribute {name!r} among those that items() gives: {did_you_mean(name, names)}"
            )
    return sorted(attributes, key=names.index)


def _written_condition(tree: Tree) -> Expression:
    writer = _Writer()
    text = writer.condition(tree)
    if text.startswith("("):
        text = text[1:-1]
    return Expression(text, writer.names, writer.values)


def _branches(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.one_of(
        st.tuples(st.just("NOT"), inner),
        st.tuples(st.just("AND"), inner, inner),
        st.tuples(st.just("OR"), inner, inner),
    )


@st.composite
def _atoms(draw: st.DrawFn, table: TableSchema, names: list[str]) -> Tree:
    name = draw(st.sampled_from(names))
    values = _values_of(table, name)
    kind = draw(st.sampled_from(("exists", "=", "order", "IN", "begins_with", "contains", "size", "type", "BETWEEN")))
    if kind == "exists":
        return (draw(st.sampled_from(("attribute_exists", "attribute_not_exists"))), name)
    if kind == "type":
        return ("attribute_type", name, {"S": draw(st.sampled_from(_TYPES))})
    if kind == "size":
        return ("size", name, draw(st.sampled_from(_COMPARISONS)), {"N": str(draw(st.integers(0, 5)))})
    if kind == "IN":
        return ("IN", name, draw(st.lists(values, min_size=1, max_size=3)))
    if kind == "begins_with":
        return ("begins_with", name, draw(attribute_values(draw(st.sampled_from(("S", "B"))))))
    if kind == "contains":
        return ("contains", name, draw(attribute_values("S", "N", "B")))
    if kind == "=":
        return (draw(st.sampled_from(("=", "<>"))), name, draw(values))
    operand = draw(key_values(draw(st.sampled_from(_ORDERED))))
    if kind == "order":
        return (draw(st.sampled_from(_COMPARISONS)), name, operand)
    ((tag, _),) = operand.items()
    low, high = ordered_values(operand, draw(key_values(tag)))
    return ("BETWEEN", name, low, high)


def ordered_values(one: AttributeValue, two: AttributeValue) -> tuple[AttributeValue, AttributeValue]:
    """Two values of one type that has an order, the lower first."""
    ((tag, first),), ((_, second),) = one.items(), two.items()
    measure: Callable[[Any], Any] = bytes
    if tag == "N":
        from decimal import Decimal

        measure = Decimal
    elif tag == "S":
        measure = str.encode
    return (one, two) if measure(first) <= measure(second) else (two, one)


def _values_of(table: TableSchema, name: str) -> st.SearchStrategy[AttributeValue]:
    return key_values(table.types[name]) if name in table.types else payload_values(name)


def update_expressions(schema: SchemaSource) -> st.SearchStrategy[Expression]:
    """Updates of a table's items: SET, REMOVE, ADD and DELETE of attributes that are no keys of the table.

    Parameters:
        schema: a `TableSchema`, or what `TableSchema.of` takes.
    """
    return _update_expressions(TableSchema.of(schema))


@st.composite
def _update_expressions(draw: st.DrawFn, table: TableSchema) -> Expression:
    names = [*table.index_key, *payload_names(table)]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    writer = _Writer()
    clauses: dict[str, list[str]] = {}
    for name in chosen:
        kind = table.types.get(name) or ATTRIBUTES.get(name, "")
        actions = ["SET", "REMOVE", "if_not_exists"]
        if name not in table.types:
            actions += {"N": ["+", "ADD"], "NS": ["ADD", "DELETE"], "SS": ["ADD", "DELETE"], "L": ["append"]}.get(
                kind, []
            )
        action = draw(st.sampled_from(actions))
        clause, text = _written_action(draw, writer, table, name, action)
        clauses.setdefault(clause, []).append(text)
    return Expression(
        " ".join(f"{clause} {', '.join(texts)}" for clause, texts in clauses.items()), writer.names, writer.values
    )


def _written_action(draw: st.DrawFn, writer: _Writer, table: TableSchema, name: str, action: str) -> tuple[str, str]:
    """The clause of an action and its text there."""
    path = writer.name(name)
    if action == "REMOVE":
        return "REMOVE", path
    value = writer.value(draw(_values_of(table, name)))
    if action in ("ADD", "DELETE"):
        return action, f"{path} {value}"
    if action == "SET":
        return "SET", f"{path} = {value}"
    if action == "if_not_exists":
        return "SET", f"{path} = if_not_exists({path}, {value})"
    start = writer.value({"N": "0"} if action == "+" else {"L": []})
    if action == "+":
        return "SET", f"{path} = if_not_exists({path}, {start}) {draw(st.sampled_from('+-'))} {value}"
    return "SET", f"{path} = list_append(if_not_exists({path}, {start}), {value})"
