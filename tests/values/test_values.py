"""Attribute values, numbers, records and key bytes, against independent calculations."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.errors import DynamoError, SerializationError, ValidationError
from minidynamo.testing.reference import item_size, number_size
from minidynamo.values.attribute_value import checked_item, checked_value, value_size_bytes
from minidynamo.values.key_bytes import after, encoded_binary, encoded_number, encoded_string, token
from minidynamo.values.numbers import add_numbers, canonical_number, number_size_bytes, subtract_numbers
from minidynamo.values.records import fresh_copy, packed_record, record_item, record_size_bytes
from tests.strategies import binaries, items, number_literals, numbers, texts


def deep_normal(value: Any) -> Any:
    """A value with numbers as Decimals and sets as sets, to compare by meaning."""
    ((tag, payload),) = value.items()
    if tag == "N":
        return tag, Decimal(payload)
    if tag in ("SS", "BS"):
        return tag, frozenset(payload)
    if tag == "NS":
        return tag, frozenset(map(Decimal, payload))
    if tag == "L":
        return tag, [deep_normal(member) for member in payload]
    if tag == "M":
        return tag, {name: deep_normal(member) for name, member in payload.items()}
    return tag, payload


@given(items)
def test_records_keep_every_value(item: Any) -> None:
    """What goes into a record comes out equal in meaning, with the size of the slow calculation."""
    normal, size = checked_item(item)
    record = packed_record(normal, size)
    assert record_item(record) == normal
    assert record_size_bytes(record) == size == item_size(normal)
    assert {name: deep_normal(value) for name, value in normal.items()} == {
        name: deep_normal(value) for name, value in item.items()
    }


@given(items)
def test_checking_is_idempotent_and_leaves_its_argument_alone(item: Any) -> None:
    """A normal item is returned as the same object; the argument is never changed."""
    before = repr(item)
    normal, size = checked_item(item)
    assert repr(item) == before
    again, size_again = checked_item(normal)
    assert again is normal
    assert size_again == size


@given(items)
def test_fresh_copies_share_nothing(item: Any) -> None:
    """Changing a copy leaves the original alone."""
    normal, _ = checked_item(item)
    before = repr(normal)
    copy = fresh_copy(normal)
    for value in copy.values():
        for payload in value.values():
            if isinstance(payload, list | dict):
                payload.clear()
    assert repr(normal) == before


@given(number_literals())
def test_canonical_numbers_keep_their_value(literal: str) -> None:
    """The canonical text has the same value, no exponent and no superfluous zeros."""
    canonical = canonical_number(literal)
    assert Decimal(canonical) == Decimal(literal)
    assert canonical == format(Decimal(canonical).normalize(Context(prec=60)), "f")
    assert canonical_number(canonical) == canonical


@given(numbers)
def test_number_sizes_match_the_slow_calculation(literal: str) -> None:
    """The size of a number is that of its digits on each side of the point."""
    assert number_size_bytes(canonical_number(literal)) == number_size(literal)


@given(numbers, numbers)
def test_number_keys_are_ordered_by_value(one: str, two: str) -> None:
    """Bytes compare as the numbers do, over all magnitudes, signs and exponents."""
    left, right = canonical_number(one), canonical_number(two)
    by_bytes = (encoded_number(left) > encoded_number(right)) - (encoded_number(left) < encoded_number(right))
    assert by_bytes == (Decimal(left) > Decimal(right)) - (Decimal(left) < Decimal(right))


@given(texts, texts)
def test_string_keys_are_ordered_by_utf8(one: str, two: str) -> None:
    """Bytes compare as the UTF-8 bytes of the strings do."""
    assert (encoded_string(one) < encoded_string(two)) == (one.encode() < two.encode())
    assert (encoded_string(one) == encoded_string(two)) == (one == two)


@given(binaries, binaries)
def test_binary_keys_are_ordered_by_unsigned_bytes(one: bytes, two: bytes) -> None:
    """Bytes compare as the binaries do, a prefix first."""
    assert (encoded_binary(one) < encoded_binary(two)) == (one < two)


@given(st.lists(texts, min_size=2, max_size=4), st.lists(texts, min_size=2, max_size=4))
def test_no_encoded_key_runs_into_the_next_part(one: list[str], two: list[str]) -> None:
    """Keys of several parts are ordered part by part."""
    left, right = (b"".join(map(encoded_string, parts)) for parts in (one, two))
    if len(one) == len(two):
        expected = [each.encode() for each in one] < [each.encode() for each in two]
        assert (left < right) == expected


@given(st.binary(min_size=1, max_size=6), st.binary(max_size=6))
def test_after_is_the_end_of_a_prefix(prefix: bytes, rest: bytes) -> None:
    """Everything that begins with a prefix lies before `after(prefix)`, nothing else greater does."""
    if set(prefix) == {255} and set(rest) <= {255}:
        return  # Stands for the end of the key space.
    assert prefix + rest < after(prefix)
    assert not after(prefix).startswith(prefix) or set(prefix) == {255}


def test_tokens_are_eight_bytes_of_the_key_alone() -> None:
    """Equal keys have equal tokens; the token never changes between versions, since files depend on it."""
    assert token(encoded_string("a")).hex() == "a6fcdd6fd6277c27"
    assert token(encoded_number("1")) == token(encoded_number(canonical_number("1.0")))


@pytest.mark.parametrize(
    ("left", "right", "total"),
    [("1", "2", "3"), ("0.1", "0.2", "0.3"), ("1e125", "-1e125", "0"), ("99", "1", "100"), ("-5", "5", "0")],
)
def test_sums_are_exact(left: str, right: str, total: str) -> None:
    """Addition and subtraction are decimal and exact."""
    one, two = canonical_number(left), canonical_number(right)
    assert add_numbers(one, two) == total
    assert subtract_numbers(total, two) == one


@pytest.mark.parametrize(("left", "right"), [("1e50", "1"), ("9e125", "9e125"), ("1e125", "1e-130")])
def test_sums_that_cannot_be_stored_overflow(left: str, right: str) -> None:
    """Too many digits are an overflow too."""
    with pytest.raises(ValidationError, match="Number overflow"):
        add_numbers(canonical_number(left), canonical_number(right))


def test_binary_payloads_of_every_kind_are_bytes() -> None:
    """bytes, bytearray, memoryview, text and Binary are accepted."""

    class Binary:
        value = b"ab"

    for payload in (b"ab", bytearray(b"ab"), memoryview(b"ab"), "ab", Binary()):
        assert checked_value({"B": payload}) == ({"B": b"ab"}, 2)


class Named(str):
    """Text that prints as something else, as the members of a `(str, Enum)` do."""

    def __str__(self) -> str:
        return "a name"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"S": Named("dark")}, {"S": "dark"}),
        ({"N": Named("7")}, {"N": "7"}),
        ({"SS": [Named("dark")]}, {"SS": ["dark"]}),
        ({"NS": [Named("7")]}, {"NS": ["7"]}),
    ],
)
def test_text_of_a_subclass_is_stored_as_plain_text(given: Any, stored: Any) -> None:
    value, _ = checked_value(given)
    (payload,) = value.values()
    kept = payload if isinstance(payload, list) else [payload]
    assert value == stored
    assert [type(each) for each in kept] == [str]


def test_half_of_a_surrogate_pair_is_refused() -> None:
    """A string that is not valid Unicode cannot be stored."""
    with pytest.raises(SerializationError):
        checked_item({"pk": {"S": "\ud800"}})


def test_absurd_nesting_is_refused_without_exhausting_the_stack() -> None:
    """200,000 levels are an error response."""
    value: Any = {"S": "x"}
    for _ in range(200_000):
        value = {"L": [value]}
    with pytest.raises(DynamoError, match="Nesting Levels"):
        checked_item({"pk": {"S": "a"}, "x": value})
    while "L" in value:  # Taken apart by hand, since Python's own deallocation would recurse.
        value = value["L"].pop()


@given(items)
def test_value_sizes_add_up_to_the_item(item: Any) -> None:
    """The size of an item is that of its names and values."""
    normal, size = checked_item(item)
    assert size == sum(len(name.encode()) + value_size_bytes(value) for name, value in normal.items())
