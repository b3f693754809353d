"""The expressions of one request, from its parameters to what an operation needs.

Two steps, since the service checks other things in between: `check_combinations` (which parameters go together) and
`bind` (placeholder maps, expressions, unused placeholders; legacy parameters before them).
Source: DynamoDB Developer Guide, "Using expressions"; observed responses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from minidynamo.errors import ValidationError
from minidynamo.expressions import legacy, syntax
from minidynamo.expressions.evaluation import Predicate, compile_condition
from minidynamo.expressions.key_condition import KeyClause, key_clauses
from minidynamo.expressions.parser import parse
from minidynamo.expressions.projection import compile_projection
from minidynamo.expressions.resolution import Resolver
from minidynamo.expressions.syntax import DocumentPath, Literal
from minidynamo.limits import (
    EXPRESSION_MAPS_BYTES_MAX,
    EXPRESSION_PLACEHOLDER_BYTES_MAX,
)
from minidynamo.values.api_types import Request
from minidynamo.values.attribute_value import AttributeValue, Item, checked_value, name_size_bytes
from minidynamo.wording import BARE, VALUE, ValidationLayer

# In the order in which the service names them when they are mixed.
_LEGACY = (
    "AttributesToGet",
    "QueryFilter",
    "ScanFilter",
    "AttributeUpdates",
    "Expected",
    "ConditionalOperator",
    "KeyConditions",
)
_EXPRESSIONS = (
    "UpdateExpression",
    "ProjectionExpression",
    "FilterExpression",
    "ConditionExpression",
    "KeyConditionExpression",
)
# In the order in which the service checks them.
_CHECK_ORDER = (
    "UpdateExpression",
    "ConditionExpression",
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
)
_MAPS = ("ExpressionAttributeNames", "ExpressionAttributeValues")
_PARAMETERS = frozenset((*_LEGACY, *_EXPRESSIONS, *_MAPS))


@dataclass(slots=True)
class Bound:
    """What the expressions and legacy parameters of a request ask for; None where they ask for nothing.

    Attributes:
        condition: guards a write.
        update: the change to an item, and whether it came from AttributeUpdates.
        key_clauses: what a query demands of the key attributes.
        filter_tree, filter: what drops items after reading, as a tree and compiled.
        projection_paths, project: what to return of an item, as paths and compiled.
        nested_attributes: the attributes that any path of any expression reaches into.
    """

    condition: Predicate | None = None
    update: syntax.ResolvedUpdate | None = None
    is_legacy_update: bool = False
    key_clauses: tuple[KeyClause, ...] | None = None
    filter_tree: syntax.Condition | None = None
    filter: Predicate | None = None
    is_legacy_filter: bool = False
    projection_paths: tuple[DocumentPath, ...] | None = None
    project: Callable[[Item], Item] | None = None
    nested_attributes: tuple[str, ...] = ()


NOTHING_BOUND = Bound()


def check_combinations(request: Request, value_users: tuple[str, ...]) -> None:
    """Refuses legacy parameters beside expressions, and placeholder maps without an expression to use them.

    Parameters:
        request: the request or transaction action, its shape already checked.
        value_users: the expressions that may use values there.
    """
    if _PARAMETERS.isdisjoint(request):
        return
    present = request.keys() & _PARAMETERS
    check_mixing(present)
    if "ExpressionAttributeNames" in present and not present & set(_EXPRESSIONS):
        text = "ExpressionAttributeNames can only be specified when using expressions"
        raise ValidationError(text, prefix=VALUE)
    if "ExpressionAttributeValues" in present and not present & set(value_users):
        text = "ExpressionAttributeValues can only be specified when using expressions"
        verb = "is null" if len(value_users) == 1 else "are null"
        raise ValidationError(text, text_2025=f"{text}: {' and '.join(value_users)} {verb}", prefix=VALUE)


def check_mixing(present: set[str]) -> None:
    """Refuses legacy parameters and expressions among the parameters present in one request."""
    older = [name for name in _LEGACY if name in present]
    newer = [name for name in _EXPRESSIONS if name in present]
    if not older or not newer:
        return
    if older == ["KeyConditions"] and set(newer) <= {"ProjectionExpression", "FilterExpression"}:
        return  # The service tolerates this one mixture.
    text = (
        "Can not use both expression and non-expression parameters in the same request: "
        f"Non-expression parameters: {{{', '.join(older)}}} Expression parameters: {{{', '.join(newer)}}}"
    )
    raise ValidationError(text, prefix=VALUE)


def bind(request: Request, layer: ValidationLayer = BARE, level: int = 1, needs_key_condition: bool = False) -> Bound:
    """Checks and compiles every expression and legacy parameter of a request.

    Parameters:
        request: the request or transaction action, its shape already checked.
        layer: what answers it; the older one checks the depth of legacy filters earlier.
        level: the nesting level at which expression values begin.
        needs_key_condition: whether it is a query.

    Raises:
        ValidationError: the first error in the service's order.
    """
    if _PARAMETERS.isdisjoint(request) and not needs_key_condition:
        return NOTHING_BOUND
    present = request.keys() & _PARAMETERS
    bound = Bound()
    _bind_legacy(bound, request, layer)
    if needs_key_condition and not present & {"KeyConditions", "KeyConditionExpression"}:
        raise ValidationError(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    names = _checked_names(request.get("ExpressionAttributeNames"))
    values = _checked_values(request.get("ExpressionAttributeValues"), level)
    used_names: set[str] = set()
    used_values: set[str] = set()
    for parameter in _CHECK_ORDER:
        text = request.get(parameter)
        if text is None:
            continue
        parsed = parse(parameter, text)
        used_names |= parsed.names
        used_values |= parsed.values
        bound.nested_attributes += tuple(names.get(name, name) for name in parsed.nested)
        _bind_expression(bound, parameter, Resolver(parameter, names, values), parsed.tree)
    _require_used("ExpressionAttributeNames", names, used_names)
    _require_used("ExpressionAttributeValues", values, used_values)
    return bound


# Legacy parameters.


def _bind_legacy(bound: Bound, request: Request, layer: ValidationLayer) -> None:
    joined_by = request.get("ConditionalOperator")
    expected = request.get("Expected") or {}
    filters = request.get("QueryFilter") or request.get("ScanFilter") or {}
    if filters and not layer.newer:
        legacy.check_depth(filters)
    legacy.check_conditional_operator(joined_by, len(expected) + len(filters))
    if expected:
        bound.condition = compile_condition(legacy.legacy_condition(expected, joined_by, expected=True))
    if filters:
        _bind_filter_tree(bound, legacy.legacy_condition(filters, joined_by, expected=False))
        bound.is_legacy_filter = True
    if "KeyConditions" in request:
        bound.key_clauses = legacy.legacy_key_clauses(request["KeyConditions"])
    if request.get("AttributeUpdates"):
        bound.update = legacy.legacy_update(request["AttributeUpdates"])
        bound.is_legacy_update = True
    if request.get("AttributesToGet"):
        _bind_paths(bound, legacy.legacy_projection(request["AttributesToGet"]))


# Expressions.


def _bind_expression(bound: Bound, parameter: str, resolver: Resolver, tree: syntax.Tree) -> None:
    if isinstance(tree, syntax.Update):
        bound.update = resolver.update(tree)
    elif isinstance(tree, syntax.Projection):
        _bind_paths(bound, resolver.projection(tree))
    elif parameter == "ConditionExpression":
        bound.condition = compile_condition(resolver.condition(tree))
    elif parameter == "KeyConditionExpression":
        bound.key_clauses = key_clauses(resolver.condition(tree))
    else:
        _bind_filter_tree(bound, resolver.condition(tree))


def _bind_filter_tree(bound: Bound, tree: syntax.Condition) -> None:
    bound.filter_tree = tree
    bound.filter = compile_condition(tree)


def _bind_paths(bound: Bound, projection: syntax.ResolvedProjection) -> None:
    bound.projection_paths = projection.paths
    bound.project = compile_projection(projection.paths)


# Placeholder maps.


_NAME_KEY = re.compile(r"#[A-Za-z0-9_]+")
_VALUE_KEY = re.compile(r":[A-Za-z0-9_]+")


def _checked_names(names: Mapping[str, str] | None) -> Mapping[str, str]:
    if names is None:
        return {}
    _check_map_keys("ExpressionAttributeNames", names, _NAME_KEY)
    for key, name in names.items():
        try:
            name_size_bytes(name)
        except ValidationError as error:
            text = f"ExpressionAttributeNames contains invalid value: {error.message} for key {key}"
            raise ValidationError(text, prefix=VALUE) from None
    return names


def _checked_values(values: Mapping[str, AttributeValue] | None, level: int) -> Mapping[str, Literal]:
    if values is None:
        return {}
    _check_map_keys("ExpressionAttributeValues", values, _VALUE_KEY)
    literals = {key: _checked_literal(key, value, level) for key, value in values.items()}
    if sum(literal.size_bytes for literal in literals.values()) > EXPRESSION_MAPS_BYTES_MAX:
        # The limit is documented, its text is not.
        text = "ExpressionAttributeValues exceeds the maximum allowed size of 2 MB"
        raise ValidationError(text, prefix=VALUE)
    return literals


def _checked_literal(key: str, value: AttributeValue, level: int) -> Literal:
    try:
        return Literal(*checked_value(value, level))
    except ValidationError as error:
        wrapped = f"ExpressionAttributeValues contains invalid value: {error.text_2025} for key {key}"
        raise ValidationError(error.message, text_2025=wrapped, prefix=error.prefix) from None


def _check_map_keys(parameter: str, entries: Mapping[str, object], pattern: re.Pattern[str]) -> None:
    if not entries:
        raise ValidationError(f"{parameter} must not be empty", prefix=VALUE)
    for key in entries:
        if pattern.fullmatch(key) is None:
            raise ValidationError(f'{parameter} contains invalid key: Syntax error; key: "{key}"', prefix=VALUE)
        if len(key) > EXPRESSION_PLACEHOLDER_BYTES_MAX:
            text = "The expression attribute map contains a key that is too long; size of key: "
            raise ValidationError(f"{parameter} contains invalid key: {text}{len(key)}", prefix=VALUE)


def _require_used(parameter: str, given: Mapping[str, object], used: set[str]) -> None:
    if len(given) == len(used):
        return
    unused = [key for key in given if key not in used]
    if unused:
        text = f"Value provided in {parameter} unused in expressions: keys: {{{', '.join(unused)}}}"
        raise ValidationError(text, prefix=VALUE)
