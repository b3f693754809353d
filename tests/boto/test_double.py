"""The fast path and the full one lead to the same, by example and by property."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointResolutionError, ParamValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

import minidynamo
from minidynamo import ManualClock
from minidynamo.boto.routes import state_of
from minidynamo.operations import OPERATIONS
from minidynamo.requests.operations import API, STREAM
from tests.boto.both_roads import TABLE, FailingDatabase, full_path_client, new_client
from tests.mutations import MUTATIONS, SEEDS, mutated

ITEM = {"pk": {"S": "a"}, "n": {"N": "1"}, "b": {"B": b"\x00"}, "l": {"L": [{"NULL": True}]}}
# botocore itself fails over parameters, before it has validated them or where it does not.
BOTOCORE_TRIPS = object()


def outcome(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
    """A response or an error, without what differs from call to call."""
    state_of(client)
    try:
        response = client._make_api_call(operation, dict(parameters))
    except ClientError as error:
        kinds = [each.__name__ for each in type(error).__mro__]
        return kinds, str(error), _without_call(error.response)
    except ParamValidationError as error:
        return type(error), str(error)
    except (AttributeError, KeyError, TypeError, UnicodeError, JMESPathError, EndpointResolutionError):
        return BOTOCORE_TRIPS
    return _without_call(response)


def _without_call(response: Any) -> Any:
    metadata = response["ResponseMetadata"]
    assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]
    assert len(metadata["RequestId"]) == 52
    kept = {name: value for name, value in metadata.items() if name not in ("RequestId", "HTTPHeaders")}
    return {**response, "ResponseMetadata": kept}


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("PutItem", {"TableName": "tbl", "Item": ITEM, "ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "INDEXES"}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a"}}}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "b"}}}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"N": "1"}}}),
    ("GetItem", {"TableName": "nope", "Key": {"pk": {"S": "a"}}}),
    ("Query", {"TableName": "tbl"}),
    ("Scan", {"TableName": "tbl", "Limit": 1}),
    ("DescribeTable", {"TableName": "tbl"}),
    ("DescribeTable", {"TableName": "nope"}),
    ("CreateTable", {**TABLE, "TableName": "other"}),
    ("TagResource", {"ResourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/tbl", "Tags": []}),
    ("ListTables", {}),
    ("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "t"}}),
    (
        "PutItem",
        {
            "TableName": "tbl",
            "Item": ITEM,
            "ConditionExpression": "attribute_exists(zzz)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
    ),
    (
        "TransactWriteItems",
        {
            "TransactItems": [
                {
                    "Put": {
                        "TableName": "tbl",
                        "Item": ITEM,
                        "ConditionExpression": "attribute_exists(zzz)",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                },
                {"Delete": {"TableName": "tbl", "Key": {"pk": {"S": "z"}}}},
            ]
        },
    ),
    ("BatchGetItem", {"RequestItems": {"tbl": {"Keys": [{"pk": {"S": "a"}}]}}}),
    ("BatchWriteItem", {"RequestItems": {"tbl": []}}),
]
# Requests that boto3 refuses before it sends them, and near misses.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("GetItem", {}),
    ("GetItem", {"TableName": "tbl"}),
    ("GetItem", {"TableName": "", "Key": {"pk": {"S": "a"}}}),
    ("GetItem", {"TableName": "tbl", "Key": None}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": "a"}}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a", "X": 1}}}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a", "N": None}}}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a"}}, "Nonsense": 1}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a"}}, "ConsistentRead": "true"}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "s": {"SS": {"a"}}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "b": {"B": minidynamo.Binary(b"x")}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "b": {"B": memoryview(b"x")}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "b": {"B": "text"}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "b": {"BS": [bytearray(b"x")]}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "l": {"L": ({"S": "x"},)}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "l": {"L": [{"S": "x", "dog": "cat"}]}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "m": {"M": {"x": {"NULL": 1}}}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "x": {}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"n": {"N": "bad"}, "pk": {"S": "a", "dog": 1}}}),
    ("Scan", {"TableName": "tbl", "Limit": 0}),
    ("Scan", {"TableName": "tbl", "Limit": 1.5}),
    ("Scan", {"TableName": "tbl", "Limit": True}),
    ("Scan", {"TableName": "tbl", "ExclusiveStartKey": {"pk": {"S": "a", "dog": "cat"}}}),
    ("Scan", {"TableName": "tbl", "FilterExpression": "a = :a", "ExpressionAttributeValues": {":a": {"N": 5}}}),
    ("CreateTable", {**TABLE, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "Typo": 1}}),
    ("BatchWriteItem", {"RequestItems": {"tbl": [{"PutRequest": {"Item": ITEM, "Typo": 1}}]}}),
    ("BatchWriteItem", {"RequestItems": {"tbl": [{"PutRequest": {"Item": {"pk": {"S": "x", "Y": "z"}}}}]}}),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "tbl", "Key": {"pk": {"S": "x", "Y": "z"}}}}]}),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "tbl", "Typo": {}, "Key": {"pk": {"S": "x"}}}}]}),
]


@pytest.mark.parametrize(
    ("number", "validates"),
    [(number, True) for number in range(len(CALLS + REFUSED))] + [(number, False) for number in range(len(CALLS))],
)
def test_both_roads_lead_to_the_same(database: FailingDatabase, number: int, validates: bool) -> None:
    """Answer, error class and text, members of the error, and what botocore's validation says, with it on or off."""
    operation, parameters = (CALLS + REFUSED)[number]
    database.execute("PutItem", {"TableName": "tbl", "Item": ITEM})
    twin = FailingDatabase(clock=database.clock)
    short = outcome(new_client(parameter_validation=validates), operation, parameters)
    with minidynamo.mock(twin):
        twin.execute("CreateTable", TABLE)
        twin.execute("PutItem", {"TableName": "tbl", "Item": ITEM})
        long = outcome(full_path_client(parameter_validation=validates), operation, parameters)
    if long is BOTOCORE_TRIPS:
        return
    assert short == long


MEMBER_NAMES = ["S", "N", "B", "L", "M", "SS", "pk", ":v", "x", "tbl", "Key", "Item", "TableName"]
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text("ab1", max_size=3), st.binary(max_size=3)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBER_NAMES), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
def test_any_request_ends_the_same_on_both_roads(data: st.DataObject) -> None:
    """What botocore's validation refuses is refused in its words; what it lets pass gets the service's answer."""
    operation = data.draw(st.sampled_from(sorted(OPERATIONS)))
    names = st.sampled_from([*API[operation].request.members, "Unknown"])
    parameters: dict[str, Any] = data.draw(st.dictionaries(names, anything, max_size=4))
    if "TableName" in API[operation].request.members:
        parameters["TableName"] = "tbl"
    for name in ("Key", "Item"):
        if name in API[operation].request.members and data.draw(st.booleans()):
            parameters[name] = {"pk": {"S": "a"}, **data.draw(st.dictionaries(st.just("x"), anything, max_size=1))}
    check_both_roads(operation, parameters)


@given(seed=st.sampled_from(SEEDS), mutations=MUTATIONS)
def test_mutated_requests_end_the_same_on_both_roads(seed: Any, mutations: Any) -> None:
    check_mutation(seed, mutations)


@pytest.mark.long
@settings(max_examples=2_000)
@given(seed=st.sampled_from(SEEDS), mutations=MUTATIONS)
def test_many_mutated_requests_end_the_same_on_both_roads(seed: Any, mutations: Any) -> None:
    check_mutation(seed, mutations)


def check_mutation(seed: Any, mutations: Any) -> None:
    operation, request = seed
    parameters = mutated(request, mutations)
    if isinstance(parameters, dict) and all(isinstance(name, str) for name in parameters):
        check_both_roads(operation, parameters)


def check_both_roads(operation: str, parameters: dict[str, Any]) -> None:
    """Requires the same of the fast path and the full one, each on a database of its own."""
    found = []
    for client in SHORT_AND_LONG[API[operation].subject == STREAM]:
        database = minidynamo.connect(clock=ManualClock())
        database.execute("CreateTable", TABLE)
        with minidynamo.mock(database):
            found.append(outcome(client, operation, parameters))
            database.check()
    assert found[1] is BOTOCORE_TRIPS or found[0] == found[1]


with minidynamo.mock():
    SHORT_AND_LONG = {
        is_streams: (new_client(service), full_path_client(service))
        for is_streams, service in ((False, "dynamodb"), (True, "dynamodbstreams"))
    }
