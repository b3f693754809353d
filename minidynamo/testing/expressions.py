"""Strategies for condition, filter and update expressions that are valid for every item of a table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
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


# What an update does to an attribute: the action, the attribute, the value, and for numbers + or -.
Action = tuple[str, str, AttributeValue | None, str]


@dataclass
class ExpressionWriter:
    """Writes expressions, and gives every value a placeholder.

    Attributes:
        names, values: the placeholders given.
    """

    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, AttributeValue] = field(default_factory=dict)

    def name(self, attribute: str) -> str:
        self.names[f"#{attribute}"] = attribute
        return f"#{attribute}"

    def value(self, value: AttributeValue) -> str:
        placeholder = f":{len(self.values)}x"  # No placeholder begins another.
        self.values[placeholder] = value
        return placeholder

    def choices(self, values: Sequence[AttributeValue]) -> str:
        return f"({', '.join(map(self.value, values))})"

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
            return f"{attribute} IN {self.choices(parts[1])}"
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
    return condition_trees(TableSchema.of(schema), attributes).map(_written_condition)


def condition_trees(table: TableSchema, attributes: Collection[str] | None = None) -> st.SearchStrategy[Tree]:
    """The same before they are written."""
    names = [*table.types, *payload_names(table)]
    if attributes is not None:
        names = _chosen(names, attributes)
    return st.recursive(_atoms(table, names), _branches, max_leaves=4)


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
    writer = ExpressionWriter()
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
    return update_actions(TableSchema.of(schema)).map(_written_update)


@st.composite
def update_actions(draw: st.DrawFn, table: TableSchema) -> list[Action]:
    """The same before they are written: up to three actions on different attributes."""
    names = [*table.index_key, *payload_names(table)]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    return [_drawn_action(draw, table, name) for name in chosen]


def _drawn_action(draw: st.DrawFn, table: TableSchema, name: str) -> Action:
    actions = ["SET", "REMOVE", "if_not_exists"]
    if name not in table.types:
        actions += _ACTIONS.get(ATTRIBUTES.get(name, ""), ())
    action = draw(st.sampled_from(actions))
    value = None if action == "REMOVE" else draw(_values_of(table, name))
    return action, name, value, draw(st.sampled_from("+-")) if action == "+" else ""


def _written_update(actions: list[Action]) -> Expression:
    writer = ExpressionWriter()
    clauses: dict[str, list[str]] = {}
    for action in actions:
        clause, text = _written_action(writer, action)
        clauses.setdefault(clause, []).append(text)
    text = " ".join(f"{clause} {', '.join(texts)}" for clause, texts in clauses.items())
    return Expression(text, writer.names, writer.values)


def _written_action(writer: ExpressionWriter, action: Action) -> tuple[str, str]:
    """The clause of an action and its text there."""
    kind, name, value, sign = action
    path = writer.name(name)
    if value is None:
        return "REMOVE", path
    if kind in ("ADD", "DELETE"):
        return kind, f"{path} {writer.value(value)}"
    return "SET", f"{path} = {assigned(writer, kind, path, value, sign)}"


def assigned(writer: ExpressionWriter, kind: str, path: str, value: AttributeValue, sign: str) -> str:
    """What an action sets a path to, placeholders in the order written."""
    if kind == "SET":
        return writer.value(value)
    if kind == "if_not_exists":
        return f"if_not_exists({path}, {writer.value(value)})"
    if kind == "+":
        return f"if_not_exists({path}, {writer.value({'N': '0'})}) {sign} {writer.value(value)}"
    return f"list_append(if_not_exists({path}, {writer.value({'L': []})}), {writer.value(value)})"
