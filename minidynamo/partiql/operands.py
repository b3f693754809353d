"""Operands of a statement: parse trees to paths, placeholders and functions.

Source: DynamoDB Developer Guide, "PartiQL"; observed responses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minidynamo.errors import ValidationError
from minidynamo.expressions import syntax
from minidynamo.expressions.functions import FUNCTIONS
from minidynamo.expressions.syntax import DocumentPath, Operand, ValuePlaceholder
from minidynamo.limits import DOCUMENT_PATH_ELEMENTS_MAX, LIST_INDEX_MAX
from minidynamo.partiql.literals import LITERALS, LiteralReader
from minidynamo.partiql.places import place_of, text_of
from minidynamo.partiql.templates import Template
from minidynamo.values.numbers import integer_of

if TYPE_CHECKING:
    from lark import Token

    from minidynamo.partiql.places import Node

EMPTY_COMPONENT = "Path component cannot be an empty string"


class OperandReader:
    """Reads the operands of one statement.

    Attributes:
        templates: the literals and parameters met, by the names of their placeholders.
    """

    def __init__(self, literals: LiteralReader) -> None:
        self.literals = literals
        self.templates: dict[str, Template] = {}

    def operand(self, node: Node, in_condition: bool = True) -> Operand:
        """A path, a literal, a function call, or an operation on numbers in an update."""
        node = without_parentheses(node)
        if node.data in ("name", "path"):
            return path_of(node)
        if node.data in LITERALS or node.data == "parameter":
            return self.placeholder(self.literals.template(node))
        if node.data == "call":
            return self.function(node, in_condition)
        if node.data == "arithmetic" and not in_condition:
            left, operator, right = node.children
            assert not isinstance(left, str) and not isinstance(right, str), "an operand is a tree"
            return syntax.Arithmetic(str(operator), self.operand(left, False), self.operand(right, False))
        raise ValidationError(f"Unsupported operator in Condition Expression. Operator: {operator_of(node)}")

    def placeholder(self, template: Template) -> ValuePlaceholder:
        """A new placeholder for a template."""
        name = f":{len(self.templates)}"
        self.templates[name] = template
        return ValuePlaceholder(name)

    def function(self, node: Node, in_condition: bool) -> syntax.Function:
        """A call of a function that conditions, or updates, know."""
        token, *arguments = node.children
        name = str(token).lower()
        rule = FUNCTIONS.get(name)
        if rule is None or rule.in_condition is not in_condition:
            raise ValidationError(f"Unrecognized function: {name}{place_of(token)}")
        operands = [self.operand(each, in_condition) for each in arguments if not isinstance(each, str)]
        return syntax.Function(name, tuple(operands))


def without_parentheses(node: Node) -> Node:
    """What stands in any number of parentheses."""
    while node.data == "parentheses":
        inner = node.children[0]
        assert not isinstance(inner, str), "parentheses hold a tree"
        node = inner
    return node


def path_of(node: Node) -> DocumentPath:
    """The document path of a name with steps, or of what a write changes."""
    parts = [child for child in node.children if getattr(child, "type", "") != "LEFT_BRACKET"]
    elements = tuple(map(_element, parts)) if node.data != "name" else (text_of(node),)
    if "" in elements:
        raise ValidationError(EMPTY_COMPONENT)
    if len(elements) > DOCUMENT_PATH_ELEMENTS_MAX:
        raise ValidationError(f"The document path has too many nesting levels; nesting levels: {len(elements)}")
    return DocumentPath(elements)


def _element(child: Node | Token) -> str | int:
    """A name or an index of a path. Brackets around a text hold a name."""
    if isinstance(child, str):
        return _index(child) if child.type == "NUMBER" else text_of(child)
    if child.data in ("name", "name_step"):
        return text_of(child)
    inner = child.children[-1] if child.data == "index_step" else None
    if inner is not None and not isinstance(inner, str) and inner.data in ("number", "string"):
        token = inner.children[0]
        assert isinstance(token, str), "a literal is one token"
        return _element(token)
    raise ValidationError(f"Unexpected path component{place_of(child)}")


def _index(token: Token) -> int:
    if not token.isdigit():
        raise ValidationError(f"Unexpected path component{place_of(token)}")
    index = integer_of(token)
    if index is None or index > LIST_INDEX_MAX:
        raise ValidationError(f"List index is not within the allowable range; index: [{token}]")
    return index


def operator_of(node: Node) -> str:
    """The operator of a tree as the service names it, in lower case."""
    signs = [child for child in node.children if isinstance(child, str)]
    return (str(signs[0]) if signs and node.data != "path" else str(node.data)).lower().replace("_", " ")
