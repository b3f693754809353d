"""Filter patterns: which records of a stream reach a function.

A pattern is JSON: objects name members, all of which must match; lists hold what a leaf may be, one of which must.
Source: AWS Lambda Developer Guide, "Filter rule syntax"; Amazon EventBridge, "Comparison operators".
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Sequence
from typing import TypeGuard

from minidynamo.limits import FILTER_PATTERN_CHARACTERS_MAX, MAPPING_FILTERS_MAX
from minidynamo.values.api_types import JsonObject, Structure

# Tells of a record, or of what is inside one, whether it is as a pattern wants it.
Predicate = Callable[[object], bool]

_ABSENT = object()
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compiled_filters(criteria: Structure | None) -> Predicate | None:
    """Whether a record passes a FilterCriteria; None where all do.

    Raises:
        ValueError: it is no valid one.
    """
    filters = (criteria or {}).get("Filters", [])
    if not filters:
        return None
    if len(filters) > MAPPING_FILTERS_MAX:
        raise ValueError(f"FilterCriteria takes at most {MAPPING_FILTERS_MAX} filters, not {len(filters)}")
    predicates = [_compiled_pattern(each.get("Pattern", "{}")) for each in filters]
    return lambda record: any(predicate(record) for predicate in predicates)


def _compiled_pattern(text: str) -> Predicate:
    if len(text) > FILTER_PATTERN_CHARACTERS_MAX:
        raise ValueError(f"a filter pattern has at most {FILTER_PATTERN_CHARACTERS_MAX} characters")
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise ValueError(f"invalid filter pattern definition: it is no JSON ({error})") from None
    if not isinstance(pattern, dict):
        raise ValueError("invalid filter pattern definition: it must be a JSON object")
    return _object(pattern)


def _object(pattern: JsonObject) -> Predicate:
    members: list[tuple[str, Predicate]] = []
    alternatives: list[Predicate] = []
    for name, inner in pattern.items():
        if name == "$or":
            if not (isinstance(inner, list) and inner and all(isinstance(each, dict) for each in inner)):
                raise ValueError("invalid filter pattern definition: $or must be a list of objects")
            alternatives = [_object(each) for each in inner]
        elif isinstance(inner, dict):
            members.append((name, _object(inner)))
        elif isinstance(inner, list):
            members.append((name, _leaf(name, inner)))
        else:
            raise ValueError(f"invalid filter pattern definition: {name!r} must be an object or a list")

    def matches(value: object) -> bool:
        if isinstance(value, list):
            return any(matches(each) for each in value)
        present = value if isinstance(value, dict) else {}
        return all(test(present.get(name, _ABSENT)) for name, test in members) and (
            not alternatives or any(test(value) for test in alternatives)
        )

    return matches


def _leaf(name: str, accepted: Sequence[object]) -> Predicate:
    if not accepted:
        raise ValueError(f"invalid filter pattern definition: the list of {name!r} is empty")
    tests = [_rule(name, each) for each in accepted]

    def matches(value: object) -> bool:
        values = value if isinstance(value, list) and value else [value]
        return any(test(each) for each in values for test in tests)

    return matches


def _rule(name: str, rule: object) -> Predicate:
    if not isinstance(rule, dict):
        return lambda value: (type(value) is type(rule) and value == rule) or _is_same_number(value, rule)
    if len(rule) != 1 or next(iter(rule)) not in _RULES:
        raise ValueError(
            f"invalid filter pattern definition: {name!r} has {json.dumps(rule)}; rules are {', '.join(_RULES)}"
        )
    ((kind, operand),) = rule.items()
    return _RULES[kind](operand)


def _is_same_number(value: object, rule: object) -> bool:
    return _is_number(value) and _is_number(rule) and value == rule


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text_rule(test: Callable[[str, str], bool]) -> Callable[[object], Predicate]:
    def make(operand: object) -> Predicate:
        if isinstance(operand, dict) and operand.keys() == {"equals-ignore-case"}:
            folded = _text(operand["equals-ignore-case"]).lower()
            return lambda value: isinstance(value, str) and test(value.lower(), folded)
        text = _text(operand)
        return lambda value: isinstance(value, str) and test(value, text)

    return make


def _text(operand: object) -> str:
    if not isinstance(operand, str):
        raise ValueError(f"invalid filter pattern definition: {json.dumps(operand)} must be a string")
    return operand


def _numeric(operand: object) -> Predicate:
    if not (isinstance(operand, list) and operand and len(operand) % 2 == 0):
        raise ValueError("invalid filter pattern definition: numeric takes pairs of an operator and a number")
    pairs = list(zip(operand[::2], operand[1::2], strict=True))
    if not all(isinstance(name, str) and name in _COMPARISONS and _is_number(bound) for name, bound in pairs):
        raise ValueError(f"invalid filter pattern definition: numeric knows {' '.join(_COMPARISONS)} and numbers")
    return lambda value: _is_number(value) and all(_COMPARISONS[name](value, bound) for name, bound in pairs)


def _exists(operand: object) -> Predicate:
    if not isinstance(operand, bool):
        raise ValueError("invalid filter pattern definition: exists takes true or false")
    # Of leaves alone: an object is none.
    return lambda value: (value is not _ABSENT and not isinstance(value, dict)) is operand


def _anything_but(operand: object) -> Predicate:
    refused = operand if isinstance(operand, list) else [operand]
    if not refused:
        raise ValueError("invalid filter pattern definition: anything-but takes a value, a list or a rule")
    tests = [_rule("anything-but", each) for each in refused]
    return lambda value: value is not _ABSENT and not any(test(value) for test in tests)


_RULES: dict[str, Callable[[object], Predicate]] = {
    "prefix": _text_rule(str.startswith),
    "suffix": _text_rule(str.endswith),
    "equals-ignore-case": lambda operand: _text_rule(str.__eq__)({"equals-ignore-case": operand}),
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
}
