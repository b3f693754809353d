"""What a filter demands that a key condition could: the attributes that an index would be made from."""

from __future__ import annotations

from collections.abc import Mapping

from minidynamo.errors import DynamoError
from minidynamo.expressions import legacy
from minidynamo.expressions.conjunctions import conjuncts
from minidynamo.expressions.key_condition import KeyClause, key_clauses
from minidynamo.expressions.parser import parse
from minidynamo.expressions.resolution import Resolver
from minidynamo.expressions.syntax import Condition, Literal
from minidynamo.values.api_types import Request
from minidynamo.values.attribute_value import AttributeValue

_PARAMETER = "FilterExpression"
_LEGACY = ("QueryFilter", "ScanFilter")


def filter_clauses(request: Request) -> list[KeyClause]:
    """The parts of a filter that are of the form of a key condition, in the order written.

    Parameters:
        request: of Query or Scan; one that is malformed has none.
    """
    return clauses_in(_filter(request))


def clauses_in(condition: Condition | None) -> list[KeyClause]:
    """The parts of a resolved condition that are of the form of a key condition."""
    found: list[KeyClause] = []
    for part in conjuncts(condition):
        try:
            clauses = key_clauses(part)
        except DynamoError:
            continue  # Nothing that a key could answer.
        found += [each for each in clauses if all(is_key_value(operand.value) for operand in each.operands)]
    return found


def is_key_value(value: AttributeValue) -> bool:
    """Whether a value can be one of a key: a number, or a text or binary that is not empty."""
    return "N" in value or bool(value.get("S")) or bool(value.get("B"))


def _filter(request: Request) -> Condition | None:
    text = request.get(_PARAMETER)
    names, values = request.get("ExpressionAttributeNames") or {}, request.get("ExpressionAttributeValues") or {}
    older = next((request[name] for name in _LEGACY if request.get(name)), None)
    try:
        if isinstance(text, str) and isinstance(values, Mapping):
            literals = {name: Literal(value) for name, value in values.items()}
            tree = parse(_PARAMETER, text).tree
            return Resolver(_PARAMETER, names, literals).condition(tree)  # type: ignore[arg-type]
        if older:
            return legacy.legacy_condition(older, request.get("ConditionalOperator") or "AND", expected=False)
    except (DynamoError, KeyError, TypeError, AttributeError):
        return None
    return None
