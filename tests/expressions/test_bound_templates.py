"""Requests that have come before are bound by a template: whatever they ask for, and whatever is wrong with them."""

from __future__ import annotations

import copy
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.errors import DynamoError, ValidationError
from minidynamo.expressions import compilation
from minidynamo.expressions.binding import bind
from minidynamo.formats.short_tables import create_table_request
from minidynamo.testing import TableSchema, requests

TABLE = create_table_request("Shop", {"key": ["owner S", "number N"], "gsi": {"by_area": {"key": ["area S"]}}})
SCHEMA = TableSchema.of(TABLE)
CALLS = st.sampled_from(
    ["PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "Scan", "TransactWriteItems", "BatchGetItem"]
).flatmap(lambda operation: requests(operation, SCHEMA).map(lambda request: (operation, request)))


def answer(database: Database, operation: str, request: dict[str, Any]) -> Any:
    try:
        return database.execute(operation, copy.deepcopy(request))
    except DynamoError as error:
        return error.code, error.message, error.members


@given(calls=st.lists(CALLS, min_size=1, max_size=12))
def test_templates_change_no_answer(calls: list[tuple[str, dict[str, Any]]]) -> None:
    """Each call is made twice here, so that the second is bound by a template, and by the long way there."""
    clock = ManualClock(1.7e9)
    with minidynamo.connect(clock=clock) as by_template, minidynamo.connect(clock=clock) as by_hand:
        for each in (by_template, by_hand):
            SCHEMA.create(each)
        for operation, request in calls:
            for _ in range(2):
                found = answer(by_template, operation, request)
                with pytest.MonkeyPatch.context() as patches:
                    patches.setattr(compilation, "_bound_again", lambda request, level: None)
                    assert answer(by_hand, operation, request) == found


UPDATE: dict[str, Any] = {"UpdateExpression": "SET #a = :v", "ExpressionAttributeNames": {"#a": "x"}}


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        (
            {
                "FilterExpression": "a BETWEEN :l AND :h",
                "ExpressionAttributeValues": {":l": {"N": "1"}, ":h": {"N": "2"}},
            },
            {"ExpressionAttributeValues": {":l": {"N": "2"}, ":h": {"N": "1"}}},
            "to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}",
        ),
        (
            {"ConditionExpression": "attribute_type(a, :t)", "ExpressionAttributeValues": {":t": {"S": "N"}}},
            {"ExpressionAttributeValues": {":t": {"S": "X"}}},
            "Invalid attribute type name found; type: X",
        ),
        (
            {**UPDATE, "ExpressionAttributeValues": {":v": {"S": "a"}}},
            {"ExpressionAttributeValues": {":v": {"N": "a"}}},
            "The parameter cannot be converted to a numeric value: a",
        ),
        (
            {**UPDATE, "ExpressionAttributeValues": {":v": {"S": "a"}}},
            {"ExpressionAttributeValues": {":v": {"S": "a"}, ":w": {"S": "a"}}},
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}",
        ),
        (
            {"UpdateExpression": "ADD a :v", "ExpressionAttributeValues": {":v": {"N": "1"}}},
            {"ExpressionAttributeValues": {":v": {"S": "1"}}},
            "Incorrect operand type for operator or function; operator: ADD, operand type: STRING",
        ),
        (
            {**UPDATE, "ExpressionAttributeValues": {":v": {"S": "a"}}},
            {"AttributesToGet": ["a"]},
            None,
        ),
    ],
)
def test_what_is_wrong_with_a_value_is_told_again(one: Any, other: Any, text: str | None) -> None:
    for _ in range(2):
        bind(one)
    for _ in range(2):
        if text is None:
            assert bind({**one, **other}).project is not None
            continue
        with pytest.raises(ValidationError) as caught:
            bind({**one, **other})
        assert text in caught.value.message
    bind(one)


def test_values_are_those_of_the_request_alone() -> None:
    """What was bound earlier keeps its values."""
    request: dict[str, Any] = {"ConditionExpression": "a = :v OR b < :n"}
    bound = [
        bind({**request, "ExpressionAttributeValues": {":v": {"S": text}, ":n": {"N": str(number)}}}).condition
        for number, text in enumerate("abc")
    ]
    found = [[keep({"a": {"S": text}, "b": {"N": "1"}}) for text in "abc"] for keep in bound if keep is not None]
    assert found == [[True, False, False], [False, True, False], [True, True, True]]


def test_templates_are_bounded() -> None:
    """In number and in size, while threads make them."""

    def make(thread: int) -> None:
        for number in range(600):
            bind({"ProjectionExpression": f"a{thread}_{number}"})

    threads = [threading.Thread(target=make, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(compilation._templates) <= compilation._TEMPLATES_MAX + len(threads)
    before = len(compilation._templates)
    names = {f"#n{number}": "x" * 1000 for number in range(20)}
    with pytest.raises(ValidationError):
        bind({"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names})
    assert len(compilation._templates) == before
