"""Expressions and legacy parameters of a request, checked and compiled: what is behind `binding.bind`.

What a request asks for is kept as a template, under everything but its values: most requests come again.
Source: DynamoDB Developer Guide, "Using expressions"; observed responses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from minidynamo.errors import ValidationError
from minidynamo.expressions import legacy, syntax
from minidynamo.expressions.bound import Bound
from minidynamo.expressions.evaluation import compile_condition
from minidynamo.expressions.parser import parse
from minidynamo.expressions.projection import compile_projection
from minidynamo.expressions.resolution import Resolver
from minidynamo.expressions.syntax import Literal
from minidynamo.expressions.templates import BoundTemplate, filter_of, holes
from minidynamo.expressions.update import BoundUpdate
from minidynamo.limits import EXPRESSION_MAPS_BYTES_MAX, EXPRESSION_PLACEHOLDER_BYTES_MAX
from minidynamo.values.api_types import Request
from minidynamo.values.attribute_value import AttributeValue, checked_value, name_size_bytes
from minidynamo.wording import VALUE, ValidationLayer

# What a template is kept under holds no more than this; longer requests are rare, and bound each time.
_TEMPLATE_CHARACTERS_MAX = 8_192
# In the order in which the service checks them.
_CHECK_ORDER = (
    "UpdateExpression",
    "ConditionExpression",
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
)


def compiled_request(
    request: Request, layer: ValidationLayer, level: int, needs_key_condition: bool, has_legacy: bool
) -> Bound:
    """What a request with expressions, or with legacy parameters, asks for; see `bind`."""
    again = None if has_legacy else _bound_again(request, level)
    if again is not None and not (needs_key_condition and again.key_clauses is None):
        return again
    bound = Bound()
    _bind_legacy(bound, request, layer)
    if needs_key_condition and request.keys().isdisjoint(("KeyConditions", "KeyConditionExpression")):
        raise ValidationError(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    names = _checked_names(request.get("ExpressionAttributeNames"))
    values = _checked_values(request.get("ExpressionAttributeValues"), level)
    _resolved([request.get(parameter) for parameter in _CHECK_ORDER], names, values).fill(bound, values)
    return bound


def _resolved(texts: Iterable[str | None], names: Mapping[str, str], values: Mapping[str, Literal]) -> BoundTemplate:
    """What expressions ask for, in the order in which they are checked, with names and values or holes for them."""
    template = BoundTemplate()
    used_names: set[str] = set()
    used_values: set[str] = set()
    for parameter, text in zip(_CHECK_ORDER, texts, strict=True):
        if text is None:
            continue
        parsed = parse(parameter, text)
        used_names |= parsed.names
        used_values |= parsed.values
        resolver, nested = Resolver(parameter, names, values), tuple(names.get(name, name) for name in parsed.nested)
        template.add(parameter, _resolved_tree(resolver, parsed.tree), nested)
    _require_used("ExpressionAttributeNames", names, used_names)
    _require_used("ExpressionAttributeValues", values, used_values)
    return template


def _resolved_tree(
    resolver: Resolver, tree: syntax.Tree
) -> syntax.Condition | syntax.ResolvedUpdate | syntax.ResolvedProjection:
    if isinstance(tree, syntax.Update):
        return resolver.update(tree)
    return resolver.projection(tree) if isinstance(tree, syntax.Projection) else resolver.condition(tree)


# Requests that have come before, but for their values.

_Pairs = tuple[tuple[str, str], ...]
_Key = tuple[tuple[str | None, ...], _Pairs | None, _Pairs | None]
_templates: dict[_Key, BoundTemplate | None] = {}
_TEMPLATES_MAX = 1024


def _bound_again(request: Request, level: int) -> Bound | None:
    """What `bind` gives, by a template; None where there is none, or anything is at fault: then `bind` says what."""
    get = request.get
    names, values = get("ExpressionAttributeNames"), get("ExpressionAttributeValues")
    texts = (  # Spelled out in _CHECK_ORDER: every request with an expression comes by.
        get("UpdateExpression"),
        get("ConditionExpression"),
        get("KeyConditionExpression"),
        get("FilterExpression"),
        get("ProjectionExpression"),
    )
    name_pairs = None if names is None else tuple(names.items())
    literals: dict[str, Literal] = {}
    types: list[tuple[str, str]] = []
    size = 0
    try:
        for key, value in () if values is None else values.items():
            normal, value_size = checked_value(value, level)
            literals[key] = Literal(normal, value_size)
            (tag,) = normal
            types.append((key, tag))
            size += value_size
    except ValidationError:
        return None
    if size > EXPRESSION_MAPS_BYTES_MAX:
        return None
    template = _kept_template((texts, name_pairs, None if values is None else tuple(types)))
    if template is None or not template.takes(literals):
        return None
    bound = Bound()
    template.fill(bound, literals)
    return bound


def _kept_template(key: _Key) -> BoundTemplate | None:
    """The template of a key, which is kept from then on. Threads may ask at once."""
    try:
        return _templates[key]
    except KeyError:
        template = _template(*key)
    if _characters(*key) <= _TEMPLATE_CHARACTERS_MAX:
        if len(_templates) >= _TEMPLATES_MAX:
            _templates.clear()  # Those that come again are soon there again.
        _templates[key] = template
    return template


def _template(texts: tuple[str | None, ...], names: _Pairs | None, types: _Pairs | None) -> BoundTemplate | None:
    """What expressions ask for whose values have these types; None where something is at fault, or may be."""
    try:
        if types is not None:
            _check_map_keys("ExpressionAttributeValues", dict(types), _VALUE_KEY)
        return _resolved(texts, _checked_names(None if names is None else dict(names)), holes(types or ()))
    except ValidationError:
        return None


def _characters(texts: Iterable[str | None], *pairs: _Pairs | None) -> int:
    """How much memory is held by what a template is kept under."""
    count = sum(len(text) for text in texts if text is not None)
    return count + sum(len(one) + len(two) for each in pairs if each is not None for one, two in each)


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
        bound.filter = filter_of(legacy.legacy_condition(filters, joined_by, expected=False))
        bound.is_legacy_filter = True
    if "KeyConditions" in request:
        bound.key_clauses = legacy.legacy_key_clauses(request["KeyConditions"])
    if request.get("AttributeUpdates"):
        bound.update = BoundUpdate.of(legacy.legacy_update(request["AttributeUpdates"]))
        bound.is_legacy_update = True
    if request.get("AttributesToGet"):
        bound.projection_paths = legacy.legacy_projection(request["AttributesToGet"]).paths
        bound.project = compile_projection(bound.projection_paths)


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
