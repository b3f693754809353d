"""The legacy parameters, translated to the trees of expressions: never evaluated by code of their own.

Expected, QueryFilter and ScanFilter become conditions, KeyConditions key clauses, AttributeUpdates an update and
AttributesToGet a projection. Source: DynamoDB Developer Guide, "Legacy conditional parameters"; observed responses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minidynamo.errors import ValidationError
from minidynamo.expressions import syntax
from minidynamo.expressions.key_condition import KEY_CONDITIONS_2025, KeyClause, too_many_key_conditions
from minidynamo.expressions.resolution import is_reversed
from minidynamo.expressions.syntax import Condition, DocumentPath, Literal
from minidynamo.limits import NESTING_LEVELS_MAX
from minidynamo.messages import BETWEEN_REVERSED, PARAMETERS_INVALID, UNKNOWN_CONDITIONAL_OPERATOR
from minidynamo.values.api_types import Structure
from minidynamo.values.attribute_value import AttributeValue, checked_value
from minidynamo.values.nesting import EmptyAttributeName, NestingTooDeep, nesting_levels
from minidynamo.wording import VALUE

_ANY = None
_SCALARS = frozenset({"S", "N", "B"})
_MANY = 1 << 30


@dataclass(frozen=True)
class _Operator:
    """A ComparisonOperator: how many operands it takes and of which types (None: any), and its key condition twin."""

    least: int
    most: int
    types: frozenset[str] | None
    key_operator: str | None = None


_OPERATORS = {
    "EQ": _Operator(1, 1, _ANY, "="),
    "NE": _Operator(1, 1, _ANY),
    "LE": _Operator(1, 1, _SCALARS, "<="),
    "LT": _Operator(1, 1, _SCALARS, "<"),
    "GE": _Operator(1, 1, _SCALARS, ">="),
    "GT": _Operator(1, 1, _SCALARS, ">"),
    "BETWEEN": _Operator(2, 2, _SCALARS, "BETWEEN"),
    "IN": _Operator(1, _MANY, _SCALARS),
    "BEGINS_WITH": _Operator(1, 1, frozenset({"S", "B"}), "begins_with"),
    "CONTAINS": _Operator(1, 1, _SCALARS | {"BOOL"}),
    "NOT_CONTAINS": _Operator(1, 1, _SCALARS | {"BOOL"}),
    "NULL": _Operator(0, 0, _ANY),
    "NOT_NULL": _Operator(0, 0, _ANY),
}
_COMPARISONS = {"EQ": "=", "NE": "<>", "LE": "<=", "LT": "<", "GE": ">=", "GT": ">"}


def legacy_condition(
    conditions: Mapping[str, Structure], joined_by: str | None, expected: bool
) -> syntax.And | syntax.Or:
    """The tree of Expected, QueryFilter or ScanFilter, one of which there is.

    Parameters:
        conditions: attribute names to their conditions.
        joined_by: ConditionalOperator, AND by default.
        expected: whether this is Expected, whose entries know Value and Exists.
    """
    parts: list[Condition] = []
    for name, condition in conditions.items():
        if expected:
            operator, literals = _expected_parts(name, condition)
        else:
            operator, literals = condition["ComparisonOperator"], condition.get("AttributeValueList") or []
        parts.append(_condition(name, operator, _checked_operands(operator, literals)))
    return syntax.Or(tuple(parts)) if joined_by == "OR" else syntax.And(tuple(parts))


def _path(name: str) -> DocumentPath:
    """The path of an attribute by its name, in which dots and brackets mean themselves."""
    if not name:
        raise EmptyAttributeName
    return DocumentPath((name,))


def check_depth(conditions: Mapping[str, Structure]) -> None:
    """Refuses conditions whose values nest too deep; other errors in them are found later."""
    values = [value for each in conditions.values() for value in each.get("AttributeValueList") or ()]
    if nesting_levels(values) > NESTING_LEVELS_MAX:
        raise NestingTooDeep


def check_conditional_operator(joined_by: str | None, condition_count: int) -> None:
    """ConditionalOperator needs something to join."""
    if joined_by is None:
        return
    if condition_count == 0:
        text = "ConditionalOperator cannot be used without Filter or Expected"
        raise ValidationError(text, prefix=VALUE)
    if condition_count == 1:
        text = "ConditionalOperator can only be used when Filter or Expected has two or more elements"
        raise ValidationError(text, prefix=VALUE)
    if joined_by not in ("AND", "OR"):
        # Only the newer layer lets an unknown value come this far.
        raise ValidationError(UNKNOWN_CONDITIONAL_OPERATOR, prefix=VALUE)


def legacy_key_clauses(conditions: Mapping[str, Structure]) -> tuple[KeyClause, ...]:
    """The key clauses of KeyConditions."""
    if not 1 <= len(conditions) <= 2:
        raise too_many_key_conditions(len(conditions), 2) if conditions else ValidationError(KEY_CONDITIONS_2025)
    clauses = []
    for name, condition in conditions.items():
        _path(name)
        operator = condition["ComparisonOperator"]
        operands = _checked_operands(operator, condition.get("AttributeValueList") or [])
        key_operator = _OPERATORS[operator].key_operator
        if key_operator is None:
            raise ValidationError("Attempted conditional constraint is not an indexable operation")
        clauses.append(KeyClause(name, key_operator, operands))
    return tuple(clauses)


def legacy_update(updates: Mapping[str, Structure]) -> syntax.ResolvedUpdate:
    """The update of AttributeUpdates."""
    return syntax.Update(tuple(_action(name, update) for name, update in updates.items()))


def legacy_projection(names: list[str]) -> syntax.ResolvedProjection:
    """The projection of AttributesToGet: top-level names, in which dots and brackets mean themselves."""
    for index, name in enumerate(names):
        if name in names[:index]:
            text = f"{PARAMETERS_INVALID}Duplicate value in attribute name: {name}"
            raise ValidationError(text)
    return syntax.Projection(tuple(map(_path, names)))


def _invalid(text: str) -> ValidationError:
    return ValidationError(PARAMETERS_INVALID + text, prefix=VALUE)


def _expected_parts(name: str, entry: Structure) -> tuple[str, list[AttributeValue]]:
    """The comparison operator and operands of an entry of Expected."""
    value, listed = entry.get("Value"), entry.get("AttributeValueList")
    operator, exists = entry.get("ComparisonOperator"), entry.get("Exists")
    if value is not None and listed is not None:
        raise _invalid(f"Value and AttributeValueList cannot be used together for Attribute: {name}")
    if operator is not None:
        if exists is not None:
            raise _invalid(f"Exists and ComparisonOperator cannot be used together for Attribute: {name}")
        if value is None and listed is None and operator not in ("NULL", "NOT_NULL"):
            text = f"Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: "
            raise _invalid(text + name)
        return operator, [value] if value is not None else listed or []
    if listed is not None:
        raise _invalid(f"AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}")
    if exists is False:
        if value is not None:
            raise _invalid(f"Value cannot be used when Exists is false for Attribute: {name}")
        return "NULL", []
    if value is None:
        state = "null" if exists is None else "true"
        raise _invalid(f"Value must be provided when Exists is {state} for Attribute: {name}")
    return "EQ", [value]


def _checked_operands(operator: str, values: list[AttributeValue]) -> tuple[Literal, ...]:
    rule = _OPERATORS[operator]
    literals = tuple(Literal(*checked_value(value)) for value in values)
    if not rule.least <= len(literals) <= rule.most:
        raise _invalid(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    for literal in literals:
        if rule.types is not None and literal.type not in rule.types:
            text = f"ComparisonOperator {operator} is not valid for {literal.type} AttributeValue type"
            raise _invalid(text)
    if len({literal.type for literal in literals}) > 1:
        raise _invalid("AttributeValues inside AttributeValueList must be of same type")
    if operator == "BETWEEN" and is_reversed(*literals):
        raise ValidationError(BETWEEN_REVERSED, prefix=VALUE)
    return literals


def _condition(name: str, operator: str, literals: tuple[Literal, ...]) -> Condition:
    path = _path(name)
    if operator in _COMPARISONS:
        return syntax.Comparison(_COMPARISONS[operator], path, literals[0])
    if operator == "BETWEEN":
        return syntax.Between(path, *literals)
    if operator == "IN":
        return syntax.In(path, literals)
    exists = syntax.Function("attribute_exists", (path,))
    if operator == "NOT_CONTAINS":  # Unlike `NOT contains`, it is false where the attribute is missing.
        return syntax.And((exists, syntax.Not(syntax.Function("contains", (path, *literals)))))
    if operator == "NULL":
        return syntax.Function("attribute_not_exists", (path,))
    return exists if operator == "NOT_NULL" else syntax.Function(operator.lower(), (path, *literals))


def _action(name: str, update: Structure) -> syntax.ResolvedAction:
    path, action, value = _path(name), update.get("Action") or "PUT", update.get("Value")
    if value is None:
        if action != "DELETE":
            raise _invalid("Only DELETE action is allowed when no attribute value is specified")
        return syntax.RemoveAction(path)
    literal = Literal(*checked_value(value))
    if action == "PUT":
        return syntax.SetAction(path, literal)
    if action == "ADD":
        if literal.type not in ("N", "SS", "NS", "BS", "L"):
            raise _invalid(f"ADD action is not supported for the type {literal.type}")
        return syntax.AddAction(path, literal)
    if literal.type not in ("SS", "NS", "BS"):
        raise _invalid(f"DELETE action with value is not supported for the type {literal.type}")
    return syntax.DeleteAction(path, literal)
