"""Requests out of all proportion, and Python values that JSON does not have: an error response, never a traceback.

Source: wire protocol, "Parsing must survive absurd nesting"; SerializationException texts.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database, DynamoError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.operations import OPERATIONS
from minidynamo.requests.operations import API


@pytest.fixture
def table(database: Database) -> Database:
    database.execute("CreateTable", create_table_request("tbl", {"key": ["pk S"]}))
    return database


VALUE: Any = {":v": {"N": "1"}}
DEEP_EXPRESSIONS = {
    "not": "NOT " * 299 + "a <> :v",
    "and": "(a=:v AND " * 145 + "a=:v" + ")" * 145,
    "or not": "(a=:v OR NOT " * 90 + "a=:v" + ")" * 90,
    "parentheses": "(" * 2000 + "a=:v" + ")" * 2000,
    "open parentheses": "(" * 4000,
    "size": "size(" * 500 + "a" + ")" * 500 + "=:v",
    "contains": "contains(" * 300 + "a" + ",a)" * 300,
    "unknown": "f(" * 1000 + "a" + ")" * 1000,
}


@pytest.mark.parametrize("name", DEEP_EXPRESSIONS)
def test_no_expression_nests_too_deep(table: Database, name: str) -> None:
    """It is answered or refused."""
    request = {"TableName": "tbl", "FilterExpression": DEEP_EXPRESSIONS[name], "ExpressionAttributeValues": VALUE}
    try:
        assert table.execute("Scan", request)["Count"] == 0
    except DynamoError as error:
        assert error.message.startswith("Invalid FilterExpression: ")


def test_a_deep_update_is_carried_out(table: Database) -> None:
    """As deep as 4 KB of text allow."""
    expression = "SET a=" + "if_not_exists(b," * 239 + ":v" + ")" * 239
    update = {"UpdateExpression": expression, "ExpressionAttributeValues": VALUE, "ReturnValues": "UPDATED_NEW"}
    response = table.execute("UpdateItem", {"TableName": "tbl", "Key": {"pk": {"S": "a"}}, **update})
    assert response["Attributes"] == {"a": {"N": "1"}}


STRANGE: list[Any] = [
    5,
    None,
    [1],
    {5: {"S": "x"}},
    {None: {"S": "x"}},
    {"pk": None},
    {"pk": {"S": None}},
    {"pk": {"S": "\ud800"}},
    {"\ud800": {"S": "x"}},
    {"pk": {"S": "a"}, "x": {"SS": {"a"}}},
    {"pk": {"S": "a"}, "x": {"SS": "abc"}},
    {"pk": {"S": "a"}, "x": {"SS": ["a", 5]}},
    {"pk": {"S": "a"}, "x": {"NS": [5]}},
    {"pk": {"S": "a"}, "x": {"BS": [5]}},
    {"pk": {"S": "a"}, "x": {"B": 5}},
    {"pk": {"S": "a"}, "x": {"B": "\ud800"}},
    {"pk": {"S": "a"}, "x": {"BS": ["\ud800"]}},
    {"pk": {"S": "a"}, "x": {"M": {5: {"S": "x"}}}},
    {"pk": {"S": "a"}, "x": {"M": [1]}},
    {"pk": {"S": "a"}, "x": {"L": [None]}},
    {"pk": {"S": "a"}, "x": {"L": ["a"]}},
    {"pk": {"S": "a"}, "x": "bare"},
    {"pk": {"S": "a"}, "x": object()},
    {"pk": {"S": "a"}, "x": {"S": object()}},
]


PLACES = [("PutItem", "Item"), ("GetItem", "Key"), ("Scan", "ExclusiveStartKey")]


@pytest.mark.parametrize("strange", STRANGE, ids=map(str, range(len(STRANGE))))
@pytest.mark.parametrize(("operation", "member"), PLACES)
def test_strange_values_are_refused(table: Database, operation: str, member: str, strange: Any) -> None:
    """With an error of the service, wherever they stand."""
    if operation == "Scan" and strange is None:
        return  # Absent.
    with pytest.raises(DynamoError):
        table.execute(operation, {"TableName": "tbl", member: strange})


@pytest.mark.parametrize("limit", [10**30, float("nan"), float("inf"), 2**31, "5", True, [], {}])
def test_strange_limits_are_refused(table: Database, limit: Any) -> None:
    """They are no 32-bit integers."""
    with pytest.raises(DynamoError) as caught:
        table.execute("Scan", {"TableName": "tbl", "Limit": limit})
    assert caught.value.code == "SerializationException"


HALF = "\ud800"
HALVES: list[tuple[str, dict[str, Any]]] = [
    ("CreateTable", create_table_request("new", {"key": [f"{HALF} S"]})),
    ("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": HALF}}),
    (
        "TransactWriteItems",
        {"ClientRequestToken": HALF, "TransactItems": [{"Delete": {"TableName": "tbl", "Key": {"pk": {"S": "a"}}}}]},
    ),
]


@pytest.mark.parametrize(("operation", "request_"), HALVES, ids=[operation for operation, _ in HALVES])
def test_half_a_surrogate_pair_is_stored_nowhere(table: Database, operation: str, request_: dict[str, Any]) -> None:
    """Not in names, settings or tokens either."""
    with pytest.raises(DynamoError, match="half of a surrogate pair"):
        table.execute(operation, request_)
    assert table.execute("ListTables", {})["TableNames"] == ["tbl"]


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


UNKNOWN: list[Any] = [2**64, -(2**70), 1e400, nested(600), {"S": nested(600)}]
UNKNOWN += [{1: 2}, 1j, range(3), object(), {1, 2}, b"x"]


@pytest.mark.parametrize("unknown", UNKNOWN, ids=map(str, range(len(UNKNOWN))))
def test_unknown_members_make_no_difference_to_a_token(table: Database, unknown: Any) -> None:
    """They neither fail nor make another request of it, whatever they are and wherever they stand."""
    value: Any = {"M": {"a": {"L": [{"S": "x"}, {"B": b"y"}]}}}
    put: Any = {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "v": value}}
    request: Any = {"ClientRequestToken": "t", "TransactItems": [{"Put": put}]}
    assert table.execute("TransactWriteItems", request) == {}
    value["M"]["a"]["L"][0]["X"] = put["Item"]["pk"]["Y"] = value["Z"] = unknown
    put["Unknown"] = request["TransactItems"][0]["Other"] = request["More"] = unknown
    assert table.execute("TransactWriteItems", request) == {}
    assert table.execute("TransactWriteItems", {**request, "ClientRequestToken": "u"}) == {}
    put["Item"]["v"] = {"S": "x"}
    with pytest.raises(DynamoError) as raised:
        table.execute("TransactWriteItems", request)
    assert raised.value.code == "IdempotentParameterMismatchException"


MEMBER_NAMES = ["S", "N", "B", "L", "M", "SS", "pk", ":v", "#n", "x", "tbl"]
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.binary(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(MEMBER_NAMES), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_request_ends_in_a_traceback(data: Any) -> None:
    """Any operation, its members filled with anything; on a simulated database as well."""
    plain = minidynamo.connect()
    plain.execute("CreateTable", create_table_request("tbl", {"key": ["pk S"]}))
    seed = data.draw(st.none() | st.integers(0, 9))
    database = plain if seed is None else minidynamo.simulate(plain, seed=seed, profile="stormy")
    operation = data.draw(st.sampled_from(sorted(OPERATIONS)))
    members = sorted(API[operation].request.members)
    request = data.draw(st.dictionaries(st.sampled_from([*members, "Unknown"]), anything, max_size=4))
    if "TableName" in members and data.draw(st.booleans()):
        request["TableName"] = "tbl"
    try:
        database.execute(operation, request)
    except DynamoError as error:
        assert error.code != "InternalServerError" or database is not plain
    database.check()


def test_a_batch_get_leaves_over_what_exceeds_16_megabytes(table: Database) -> None:
    """With the settings of its table, so that it can be sent again as it is."""
    for number in range(50):
        item = {"pk": {"S": f"{number:02d}"}, "x": {"S": "y" * 399_000}}
        table.execute("PutItem", {"TableName": "tbl", "Item": item})
    keys = [{"pk": {"S": f"{number:02d}"}} for number in range(50)]
    request: Any = {"tbl": {"Keys": keys, "ProjectionExpression": "pk"}}
    seen: list[str] = []
    for _ in range(3):
        response = table.execute("BatchGetItem", {"RequestItems": request})
        seen += [item["pk"]["S"] for item in response["Responses"]["tbl"]]
        request = response["UnprocessedKeys"]
        if not request:
            break
        assert request["tbl"]["ProjectionExpression"] == "pk"
    assert seen == [f"{number:02d}" for number in range(50)]
