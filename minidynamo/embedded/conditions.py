"""Conditions of the Table resource: `Key` and `Attr`, which read like boto3's, and the builder of expressions.

The builder takes boto3's own condition objects as well: all it needs of one is `get_expression()`.
Source: boto3 documentation, "DynamoDB conditions".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeGuard

from minidynamo.values.api_types import PythonValue

_ATTRIBUTE_NAME = re.compile(r"[^.\[\]]+(?![^\[]*\])")

ConditionParts = dict[str, Any]
"""What a condition is made of: `format`, `operator`, `values`."""

Operand = PythonValue
"""What stands in a condition: an attribute, a condition or a plain value."""


class ConditionLike(Protocol):
    """A condition of ours or of boto3's."""

    def get_expression(self) -> ConditionParts:
        """The condition's parts: operator, format and operands, as boto3 gives them."""
        ...


class AttributeBase:
    """A named attribute that conditions can be made of."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.name == self.name

    def __hash__(self) -> int:
        return hash((type(self), self.name))

    def eq(self, value: PythonValue) -> Condition:
        """The attribute equals the value."""
        return Condition("=", "{0} {operator} {1}", (self, value))

    def lt(self, value: PythonValue) -> Condition:
        """The attribute is less than the value."""
        return Condition("<", "{0} {operator} {1}", (self, value))

    def lte(self, value: PythonValue) -> Condition:
        """The attribute is less than or equal to the value."""
        return Condition("<=", "{0} {operator} {1}", (self, value))

    def gt(self, value: PythonValue) -> Condition:
        """The attribute is greater than the value."""
        return Condition(">", "{0} {operator} {1}", (self, value))

    def gte(self, value: PythonValue) -> Condition:
        """The attribute is greater than or equal to the value."""
        return Condition(">=", "{0} {operator} {1}", (self, value))

    def begins_with(self, value: PythonValue) -> Condition:
        """The attribute begins with the value."""
        return Condition("begins_with", "{operator}({0}, {1})", (self, value))

    def between(self, low_value: Any, high_value: PythonValue) -> Condition:
        """The attribute lies between two values, both included."""
        return Condition("BETWEEN", "{0} {operator} {1} AND {2}", (self, low_value, high_value))


class Key(AttributeBase):
    """A key attribute, for KeyConditionExpression: `Key("pk").eq("a") & Key("sk").begins_with("b")`."""


class Attr(AttributeBase):
    """Any attribute or document path, for conditions and filters: `Attr("a.b[0]").exists()`."""

    def ne(self, value: PythonValue) -> Condition:
        """The attribute differs from the value."""
        return Condition("<>", "{0} {operator} {1}", (self, value))

    def is_in(self, value: Iterable[PythonValue]) -> Condition:
        """The attribute equals one of the values."""
        return Condition("IN", "{0} {operator} {1}", (self, value))

    def exists(self) -> Condition:
        """The attribute exists."""
        return Condition("attribute_exists", "{operator}({0})", (self,))

    def not_exists(self) -> Condition:
        """The attribute does not exist."""
        return Condition("attribute_not_exists", "{operator}({0})", (self,))

    def contains(self, value: PythonValue) -> Condition:
        """The attribute contains the value."""
        return Condition("contains", "{operator}({0}, {1})", (self, value))

    def size(self) -> Size:
        """The size of the attribute, to be compared."""
        return Size(self)

    def attribute_type(self, value: str) -> Condition:
        """The attribute has the type, such as "S"."""
        return Condition("attribute_type", "{operator}({0}, {1})", (self, value))


class Condition:
    """A condition; combined by `&`, `|` and `~`.

    Parameters:
        operator: its operator or function.
        form: how it is written, with places for the operator and the values.
        values: attributes, conditions and plain values.
    """

    def __init__(self, operator: str, form: str, values: tuple[Operand, ...]) -> None:
        self._operator = operator
        self._form = form
        self._values = values

    def get_expression(self) -> ConditionParts:
        """The parts of the condition, as boto3's conditions give them."""
        return {"format": self._form, "operator": self._operator, "values": self._values}

    def __and__(self, other: ConditionLike) -> Condition:
        _require_condition(other, "AND")
        return Condition("AND", "({0} {operator} {1})", (self, other))

    def __or__(self, other: ConditionLike) -> Condition:
        _require_condition(other, "OR")
        return Condition("OR", "({0} {operator} {1})", (self, other))

    def __invert__(self) -> Condition:
        return Condition("NOT", "({operator} {0})", (self,))

    def __eq__(self, other: object) -> bool:
        return is_condition(other) and other.get_expression() == self.get_expression()

    def __hash__(self) -> int:
        return hash((self._operator, self._form))

    def __repr__(self) -> str:
        return f"Condition({self._operator!r}, {', '.join(map(repr, self._values))})"


class Size(Condition, AttributeBase):
    """The size of an attribute: `Attr("a").size().gt(3)`."""

    def __init__(self, attribute: Attr) -> None:
        Condition.__init__(self, "size", "{operator}({0})", (attribute,))
        self.name = attribute.name


def is_condition(value: object) -> TypeGuard[ConditionLike]:
    """Whether a value is a condition of ours or of boto3's."""
    return hasattr(value, "get_expression")


def _require_condition(value: object, operator: str) -> None:
    if not is_condition(value):
        raise TypeError(f"{operator} joins conditions, not {type(value).__name__}")


@dataclass
class ExpressionBuilder:
    """Builds the expressions of one request from condition objects, numbering placeholders through all of them.

    Attributes:
        names: ExpressionAttributeNames so far.
        values: ExpressionAttributeValues so far, as Python values.
    """

    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, PythonValue] = field(default_factory=dict)

    def build(self, condition: ConditionLike) -> str:
        """The expression of a condition."""
        parts = condition.get_expression()
        in_list = parts["operator"] == "IN"
        first, *others = parts["values"]
        placeholders = [self._operand(first)]
        placeholders += [self._in_list(each) if in_list else self._operand(each) for each in others]
        return str(parts["format"].format(*placeholders, operator=parts["operator"]))

    def _operand(self, value: Operand) -> str:
        if is_condition(value):
            return self.build(value)
        if isinstance(value, AttributeBase) or _is_boto3_attribute(value):
            return _ATTRIBUTE_NAME.sub(self._name_placeholder, value.name)
        return self._value_placeholder(value)

    def _in_list(self, choices: Iterable[PythonValue]) -> str:
        return f"({', '.join(map(self._operand, choices))})"

    def _name_placeholder(self, match: re.Match[str]) -> str:
        placeholder = f"#n{len(self.names)}"
        self.names[placeholder] = match.group()
        return placeholder

    def _value_placeholder(self, value: PythonValue) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = value
        return placeholder


def _is_boto3_attribute(value: object) -> bool:
    return type(value).__module__ == "boto3.dynamodb.conditions" and hasattr(value, "name")
