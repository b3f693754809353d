"""Values, requests and schedules: what is drawn is valid, or invalid as it says, and shrinks to little."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from minidynamo import Fault, FaultSchedule
from minidynamo.simulation import KINDS
from minidynamo.testing import (
    attribute_values,
    condition_expressions,
    items,
    keys,
    numbers,
    queries,
    requests,
    transactions,
    update_expressions,
)
from tests.testing.kit_tables import SCHEMA, TEMPLATE, is_refused, minimal, quick

OPERATIONS = (
    *("PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
    *("BatchGetItem", "BatchWriteItem", "TransactWriteItems", "TransactGetItems"),
)


@given(numbers())
def test_numbers_are_taken_exactly(number: str) -> None:
    database = TEMPLATE.fork()
    item = {"pk": {"S": "a"}, "sk": {"N": "1"}, "n": {"N": number}}
    database.execute("PutItem", {"TableName": "tbl", "Item": item})
    found = database.execute("GetItem", {"TableName": "tbl", "Key": {"pk": item["pk"], "sk": item["sk"]}})
    assert Decimal(found["Item"]["n"]["N"]) == Decimal(number)


@given(st.sampled_from(["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"]), st.data())
def test_values_are_of_the_types_asked_for(tag: str, data: Any) -> None:
    assert list(data.draw(attribute_values(tag))) == [tag]


def test_there_are_no_values_of_other_types() -> None:
    with pytest.raises(ValueError, match="there is no type X"):
        attribute_values("X")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_requests_are_valid(operation: str) -> None:
    database = TEMPLATE.fork()

    @given(items(SCHEMA), requests(operation, SCHEMA))
    @quick
    def is_accepted(item: Any, request: Any) -> None:
        is_refused(database, "PutItem", {"TableName": "tbl", "Item": item})
        assert not is_refused(database, operation, request)

    is_accepted()
    database.check()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_requests_with_a_fault_are_refused(operation: str) -> None:
    database, seen = TEMPLATE.fork(), set()

    @given(requests(operation, SCHEMA, invalid=True))
    @quick
    def is_refused_as_said(drawn: Any) -> None:
        seen.add(drawn.fault)
        assert is_refused(database, operation, drawn.request), drawn.fault

    is_refused_as_said()
    assert len(seen) >= 3
    assert database.execute("Scan", {"TableName": "tbl"})["Count"] == 0


def test_there_are_no_requests_of_other_operations() -> None:
    with pytest.raises(ValueError, match="no requests are drawn of 'CreateTable': there are PutItem"):
        requests("CreateTable", SCHEMA)


@pytest.mark.parametrize(
    ("strategy", "is_wanted", "expected"),
    [
        (numbers(), lambda drawn: True, "0"),
        (keys(SCHEMA), lambda drawn: True, {"pk": {"S": "a"}, "sk": {"N": "0"}}),
        (items(SCHEMA), lambda drawn: "n" in drawn, {"pk": {"S": "a"}, "sk": {"N": "0"}, "n": {"N": "0"}}),
        (condition_expressions(SCHEMA), lambda drawn: True, "attribute_exists(#pk)"),
        (update_expressions(SCHEMA), lambda drawn: True, "SET #g = :0x"),
        (queries(SCHEMA), lambda drawn: True, "#pk = :pk"),
        (transactions(SCHEMA), lambda drawn: True, ["ConditionCheck"]),
    ],
)
def test_what_is_drawn_shrinks_to_little(strategy: Any, is_wanted: Callable[[Any], bool], expected: Any) -> None:
    found = find(strategy, is_wanted, settings=minimal)
    shown = found
    if isinstance(expected, str) and not isinstance(found, str):
        shown = found.text if hasattr(found, "text") else found["KeyConditionExpression"]
    elif isinstance(expected, list):
        shown = [next(iter(entry)) for entry in found["TransactItems"]]
    assert shown == expected


def test_the_printed_schedule_can_be_run_again() -> None:
    schedule = FaultSchedule([Fault(kind, 2, 7) for kind in KINDS if kind != "capacity"])
    assert eval(repr(schedule)) == schedule
