"""Key ranges: a range of key bytes holds exactly the keys that satisfy the clauses; segments divide all of them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.errors import ValidationError
from minidynamo.expressions.key_condition import KeyClause
from minidynamo.expressions.syntax import Literal
from minidynamo.schema.key_schema import KeySchema
from minidynamo.tables.key_range import key_range, segment_range

ELEMENTS = [
    {"AttributeName": "pk", "KeyType": "HASH"},
    {"AttributeName": "sk", "KeyType": "RANGE"},
    {"AttributeName": "tk", "KeyType": "RANGE"},
]


def schema_of(names: int, **types: str) -> KeySchema:
    return KeySchema.of(ELEMENTS[:names], {"pk": "S", "sk": "N", "tk": "S", **types})


def clause(name: str, sign: str, *operands: dict[str, Any]) -> KeyClause:
    return KeyClause(name, sign, tuple(Literal(each) for each in operands))


PK = clause("pk", "=", {"S": "a"})
COMPARE: dict[str, Callable[..., bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "BETWEEN": lambda value, low, high: low <= value <= high,
    "begins_with": lambda value, prefix: value.startswith(prefix),
}


def holds(schema: KeySchema, clauses: list[KeyClause], item: dict[str, Any]) -> bool:
    found = key_range(schema, clauses)
    return found.start <= schema.key_bytes(item) < found.stop


@given(
    sign=st.sampled_from(["=", "<", "<=", ">", ">=", "BETWEEN"]),
    numbers=st.lists(st.integers(-300, 300), min_size=3, max_size=3),
    exponent=st.integers(-3, 3),
)
def test_a_range_of_numbers_holds_what_satisfies_it(sign: str, numbers: list[int], exponent: int) -> None:
    value, *operands = [Decimal(each).scaleb(exponent).normalize() for each in numbers]
    operands = sorted(operands)[: 2 if sign == "BETWEEN" else 1]
    sort = clause("sk", sign, *({"N": f"{each:f}"} for each in operands))
    item = {"pk": {"S": "a"}, "sk": {"N": f"{value:f}"}}
    assert holds(schema_of(2), [PK, sort], item) is COMPARE[sign](value, *operands)
    assert not holds(schema_of(2), [PK, sort], {**item, "pk": {"S": "b"}})


@given(
    sign=st.sampled_from(sorted(COMPARE)),
    texts=st.lists(st.text(alphabet="a\x00\x01\uffff\U0001f600", min_size=1, max_size=3), min_size=3, max_size=3),
)
def test_a_range_of_strings_holds_what_satisfies_it(sign: str, texts: list[str]) -> None:
    """In the order of their UTF-8."""
    value, *operands = [each.encode() for each in texts]
    operands = sorted(operands)[: 2 if sign == "BETWEEN" else 1]
    sort = clause("sk", sign, *({"S": each.decode()} for each in operands))
    item = {"pk": {"S": "a"}, "sk": {"S": value.decode()}}
    assert holds(schema_of(2, sk="S"), [PK, sort], item) is COMPARE[sign](value, *operands)


def test_the_partition_key_alone_is_the_whole_collection() -> None:
    schema = schema_of(2)
    found = key_range(schema, [PK])
    assert found.start == found.prefix == schema.partition_prefix({"pk": {"S": "a"}})
    for number in ("-9e100", "0", "9e100"):
        canonical = f"{Decimal(number):f}"
        assert holds(schema, [PK], {"pk": {"S": "a"}, "sk": {"N": canonical}})


def test_several_sort_keys_narrow_it_from_the_left() -> None:
    schema = schema_of(3)
    clauses = [PK, clause("sk", "=", {"N": "1"}), clause("tk", "begins_with", {"S": "x"})]
    item = {"pk": {"S": "a"}, "sk": {"N": "1"}, "tk": {"S": "xy"}}
    assert holds(schema, clauses, item)
    assert not holds(schema, clauses, {**item, "sk": {"N": "2"}})
    assert not holds(schema, clauses, {**item, "tk": {"S": "y"}})


@pytest.mark.parametrize(
    ("names", "clauses", "fault"),
    [
        (2, [clause("sk", "=", {"N": "1"})], "missed key schema element: pk"),
        (2, [clause("pk", "<", {"S": "a"})], "Query key condition not supported"),
        (1, [PK, clause("sk", "=", {"N": "1"})], "Query key condition not supported"),
        (2, [PK, clause("x", "=", {"N": "1"})], "missed key schema element: sk"),
        (2, [PK, clause("sk", "=", {"S": "1"})], "type does not match schema type"),
        (2, [clause("pk", "=", {"S": ""})], "empty string value"),
        (2, [clause("pk", "=", {"S": "x" * 2_049})], "has exceeded the maximum size limit"),
        (3, [PK, clause("sk", "<", {"N": "1"}), clause("tk", "=", {"S": "x"})], "must have equality conditions"),
        (3, [PK, clause("tk", "=", {"S": "x"})], "RANGE key attributes sk must have equality conditions"),
        (2, [PK, clause("sk", "=", {"N": "1"}), clause("x", "=", {"S": "x"})], r"\(3\) exceeds the number .* \(2\)"),
    ],
)
def test_unfit_clauses_are_refused(names: int, clauses: list[KeyClause], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        key_range(schema_of(names), clauses)


@given(st.integers(1, 1_000_000), st.binary(min_size=8, max_size=12))
def test_a_key_lies_in_one_segment(total: int, key: bytes) -> None:
    segment = int.from_bytes(key[:8], "big") * total >> 64
    start, stop = segment_range(segment, total)
    assert start <= key and (stop is None or key < stop)


def test_a_share_that_is_no_whole_number_is_rounded_up() -> None:
    assert segment_range(1, 3) == (bytes.fromhex("5555555555555556"), bytes.fromhex("aaaaaaaaaaaaaaab"))


@pytest.mark.parametrize("total", [1, 2, 3, 7, 1_000])
def test_segments_follow_one_another(total: int) -> None:
    ranges = [segment_range(each, total) for each in range(total)]
    assert ranges[0][0] == bytes(8)
    assert ranges[-1][1] is None
    assert [stop for _, stop in ranges[:-1]] == [start for start, _ in ranges[1:]]
