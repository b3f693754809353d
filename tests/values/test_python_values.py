"""Conversion between Python values and attribute values, against boto3's own."""

from __future__ import annotations

from decimal import Decimal, DecimalException, Rounded
from typing import Any

import pytest
from boto3.dynamodb.types import Binary as Boto3Binary
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from minidynamo import Binary
from minidynamo.values.attribute_value import checked_value
from minidynamo.values.python_values import from_attribute_value, to_attribute_value
from tests.strategies import values

pythons = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**37), 10**37),
        st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9),
        st.text(max_size=5),
        st.binary(max_size=5),
        st.frozensets(st.text(max_size=3), max_size=3),
        st.frozensets(st.integers(), max_size=3).filter(lambda each: all(abs(n) < 10**37 for n in each)),
        st.frozensets(st.binary(max_size=3), max_size=3),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3), st.tuples(inner)
    ),
    max_leaves=8,
)


@given(pythons)
def test_values_become_what_boto3_makes_of_them(value: Any) -> None:
    """Every Python value is serialised exactly as by boto3."""
    assert to_attribute_value(value) == TypeSerializer().serialize(value)


@given(values)
def test_attribute_values_become_what_boto3_makes_of_them(value: Any) -> None:
    """Every attribute value is deserialised exactly as by boto3."""
    normal, _ = checked_value(value)
    try:
        expected = TypeDeserializer().deserialize(normal)
    except Rounded:
        return  # boto3 cannot read a number with trailing zeros beyond 38 digits, which the service stores.
    assert from_attribute_value(normal) == expected


REFUSED = [1.5, [1.5], {"a": 1.5}, {1.5}, Decimal("NaN"), Decimal("Infinity"), object(), {1, "a"}]


@pytest.mark.parametrize("value", REFUSED)
def test_what_boto3_refuses_is_refused_in_its_words(value: Any) -> None:
    """TypeError with boto3's message."""
    with pytest.raises(TypeError) as theirs:
        TypeSerializer().serialize(value)
    with pytest.raises(TypeError) as ours:
        to_attribute_value(value)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10**40, "a number has more than 38 digits, zeros at its end included"),
        (10**40 + 1, "a number has more than 38 digits"),
        ({Decimal("1." + "1" * 39)}, "a number has more than 38 digits"),
        (Decimal("1E+200"), "a number is too large: DynamoDB's go up to 9.99"),
        (10**4000, "a number is too large"),
        (Decimal("1E-200"), "a number is too close to 0: DynamoDB's begin at 1E-130"),
        (Decimal("0E-200"), "a number is too close to 0"),
    ],
)
def test_numbers_that_the_context_traps_are_refused_in_words(value: Any, text: str) -> None:
    """By boto3's own classes, so that what was written for it goes on working."""
    with pytest.raises(DecimalException) as theirs:
        TypeSerializer().serialize(value)
    with pytest.raises(DecimalException) as ours:
        to_attribute_value(value)
    assert type(ours.value) is type(theirs.value)
    assert text in str(ours.value) and "\n" not in str(ours.value)


def test_a_number_of_38_digits_has_a_way_to_be_written() -> None:
    """The one that the error names."""
    assert to_attribute_value(Decimal("1E+40")) == {"N": "1E+40"}


def test_binary_equals_its_bytes_and_boto3s() -> None:
    """Binary values of either kind are equal, hash alike and are accepted."""
    assert Binary(b"a") == b"a" == Boto3Binary(b"a")
    assert Binary(b"a") == Boto3Binary(b"a")
    assert Binary(b"a") != Binary(b"b")
    assert {Binary(b"a")} == {b"a"}
    assert bytes(Binary(b"a")) == b"a"
    assert to_attribute_value(Boto3Binary(b"a")) == {"B": b"a"}
    with pytest.raises(TypeError):
        Binary("a")  # type: ignore[arg-type]
