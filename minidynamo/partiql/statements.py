"""Statements: parse trees to syntax trees, and what the service refuses although it can be parsed.

Source: DynamoDB Developer Guide, "PartiQL statements"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from minidynamo.errors import ValidationError
from minidynamo.expressions.attributes import nested_attributes_of
from minidynamo.expressions.syntax import Condition, Literal
from minidynamo.partiql.changes import ChangeReader
from minidynamo.partiql.conditions import condition_of
from minidynamo.partiql.literals import LiteralReader, check_numbers
from minidynamo.partiql.operands import OperandReader, path_of, without_parentheses
from minidynamo.partiql.places import first_token, place_of
from minidynamo.partiql.sources import (
    ONE_SOURCE,
    ONE_TABLE,
    changed_source,
    filled_source,
    selected_source,
    source_of_select,
    without_index,
)
from minidynamo.partiql.syntax import (
    Delete,
    Exists,
    Insert,
    OrderKey,
    Parsed,
    Select,
    Selected,
    Statement,
    Update,
)
from minidynamo.partiql.templates import Constant
from minidynamo.values.attribute_value import checked_value

if TYPE_CHECKING:
    from minidynamo.partiql.places import Node

_NO_ALIAS = "Aliasing is not supported"
_NO_STRUCT = (
    "Unsupported format in item expression. Please use struct format {...} to express item values for insert statement."
)
_NO_WHERE = "Must have WHERE clause in the statement when using ORDER BY clause."
# What is said of clauses that are parsed and not supported, with the place of what stands in them.
_REFUSED_CLAUSES = {"group": "GROUP BY", "having": "HAVING", "limit": "LIMIT", "skip": "OFFSET"}
# Expressions as statements, as PartiQL calls them.
_EXPRESSIONS = {
    "is_type": "IsType", "is_not_type": "Not", "not": "Not", "and": "And", "or": "Or", "between": "Between",
    "not_between": "Not", "in": "InCollection", "not_in": "Not", "name": "Id", "path": "Path", "call": "Call",
    "parameter": "Parameter", "missing": "Missing", "list": "List", "map": "Struct", "bag": "Bag", "subquery": "Select",
    "union": "Union",
}  # fmt: skip


def read_statement(tree: Node) -> Parsed:
    """The syntax tree of a parse tree.

    Raises:
        ValidationError: a number literal that cannot be stored, which is reported before anything else.
    """
    check_numbers(tree)
    literals = LiteralReader.of(tree)
    operands = OperandReader(literals)
    changes = ChangeReader(operands)
    root = tree.children[0]
    assert not isinstance(root, str), "a statement is a tree"
    count, source = len(literals.parameters), source_of_select(root)
    try:
        statement = _Reader(operands, changes).read(root)
        constants = {
            name: Literal(*checked_value(template.value))
            for name, template in operands.templates.items()
            if isinstance(template, Constant)
        }
    except ValidationError as fault:
        return Parsed(None, fault, count, read=source)
    templates = {name: template for name, template in operands.templates.items() if name not in constants}
    nested = nested_attributes_of(statement)
    return Parsed(statement, None, count, templates, constants, nested, changes.set_faults, source)


class _Reader:
    """Reads one statement."""

    def __init__(self, operands: OperandReader, changes: ChangeReader) -> None:
        self._operands = operands
        self._changes = changes

    def read(self, node: Node) -> Statement:
        read = _READERS.get(node.data)
        if read is not None:
            return read(self, node)
        node = without_parentheses(node)
        if node.data == "call" and str(node.children[0]).lower() == "exists":
            return self.exists(node)
        raise ValidationError(f"Unsupported operation: {_EXPRESSIONS.get(node.data, 'Lit')}")

    def select(self, node: Node) -> Select:
        if isinstance(node.children[0], str):
            raise ValidationError("Unsupported token in expression: DISTINCT")
        selected = self._selected(_part(node, "items"))
        sources = _part(node, "sources")
        assert sources is not None, "SELECT has no FROM"
        _refuse_aliases(sources)
        where = self._where(node)
        _refuse_clauses(node)
        order = _order(_part(node, "order"))
        if order and where is None:
            raise ValidationError(_NO_WHERE)
        if len(sources.children) > 1:
            raise ValidationError(ONE_SOURCE)
        return Select(selected_source(sources), selected, where, order)

    def exists(self, node: Node) -> Exists:
        inner = node.children[-1]
        if isinstance(inner, str) or without_parentheses(inner).data not in ("select", "subquery"):
            raise ValidationError(f"Unrecognized function: exists{place_of(node.children[0])}")
        return Exists(self.select(inner if inner.data == "select" else _only(inner)))

    def insert(self, node: Node) -> Insert:
        target, value = node.children[:2]
        assert not isinstance(target, str) and not isinstance(value, str), "INSERT has a table and a value"
        if value.data != "map":
            raise ValidationError(_NO_STRUCT + place_of(value))
        item = self._operands.literals.template(value)
        for refused in ("conflict", "returning"):
            clause = _part(node, refused)
            if clause is not None:
                word = "ON CONFLICT" if refused == "conflict" else "RETURNING"
                raise ValidationError(f"Unsupported clause: {word}{place_of(clause) if clause.children else ''}")
        return Insert(filled_source(target), item)

    def insert_other(self, node: Node) -> Insert:
        raise ValidationError(_NO_STRUCT + place_of(node.children[1]))

    def update(self, node: Node) -> Update:
        _refuse_aliases(node)
        update = self._changes.update(_trees(node, "set", "remove"))
        where = self._where(node)
        return Update(changed_source(_only(node)), update, where, _returning(node))

    def from_first(self, node: Node) -> Update:
        sources = _part(node, "sources")
        assert sources is not None, "FROM has no table"
        _refuse_aliases(sources)
        where = self._where(node)
        update = self._changes.update(_trees(node, "set", "remove"))
        if len(sources.children) > 1:
            raise ValidationError(ONE_TABLE + place_of(sources))
        return Update(without_index(selected_source(sources)), update, where, _returning(node))

    def delete(self, node: Node) -> Delete:
        _refuse_aliases(node)
        where = self._where(node)
        returning = _returning(node)
        if returning not in (None, "ALL_OLD"):
            words = _part(node, "returning")
            assert words is not None and returning is not None, "there is a returning clause"
            text = (
                f"Invalid returning clause: RETURNING {returning.replace('UPDATED', 'MODIFIED').replace('_', ' ')} *. "
            )
            raise ValidationError(f"{text}Only RETURNING ALL OLD * is allowed in DELETE statements.")
        return Delete(changed_source(_only(node)), where, returning)

    def _selected(self, items: Node | None) -> tuple[Selected, ...]:
        if items is None:
            return ()
        selected = []
        for item in items.children:
            assert not isinstance(item, str), "an item is a tree"
            if item.data == "everything":
                return ()
            if len(item.children) > 1:
                raise ValidationError(_NO_ALIAS)
            expression = without_parentheses(_only(item))
            if expression.data not in ("name", "path"):
                raise ValidationError(f"Unexpected path component{place_of(expression)}")
            path = path_of(expression)
            selected.append(Selected(path, _result_name(path.elements)))
        names = [each.name for each in selected]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise ValidationError(f"Duplicate identifiers in select clause: {name}")
        return tuple(selected)

    def _where(self, node: Node) -> Condition | None:
        where = _part(node, "where")
        return None if where is None else condition_of(_only(where), self._operands)


_READERS: dict[str, Callable[[_Reader, Node], Statement]] = {
    "select": _Reader.select,
    "insert": _Reader.insert,
    "insert_other": _Reader.insert_other,
    "update": _Reader.update,
    "from_first": _Reader.from_first,
    "delete": _Reader.delete,
}


def _part(node: Node, kind: str) -> Node | None:
    return next(_trees(node, kind), None)


def _trees(node: Node, *kinds: str) -> Iterator[Node]:
    return (child for child in node.children if not isinstance(child, str) and child.data in kinds)


def _only(node: Node) -> Node:
    child = node.children[0]
    assert not isinstance(child, str), f"{node.data} holds a word"
    return child


def _refuse_aliases(node: Node) -> None:
    """Refuses names that stand for a table in the rest of the statement."""
    if next(node.find_data("alias"), None) is not None:
        raise ValidationError(_NO_ALIAS)


def _refuse_clauses(node: Node) -> None:
    for kind, name in _REFUSED_CLAUSES.items():
        clause = _part(node, kind)
        if clause is not None:
            raise ValidationError(f"Unsupported clause: {name}{place_of(clause.children[-1])}")


def _order(order: Node | None) -> tuple[OrderKey, ...]:
    keys = []
    for key in () if order is None else _trees(order, "order_key"):
        expression = without_parentheses(_only(key))
        if expression.data not in ("name", "path"):
            raise ValidationError(f"Unexpected path component{place_of(expression)}")
        path = path_of(expression)
        last = key.children[-1]
        keys.append(OrderKey(_result_name(path.elements), isinstance(last, str) and last.type == "DESC"))
    return tuple(keys)


def _result_name(elements: tuple[str | int, ...]) -> str:
    """What a selected value is called: the last name of its path, with the indexes behind it."""
    indexes = ""
    for element in reversed(elements):
        if isinstance(element, str):
            return element + indexes
        indexes = f"[{element}]{indexes}"
    raise AssertionError(f"the path {elements} has no names")


def _returning(node: Node) -> str | None:
    """What a write returns, as ReturnValues says it."""
    clause = _part(node, "returning")
    if clause is None:
        return None
    words = [str(first_token(each)).upper() for each in _trees(clause, "returned")]
    if len(words) > 1:
        raise ValidationError("More than one returning element is not supported.")
    return words[0].replace("MODIFIED", "UPDATED").replace(" ", "_")
