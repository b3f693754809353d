"""Key conditions: a condition tree, or legacy KeyConditions, reduced to one clause per key attribute.

Owns what can be told without the table; which attributes are keys is checked where the table is.
Source: DynamoDB Developer Guide, "Key condition expressions for the Query operation"; observed responses.
"""

from __future__ import annotations

from dataclasses import dataclass

from minidynamo.errors import ValidationError
from minidynamo.expressions import syntax
from minidynamo.expressions.parser import invalid
from minidynamo.expressions.syntax import Condition, DocumentPath, Literal, Operand

_PARAMETER = "KeyConditionExpression"
MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class KeyClause:
    """What a query demands of one key attribute.

    Attributes:
        attribute: the name of the key attribute.
        operator: one of = < <= > >= BETWEEN begins_with.
        operands: its literals; two for BETWEEN, else one.
    """

    attribute: str
    operator: str
    operands: tuple[Literal, ...]


KEY_CONDITIONS_2025 = "Conditions can be of length 1 or 2 only"


def too_many_key_conditions(count: int, allowed: int) -> ValidationError:
    """The error for more conditions than a key has attributes."""
    text = f"The number of query conditions ({count}) exceeds the number of key attributes defined in the schema"
    return ValidationError(f"{text} ({allowed})", text_2025=KEY_CONDITIONS_2025)


def key_clauses(tree: Condition) -> tuple[KeyClause, ...]:
    """The clauses of a resolved key condition, in the order written; raises ValidationError for any other shape."""
    return tuple(map(_clause, _parts(tree)))


def require_distinct_attributes(clauses: tuple[KeyClause, ...]) -> None:
    """Each key attribute may be named in one clause only."""
    attributes = [clause.attribute for clause in clauses]
    if len(set(attributes)) != len(attributes):
        raise invalid(_PARAMETER, "KeyConditionExpressions must only contain one condition per key")


def _parts(tree: Condition) -> list[Condition]:
    if isinstance(tree, syntax.And):
        return [leaf for part in tree.parts for leaf in _parts(part)]
    return [tree]


def _clause(node: Condition) -> KeyClause:
    operator = _operator(node)
    if operator in ("OR", "NOT", "IN", "<>") or operator in _FORBIDDEN_FUNCTIONS:
        raise ValidationError(f"Invalid operator used in {_PARAMETER}: {operator}")
    operands = _operands(node)
    if any(isinstance(operand, syntax.Function) for operand in operands):
        raise ValidationError("KeyConditionExpressions cannot contain nested operations")
    paths = [operand for operand in operands if isinstance(operand, DocumentPath)]
    if len(paths) != 1:
        error = "Multiple attribute names used in one condition" if paths else "No key attribute specified"
        raise ValidationError(f"Invalid condition in {_PARAMETER}: {error}")
    if operator in MIRRORED and operands[0] is not paths[0]:
        operator, operands = MIRRORED[operator], operands[::-1]
    if operands[0] is not paths[0]:
        text = f"{operator} operator must have the key attribute as its first operand"
        raise ValidationError(f"Invalid condition in {_PARAMETER}: {text}")
    if len(paths[0].elements) > 1:
        raise invalid(_PARAMETER, "KeyConditionExpressions cannot have conditions on nested attributes")
    literals = [each for each in operands[1:] if isinstance(each, Literal)]
    assert len(literals) == len(operands) - 1, "an operand is neither a path nor a value"
    return KeyClause(paths[0].attribute, operator, tuple(literals))


_FORBIDDEN_FUNCTIONS = ("attribute_exists", "attribute_not_exists", "attribute_type", "contains")


def _operator(node: Condition) -> str:
    if isinstance(node, syntax.Comparison):
        return node.operator
    if isinstance(node, syntax.Function):
        return node.name
    return type(node).__name__.upper()


def _operands(node: Condition) -> list[Operand]:
    if isinstance(node, syntax.Comparison):
        return [node.left, node.right]
    if isinstance(node, syntax.Between):
        return [node.operand, node.low, node.high]
    assert isinstance(node, syntax.Function), "others are no key conditions"
    return list(node.arguments)
