"""Python values to attribute values and back, exactly as boto3's resource layer does it.

str is S; int and Decimal are N; bool BOOL; None NULL; bytes, bytearray and Binary B; list and tuple L; mappings M;
sets of one kind SS, NS or BS. float is refused. Source: boto3's documented type mapping for DynamoDB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from decimal import Clamped, Context, Decimal, DecimalException, Inexact, Overflow, Rounded, Underflow
from typing import Any, TypeGuard

from minidynamo.values.api_types import PythonValue
from minidynamo.values.attribute_value import AttributeValue, Item

NUMBER_CONTEXT = Context(Emin=-128, Emax=126, prec=38, traps=[Clamped, Overflow, Inexact, Rounded, Underflow])
# What is wrong with a number that this context traps; the first class that fits says it.
_TRAPPED = {
    Overflow: "a number is too large: DynamoDB's go up to 9.9999999999999999999999999999999999999E+125",
    Underflow: "a number is too close to 0: DynamoDB's begin at 1E-130. Round it",
    Clamped: "a number is too close to 0: DynamoDB's begin at 1E-130. Round it",
    DecimalException: "a number has more than 38 digits, zeros at its end included, and DynamoDB keeps 38: round it, "
    "or write it as Decimal('1E+40')",
}


class Binary:
    """A binary value as the Table resource returns it. Equal to its bytes and to boto3's `Binary`.

    Parameters:
        value: bytes or bytearray.
    """

    def __init__(self, value: bytes | bytearray) -> None:
        if not isinstance(value, bytes | bytearray):
            raise TypeError(f"Value must be of the following types: {bytes}, {bytearray}.")
        self.value = value

    def __eq__(self, other: object) -> bool:
        other_value = getattr(other, "value", other)
        return bool(self.value == other_value)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        return f"Binary({self.value!r})"

    def __str__(self) -> str:
        return str(self.value)

    def __bytes__(self) -> bytes:
        return bytes(self.value)

    def __hash__(self) -> int:
        return hash(bytes(self.value))


def to_attribute_value(value: PythonValue) -> AttributeValue:
    """The attribute value of a Python value.

    Raises:
        TypeError: a float, an infinite or undefined Decimal, or a type that DynamoDB does not know.
        decimal.Inexact, decimal.Rounded: a number of more than 38 digits; further classes of decimal where it is too
            large or too small. They are those of boto3, with words.
    """
    if isinstance(value, str):
        return {"S": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if _is_number(value):
        return {"N": _number_text(value)}
    if _is_binary(value):
        return {"B": _binary_bytes(value)}
    if isinstance(value, Mapping):
        return {"M": {name: to_attribute_value(member) for name, member in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [to_attribute_value(member) for member in value]}
    if isinstance(value, Set):
        return _set_value(value)
    raise _unsupported(value)


def from_attribute_value(value: AttributeValue) -> PythonValue:
    """The Python value of an attribute value: N as Decimal, B as Binary, sets as set."""
    ((tag, payload),) = value.items()
    if tag == "S" or tag == "BOOL":
        return payload
    return _FROM[tag](payload)


def to_item(values: Mapping[str, PythonValue]) -> Item:
    """The item of a mapping of Python values."""
    return {name: to_attribute_value(value) for name, value in values.items()}


def from_item(item: Mapping[str, AttributeValue]) -> dict[str, PythonValue]:
    """A dict of Python values, from an item."""
    return {name: from_attribute_value(value) for name, value in item.items()}


_FROM: dict[str, Callable[[Any], PythonValue]] = {
    "N": Decimal,
    "B": Binary,
    "NULL": lambda _: None,
    "SS": set,
    "NS": lambda payload: {Decimal(member) for member in payload},
    "BS": lambda payload: {Binary(member) for member in payload},
    "L": lambda payload: [from_attribute_value(member) for member in payload],
    "M": lambda payload: {name: from_attribute_value(member) for name, member in payload.items()},
}


def _set_value(members: Set[PythonValue]) -> AttributeValue:
    # boto3 reads an empty set as a number set, which the service then refuses.
    if all(_is_number(member) for member in members):
        return {"NS": [_number_text(member) for member in members]}
    if all(isinstance(member, str) for member in members):
        return {"SS": list(members)}
    if all(_is_binary(member) for member in members):
        return {"BS": [_binary_bytes(member) for member in members]}
    raise _unsupported(members)


def _is_number(value: object) -> TypeGuard[int | Decimal]:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | Decimal):
        return True
    if isinstance(value, float):
        raise TypeError("Float types are not supported. Use Decimal types instead.")
    return False


def _number_text(value: int | Decimal) -> str:
    try:
        text = str(NUMBER_CONTEXT.create_decimal(value))
    except DecimalException as error:
        raise type(error)(next(text for kind, text in _TRAPPED.items() if isinstance(error, kind))) from None
    if text in ("Infinity", "-Infinity", "NaN", "-NaN", "sNaN", "-sNaN"):
        raise TypeError("Infinity and NaN not supported")
    return text


def _is_binary(value: object) -> bool:
    if isinstance(value, bytes | bytearray | Binary):
        return True
    # boto3's own Binary, without importing boto3.
    return type(value).__name__ == "Binary" and isinstance(getattr(value, "value", None), bytes | bytearray)


def _binary_bytes(value: PythonValue) -> bytes:
    return bytes(value.value if hasattr(value, "value") else value)


def _unsupported(value: object) -> TypeError:
    return TypeError(f'Unsupported type "{type(value)}" for value "{value}"')
