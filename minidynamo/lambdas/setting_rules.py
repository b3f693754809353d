"""What the settings of functions and mappings may be: a rule for each that is more than a number in a range."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from minidynamo.arguments import TRUE_OR_FALSE, Rule, check_arguments, like, of

_NUMBER = of(int, float)
_NAME = Rule("the name of a function", of(str), like(re.compile("[^:]+")))
_QUALIFIER = Rule("a version or an alias, such as '1'", of(str), like(re.compile(".+")))
_VARIANT = Rule("a version or an alias, such as '1'", of(str), may_be_none=True)


def _is_list(value: object) -> bool:
    return isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping)


def _are_filters(value: object) -> bool:
    """Whether it is {"Filters": [{"Pattern": text}]}, of which everything may be left out."""
    filters = value.get("Filters", []) if isinstance(value, Mapping) and value.keys() <= {"Filters"} else None
    return isinstance(filters, list | tuple) and all(
        isinstance(each, Mapping) and each.keys() <= {"Pattern"} and isinstance(each.get("Pattern", ""), str)
        for each in filters
    )


def _is_destination(value: object) -> bool:
    """Whether it is {"OnFailure": {"Destination": anything}}, of which everything may be left out."""
    on_failure = value.get("OnFailure", {}) if isinstance(value, Mapping) and value.keys() <= {"OnFailure"} else None
    return isinstance(on_failure, Mapping) and on_failure.keys() <= {"Destination"}


def _are_weights(value: object) -> bool:
    """Whether these are parts of a whole, by version."""
    parts = list(value.values()) if isinstance(value, Mapping) else []
    return all(isinstance(each, int | float) and 0 <= each <= 1 for each in parts) and sum(parts) <= 1


MAPPING = {
    "StartingPosition": Rule("TRIM_HORIZON or LATEST", of(str)),
    "BisectBatchOnFunctionError": TRUE_OR_FALSE,
    "Enabled": TRUE_OR_FALSE,
    "FunctionResponseTypes": Rule(
        "a list of names, such as ['ReportBatchItemFailures']",
        lambda value: _is_list(value) and all(isinstance(each, str) for each in value),  # type: ignore[attr-defined]
    ),
    "FilterCriteria": Rule(
        """filters, such as {'Filters': [{'Pattern': '{"eventName": ["INSERT"]}'}]}""",
        of(Mapping),
        _are_filters,
        may_be_none=True,
    ),
    "DestinationConfig": Rule(
        "where failed batches go, such as {'OnFailure': {'Destination': send}}",
        of(Mapping),
        _is_destination,
        may_be_none=True,
    ),
}
FUNCTION = {
    "name": _NAME,
    "Timeout": Rule("a number of seconds", _NUMBER),
    "ReservedConcurrency": Rule("a whole number", of(int), may_be_none=True),
    "MaximumEventAgeInSeconds": Rule("a number of seconds", _NUMBER),
    "MaximumRetryAttempts": Rule("a whole number", of(int)),
}
# A function that is there, by whatever it is named, and what is had of it.
_CALLED = {
    "name": Rule("the name or the ARN of a function", of(str)),
    "Qualifier": _VARIANT,
    "alias": _QUALIFIER,
    "version": _QUALIFIER,
    "timeout": Rule("a number of seconds", _NUMBER),
    "weights": Rule(
        "parts of the invocations by version, such as {'2': 0.1}", of(Mapping), _are_weights, may_be_none=True
    ),
}


def check_called(**given: object) -> None:
    """Raises what is wrong with arguments of a call about a function that is there, in one line."""
    assert given, "nothing is checked"
    check_arguments(_CALLED, **given)
