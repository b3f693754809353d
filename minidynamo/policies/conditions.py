"""The conditions of policies: operators over what is known of an access.

Operators and keys of a block are ANDed, the values of one key ORed. A negated operator holds where none of its values
is met. Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from minidynamo.policies.patterns import Variables, matches
from minidynamo.values.api_types import JsonValue

# What is known of an access: condition keys, in lower case, to their values. Keys that are not there are absent.
Context = Mapping[str, Sequence[str]]
# Whether a value of an access meets one of a policy.
Test = Callable[[str, str], bool]

_IF_EXISTS = "IfExists"
_QUANTIFIERS = ("ForAllValues", "ForAnyValue")
_TRUTHS = ("Null", "Bool")


@dataclass(frozen=True, slots=True)
class ConditionBlock:
    """One operator on one key.

    Attributes:
        operator: its name, without prefix and suffix.
        key: the condition key, in lower case.
        values: of the policy.
        quantifier: ForAllValues, ForAnyValue or "".
        if_exists: whether an absent key satisfies it.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    quantifier: str = ""
    if_exists: bool = False

    def holds(self, context: Context, variables: Variables) -> bool:
        """Whether an access satisfies it."""
        given = context.get(self.key)
        if self.operator == "Null":
            return (given is None) == (self.values[0].lower() == "true")
        rule = OPERATORS[self.operator]
        wanted = [variables.filled(each) if rule.is_pattern else _plain(variables, each) for each in self.values]
        if self.quantifier == "ForAllValues":
            return all(rule.is_met(each, wanted) for each in given or ())
        if given is None:
            return self.if_exists or (rule.is_negated and not self.quantifier)
        if self.quantifier or not rule.is_negated:
            return any(rule.is_met(each, wanted) for each in given)
        return all(rule.is_met(each, wanted) for each in given)


@dataclass(frozen=True, slots=True)
class OperatorRule:
    """How an operator compares.

    Attributes:
        test: whether a value of the access meets one of the policy.
        is_negated: whether it holds where none is met.
        is_pattern: whether the values of the policy are patterns.
    """

    test: Test
    is_negated: bool = False
    is_pattern: bool = False

    def is_met(self, given: str, wanted: Sequence[str]) -> bool:
        """Whether a value of the access satisfies the operator."""
        return any(self.test(given, each) for each in wanted) is not self.is_negated


def read_conditions(block: JsonValue, source: str, error: type[ValueError]) -> tuple[ConditionBlock, ...]:
    """The conditions of a statement; raises `error` for what is none."""
    if not isinstance(block, dict):
        raise error(f"{source}: Condition is an object of operators")
    return tuple(
        _read(name, key, value, source, error)
        for name, keys in block.items()
        for key, value in (keys.items() if isinstance(keys, dict) else [("", None)])
    )


def _read(name: str, key: str, value: JsonValue, source: str, error: type[ValueError]) -> ConditionBlock:
    if not isinstance(name, str) or not isinstance(key, str):
        raise error(f"{source}: Condition is an object of operators, and each of these one of condition keys")
    quantifier, colon, rest = name.partition(":")
    bare = rest if colon else name
    if_exists = bare.endswith(_IF_EXISTS)
    bare = bare.removesuffix(_IF_EXISTS)
    known = next((each for each in (*OPERATORS, "Null") if each.lower() == bare.lower()), None)
    if known is None or (colon and quantifier not in _QUANTIFIERS):
        raise error(f"{source}: there is no condition operator {name!r}")
    listed = value if isinstance(value, list) else [value]
    if not key or not listed or not all(isinstance(each, str | bool | int | float) for each in listed):
        raise error(f"{source}: {name} is an object of condition keys with a text or a list of texts each")
    values = tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in listed)
    if known == "Null" and (if_exists or colon):
        raise error(f"{source}: Null stands alone, not as {name!r}")
    if known in _TRUTHS and not {each.lower() for each in values if "${" not in each} <= {"true", "false"}:
        raise error(f"{source}: {name} of {key} is true or false, not {', '.join(values)}")
    return ConditionBlock(known, key.lower(), values, quantifier if colon else "", if_exists)


def _plain(variables: Variables, value: str) -> str:
    return variables.filled(value).replace("\x00", "")


# Comparisons of values.


def _number_order(given: str, wanted: str) -> int | None:
    """-1, 0 or 1, as the first of two numbers is less, the same or more; None where they are none."""
    try:
        one, two = Decimal(given), Decimal(wanted)
        return (one > two) - (one < two)
    except InvalidOperation:
        return None


def _date_order(given: str, wanted: str) -> int | None:
    one, two = _date(given), _date(wanted)
    return None if one is None or two is None else (one > two) - (one < two)


def _date(text: str) -> datetime | None:
    """A time of ISO 8601 or in epoch seconds."""
    try:
        if text.replace(".", "", 1).isdigit():
            return datetime.fromtimestamp(float(text), UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _same_case_ignored(given: str, wanted: str) -> bool:
    return given.lower() == wanted.lower()


def _in_network(given: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _like(given: str, wanted: str) -> bool:
    return matches(wanted, given)


def _arn_like(given: str, wanted: str) -> bool:
    """Each of the six parts of an ARN matches by itself."""
    one, two = given.split(":", 5), wanted.split(":", 5)
    return len(one) == len(two) == 6 and all(map(matches, two, one))


def _ordered(name: str, order: Callable[[str, str], int | None]) -> dict[str, OperatorRule]:
    """The operators of a type whose values have an order."""

    def test(*allowed: int) -> Test:
        return lambda given, wanted: order(given, wanted) in allowed

    return {
        f"{name}Equals": OperatorRule(test(0)),
        f"{name}NotEquals": OperatorRule(test(0), is_negated=True),
        f"{name}LessThan": OperatorRule(test(-1)),
        f"{name}LessThanEquals": OperatorRule(test(-1, 0)),
        f"{name}GreaterThan": OperatorRule(test(1)),
        f"{name}GreaterThanEquals": OperatorRule(test(0, 1)),
    }


OPERATORS: dict[str, OperatorRule] = {
    "StringEquals": OperatorRule(operator.eq),
    "StringNotEquals": OperatorRule(operator.eq, is_negated=True),
    "StringEqualsIgnoreCase": OperatorRule(_same_case_ignored),
    "StringNotEqualsIgnoreCase": OperatorRule(_same_case_ignored, is_negated=True),
    "StringLike": OperatorRule(_like, is_pattern=True),
    "StringNotLike": OperatorRule(_like, is_negated=True, is_pattern=True),
    **_ordered("Numeric", _number_order),
    **_ordered("Date", _date_order),
    "Bool": OperatorRule(_same_case_ignored),
    "BinaryEquals": OperatorRule(operator.eq),
    "IpAddress": OperatorRule(_in_network),
    "NotIpAddress": OperatorRule(_in_network, is_negated=True),
    "ArnEquals": OperatorRule(_arn_like, is_pattern=True),
    "ArnLike": OperatorRule(_arn_like, is_pattern=True),
    "ArnNotEquals": OperatorRule(_arn_like, is_negated=True, is_pattern=True),
    "ArnNotLike": OperatorRule(_arn_like, is_negated=True, is_pattern=True),
}
