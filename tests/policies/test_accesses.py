"""What requests need access to, request by request.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB".
"""

from __future__ import annotations

from typing import Any

import pytest

from minidynamo.policies.accesses import TableFacts, accesses_of
from minidynamo.requests.operations import API

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/"
STREAM = f"{ARN}Shop/stream/2026-11-26T00:00:00.000"


def facts_of(name: str) -> TableFacts:
    keys = {None: ("id",), "by_owner": ("owner", "area")}
    return TableFacts(f"{ARN}{name.removeprefix(ARN)}", "123456789012", keys, {"Team": "blue"})


def needed(operation: str, **request: Any) -> list[tuple[str, str]]:
    return [
        (each.action.removeprefix("dynamodb:"), each.resource.removeprefix(ARN))
        for each in accesses_of(operation, request, facts_of)
    ]


def keys(operation: str, **request: Any) -> dict[str, Any]:
    """The condition keys of the one access, without the prefix of the service."""
    (access,) = accesses_of(operation, request, facts_of)
    return {name.removeprefix("dynamodb:"): list(values) for name, values in access.context.items()}


ID = {"id": {"S": "1"}}
SELECT = {"Statement": "SELECT a, b.c FROM Shop WHERE id = ? AND d = 1", "Parameters": [{"S": "1"}]}


@pytest.mark.parametrize(
    ("operation", "request_", "found"),
    [
        ("GetItem", {"TableName": "Shop", "Key": ID}, [("GetItem", "Shop")]),
        ("PutItem", {"TableName": ARN + "Shop", "Item": ID}, [("PutItem", "Shop")]),
        ("Query", {"TableName": "Shop", "IndexName": "by_owner"}, [("Query", "Shop/index/by_owner")]),
        ("Scan", {"TableName": "Shop"}, [("Scan", "Shop")]),
        (
            "BatchGetItem",
            {"RequestItems": {"Shop": {"Keys": [ID, ID]}, "Other": {"Keys": [ID]}}},
            [("BatchGetItem", "Shop"), ("BatchGetItem", "Other")],
        ),
        (
            "BatchWriteItem",
            {"RequestItems": {"Shop": [{"PutRequest": {"Item": ID}}, {"DeleteRequest": {"Key": ID}}]}},
            [("BatchWriteItem", "Shop")],
        ),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "Shop", "Key": ID}}]}, [("GetItem", "Shop")]),
        (
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"TableName": "Shop", "Item": ID}},
                    {"Update": {"TableName": "Shop", "Key": ID}},
                    {"Delete": {"TableName": "Other", "Key": ID}},
                    {"ConditionCheck": {"TableName": "Other", "Key": ID}},
                ]
            },
            [("PutItem", "Shop"), ("UpdateItem", "Shop"), ("DeleteItem", "Other"), ("ConditionCheckItem", "Other")],
        ),
        ("ExecuteStatement", SELECT, [("PartiQLSelect", "Shop")]),
        ("ExecuteStatement", {"Statement": "SELECT * FROM Shop.by_owner"}, [("PartiQLSelect", "Shop/index/by_owner")]),
        (
            "BatchExecuteStatement",
            {
                "Statements": [
                    {"Statement": "INSERT INTO Shop VALUE {'id': '1'}"},
                    {"Statement": "UPDATE Shop SET a = 1 WHERE id = '2'"},
                    {"Statement": "DELETE FROM Other WHERE id = '2'"},
                ]
            },
            [("PartiQLInsert", "Shop"), ("PartiQLUpdate", "Shop"), ("PartiQLDelete", "Other")],
        ),
        (
            "ExecuteTransaction",
            {"TransactStatements": [{"Statement": "EXISTS(SELECT * FROM Shop WHERE id = '1' AND a = 1)"}]},
            [("PartiQLSelect", "Shop")],
        ),
        ("CreateTable", {"TableName": "Shop"}, [("CreateTable", "Shop")]),
        (
            "CreateTable",
            {"TableName": "Shop", "Tags": [{"Key": "a", "Value": "b"}], "ResourcePolicy": "{}"},
            [("CreateTable", "Shop"), ("TagResource", "Shop"), ("PutResourcePolicy", "Shop")],
        ),
        ("TagResource", {"ResourceArn": ARN + "Shop"}, [("TagResource", "Shop")]),
        ("ListTables", {}, [("ListTables", "*")]),
        ("DescribeLimits", {}, [("DescribeLimits", "*")]),
        ("ListStreams", {"TableName": "Shop"}, [("ListStreams", "*")]),
        ("DescribeStream", {"StreamArn": STREAM}, [("DescribeStream", STREAM.removeprefix(ARN))]),
        ("GetRecords", {"ShardIterator": f"{STREAM}|1|abc"}, [("GetRecords", STREAM.removeprefix(ARN))]),
        ("CreateBackup", {}, [("CreateBackup", "*")]),
    ],
)
def test_actions_and_resources(operation: str, request_: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert needed(operation, **request_) == found


def test_keys_of_single_items() -> None:
    """Leading keys, attributes in items, keys and expressions, what is selected and returned."""
    found = keys(
        "UpdateItem",
        TableName="Shop",
        Key={"id": {"N": "1.50"}},
        UpdateExpression="SET #a.x = :v REMOVE b",
        ConditionExpression="attribute_exists(c)",
        ExpressionAttributeNames={"#a": "alpha"},
        ExpressionAttributeValues={":v": {"S": "x"}},
        ReturnValues="ALL_NEW",
    )
    assert found["leadingkeys"] == ["1.5"]
    assert sorted(found["attributes"]) == ["alpha", "b", "c", "id"]
    assert found["returnvalues"] == ["ALL_NEW"]
    assert found["returnconsumedcapacity"] == ["NONE"]
    assert found["aws:resourcetag/team"] == ["blue"]
    assert "select" not in found and "enclosingoperation" not in found
    read = keys("GetItem", TableName="Shop", Key={"id": {"B": b"\x00\x01"}}, ProjectionExpression="a, b")
    assert (read["leadingkeys"], read["select"]) == (["AAE="], ["SPECIFIC_ATTRIBUTES"])
    assert keys("GetItem", TableName="Shop", Key=ID)["select"] == ["ALL_ATTRIBUTES"]


def test_keys_of_pages() -> None:
    """Those of a query by its key condition, of an index by the index's; a scan names none."""
    condition = {
        "KeyConditionExpression": "#o = :o AND area = :z",
        "ExpressionAttributeNames": {"#o": "owner"},
        "ExpressionAttributeValues": {":o": {"S": "ann"}, ":z": {"S": "eu"}},
    }
    found = keys("Query", TableName="Shop", IndexName="by_owner", **condition)
    assert found["leadingkeys"] == found["firstpartitionkeyvalues"] == ["ann"]
    assert found["secondpartitionkeyvalues"] == ["eu"]
    assert found["select"] == ["ALL_PROJECTED_ATTRIBUTES"]
    assert keys("Query", TableName="Shop", Select="COUNT", **condition)["select"] == ["COUNT"]
    scan = keys("Scan", TableName="Shop", FilterExpression="a = b")
    assert "leadingkeys" not in scan and sorted(scan["attributes"]) == ["a", "b"]


def test_keys_of_statements() -> None:
    found = keys("ExecuteStatement", **SELECT)
    assert found["leadingkeys"] == ["1"] and found["fulltablescan"] == ["false"]
    assert sorted(found["attributes"]) == ["a", "b", "d", "id"] and found["select"] == ["SPECIFIC_ATTRIBUTES"]
    chosen = keys("ExecuteStatement", Statement="SELECT * FROM Shop WHERE id IN ['1', '2']")
    assert chosen["leadingkeys"] == ["1", "2"] and chosen["fulltablescan"] == ["false"]
    branches = keys("ExecuteStatement", Statement="SELECT * FROM Shop WHERE id = '1' OR id = '2' AND a = 1")
    assert branches["leadingkeys"] == ["1", "2"]
    whole = keys("ExecuteStatement", Statement="SELECT * FROM Shop WHERE id = '1' OR a = 1")
    assert "leadingkeys" not in whole and whole["fulltablescan"] == ["true"]
    put = keys("ExecuteStatement", Statement="INSERT INTO Shop VALUE {'id': '7', 'a': 1}")
    assert put["leadingkeys"] == ["7"] and sorted(put["attributes"]) == ["a", "id"]


def test_keys_of_several() -> None:
    """A batch names the keys of all its parts; a transaction says what encloses its actions."""
    batch = keys("BatchGetItem", RequestItems={"Shop": {"Keys": [ID, {"id": {"S": "2"}}]}})
    assert batch["leadingkeys"] == ["1", "2"] and batch["select"] == ["ALL_ATTRIBUTES"]
    action = {"ConditionCheck": {"TableName": "Shop", "Key": ID, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}
    check = keys("TransactWriteItems", TransactItems=[action])
    assert check["enclosingoperation"] == ["TransactWriteItems"] and check["returnvalues"] == ["ALL_OLD"]


def test_tags() -> None:
    created = accesses_of("CreateTable", {"TableName": "Shop", "Tags": [{"Key": "Cost", "Value": "x"}]}, facts_of)[0]
    assert created.context["aws:requesttag/cost"] == ["x"] and created.context["aws:tagkeys"] == ["Cost"]
    (removed,) = accesses_of("UntagResource", {"ResourceArn": ARN + "Shop", "TagKeys": ["a"]}, facts_of)
    assert removed.context["aws:tagkeys"] == ["a"]


@pytest.mark.parametrize("operation", sorted(API))
def test_malformed_requests_need_something(operation: str) -> None:
    """Or nothing, where they name nothing; they are never the reason of an error of their own."""
    for request in ({}, {"TableName": 5}, {"RequestItems": 5}, {"TransactItems": [5]}, {"Statement": "SELECT"}):
        for access in accesses_of(operation, request, facts_of):
            assert access.action.startswith("dynamodb:")
