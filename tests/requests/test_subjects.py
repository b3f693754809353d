"""What requests touch, well-formed or not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.requests.subjects import actions_of, attributes_of, items_of, parts_of, tables_of

KEY = {"pk": {"S": "a"}}
OTHER = {"pk": {"S": "b"}, "n": {"N": "1"}}
PUT = {"TableName": "t", "Item": OTHER, "ConditionExpression": "#x.y = :v", "ExpressionAttributeNames": {"#x": "deep"}}
REQUESTS: list[tuple[dict[str, Any], list[str], list[Any], list[str]]] = [
    ({"TableName": "t", "Key": KEY}, ["t"], [KEY], ["pk"]),
    (PUT, ["t"], [OTHER], ["pk", "n", "deep"]),
    (
        {
            "TableName": "t",
            "IndexName": "i",
            "KeyConditionExpression": "a = :a AND b > :b",
            "FilterExpression": "c > d",
        },
        ["t"],
        [],
        ["c", "d", "a", "b"],
    ),
    (
        {"TableName": "t", "Key": KEY, "UpdateExpression": "SET a = b + :x REMOVE c[1].d ADD e :y"},
        ["t"],
        [KEY],
        ["pk", "a", "b", "c", "e"],
    ),
    (
        {"TableName": "t", "Expected": {"x": {}}, "AttributesToGet": ["y"], "ScanFilter": {"z": {}}},
        ["t"],
        [],
        ["x", "z", "y"],
    ),
    ({"RequestItems": {"t": {"Keys": [KEY, OTHER]}, "u": {"Keys": [KEY]}}}, ["t", "u"], [KEY, OTHER, KEY], ["pk", "n"]),
    (
        {"RequestItems": {"t": [{"PutRequest": {"Item": OTHER}}, {"DeleteRequest": {"Key": KEY}}]}},
        ["t"],
        [OTHER, KEY],
        ["pk", "n"],
    ),
    ({"TransactItems": [{"Put": PUT}, {"Delete": {"TableName": "u", "Key": KEY}}]}, ["t", "u"], [OTHER, KEY], []),
    ({"RequestItems": {"t": []}}, ["t"], [], []),
    ({"Limit": 1}, [], [], []),
]


@pytest.mark.parametrize(("request_", "tables", "items", "attributes"), REQUESTS)
def test_what_requests_touch(
    request_: dict[str, Any], tables: list[str], items: list[Any], attributes: list[str]
) -> None:
    """Tables and items of single requests, batches and transactions; attributes of every parameter that has any."""
    assert tables_of(request_) == tables
    assert items_of(request_) == items
    assert not attributes or attributes_of(request_) == attributes


def test_items_are_the_requests_own() -> None:
    """Who wants to change a request may do so through its parts."""
    request = {"TransactItems": [{"Put": {"TableName": "t", "Item": dict(OTHER)}}]}
    assert items_of(request)[0] is request["TransactItems"][0]["Put"]["Item"]
    assert [part.table for part in actions_of(request)] == ["t"]
    assert actions_of({"TableName": "t", "Key": KEY}) == []


def test_the_index_is_named() -> None:
    """A part says which index it reads."""
    assert parts_of({"TableName": "t", "IndexName": "i"})[0].index_name == "i"
    assert parts_of({"TableName": "t", "IndexName": 1})[0].index_name is None


JUNK = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.sampled_from(["a = :b", "((", "SET a = b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["t", "Key", "Item", "Keys", "Put", "TableName", "PutRequest"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)
MEMBERS = st.sampled_from(
    ["TableName", "Key", "Item", "RequestItems", "TransactItems", "ConditionExpression", "ExpressionAttributeNames",
     "Expected", "AttributesToGet", "IndexName", "UpdateExpression"]
)  # fmt: skip


@given(st.dictionaries(MEMBERS, JUNK, max_size=5) | JUNK)
def test_malformed_requests_raise_nothing(request: Any) -> None:
    """Whatever stands in a request: names are texts, items are dicts."""
    assert all(isinstance(name, str) for name in tables_of(request))
    assert all(isinstance(item, dict) for item in items_of(request))
    assert all(isinstance(name, str) for name in attributes_of(request))


@pytest.mark.parametrize("name", [5, ["a"], None])
def test_malformed_names_are_left_out(name: Any) -> None:
    """A placeholder stands for itself where its name is none."""
    names = {"ExpressionAttributeNames": {"#a": name, "#b": "b"}}
    request = {"TableName": "t", "ProjectionExpression": "#a, #b", **names, "Expected": {7: {}}}
    assert attributes_of(request) == ["#a", "b"]
