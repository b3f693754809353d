"""Requests that try to pass for others, and policies that do not say what was meant."""

from __future__ import annotations

import json
from typing import Any

import pytest

import minidynamo
import minidynamo.testing
from minidynamo import Database
from minidynamo.errors import AccessDenied
from minidynamo.formats.short_tables import create_table_request
from minidynamo.policies.unknown_names import PolicyWarning
from tests.database.test_principals import ANN, ARN, key, policy, shop

__all__ = ["shop"]  # A fixture.


MINE = policy("*", resource="*", Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["ann"]}})
COLUMNS = policy(
    "*",
    resource="*",
    Condition={
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["owner", "number", "open", "zone"]},
        "StringEqualsIfExists": {
            "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
            "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"],
        },
    },
)
BOBS = {"owner": {"S": "bob"}, "number": {"N": "1"}}
GET = {"TableName": "Shop", "Key": BOBS}


@pytest.mark.parametrize(
    ("document", "operation", "request_"),
    [
        (MINE, "GetItem", {**GET, "Key": {**BOBS, "owner": {"S": "bob", "N": None}}}),
        (MINE, "GetItem", {**GET, "Key": {**BOBS, "owner": {"S": "bob", "X": "1"}}}),
        (MINE, "TransactGetItems", {"TransactItems": [{"Get": {**GET, "Item": key("ann")}}]}),
        (MINE, "TransactGetItems", {"TransactItems": [{"Get": {**GET, "IndexName": "by_zone"}}]}),
        (MINE, "TransactWriteItems", {"TransactItems": [{"Delete": {**GET, "Item": None}}]}),
        (MINE, "BatchWriteItem", {"RequestItems": {"Shop": [{"DeleteRequest": {"Key": BOBS, "Item": key("ann")}}]}}),
        (
            MINE,
            "Query",
            {
                "TableName": "Shop",
                "KeyConditions": {
                    "owner": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "bob"}, None]},
                    "zz": None,
                },
            },
        ),
        (
            MINE,
            "Query",
            {
                "TableName": "Shop",
                "KeyConditions": None,
                "KeyConditionExpression": "#o = :o",
                "ExpressionAttributeNames": {"#o": "owner"},
                "ExpressionAttributeValues": {":o": {"S": "bob"}},
            },
        ),
        ({"Version": "2012-10-17", "Statement": []}, "ExecuteStatement", {"Statement": "SELECT * FROM Shop"}),
        (COLUMNS, "GetItem", {**GET, "ProjectionExpression": None}),
        (COLUMNS, "GetItem", {**GET, "AttributesToGet": None}),
        (COLUMNS, "TransactGetItems", {"TransactItems": [{"Get": {**GET, "Select": "SPECIFIC_ATTRIBUTES"}}]}),
        (COLUMNS, "BatchGetItem", {"RequestItems": {"Shop": {"Keys": [BOBS], "Select": "SPECIFIC_ATTRIBUTES"}}}),
        (
            COLUMNS,
            "ExecuteStatement",
            {"Statement": "UPDATE Shop SET \"open\" = true WHERE owner = 'bob' AND number = 1 RETURNING ALL OLD *"},
        ),
        (
            COLUMNS,
            "ExecuteStatement",
            {"Statement": "DELETE FROM Shop WHERE owner = 'bob' AND number = 1 RETURNING ALL OLD *"},
        ),
        (COLUMNS, "ExecuteStatement", {"Statement": "SELECT owner FROM Shop WHERE owner = 'bob' ORDER BY secret"}),
    ],
)
@pytest.mark.parametrize("has_null", [False, True])
def test_what_the_operation_does_not_look_at_sways_nobody(
    shop: Database, document: Any, operation: str, request_: Any, has_null: bool
) -> None:
    """Members that are null or unknown, and parameters that no statement takes."""
    policies = [] if document["Statement"] == [] else [document]
    request_ = {**request_, "Parameters": [{"S": "x"}, None]} if has_null and "Statement" in request_ else request_
    before = shop.client().scan(TableName="Shop")["Items"]
    with pytest.raises(AccessDenied):
        shop.as_principal(policies, arn=ANN).execute(operation, request_)
    assert shop.client().scan(TableName="Shop")["Items"] == before


def test_a_stream_is_judged_by_its_own_name(shop: Database) -> None:
    arns = []
    for name in ("One", "Two"):
        stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
        table = {**create_table_request(name, {"key": ["id S"]}), "StreamSpecification": stream}
        arns.append(shop.execute("CreateTable", table)["TableDescription"]["LatestStreamArn"])
    one = shop.as_principal(policy("*", resource=arns[0]), arn=ANN)
    assert one.execute("DescribeStream", {"StreamArn": arns[0], "ShardIterator": arns[1]})["StreamDescription"]
    with pytest.raises(AccessDenied):
        one.execute("DescribeStream", {"StreamArn": arns[1], "ShardIterator": f"{arns[0]}|1|x"})


@pytest.mark.parametrize("text", ["1", "1.0", "1e0", "01", "+1", "10e-1"])
def test_numbers_are_judged_by_their_value(database: Database, text: str) -> None:
    database.execute("CreateTable", create_table_request("Rows", {"key": ["id N"]}))
    denial = policy("*", resource="*", Condition={"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": ["1"]}})
    denial["Statement"]["Effect"] = "Deny"
    ann = database.as_principal([policy("*", resource="*"), denial], arn=ANN)
    with pytest.raises(AccessDenied):
        ann.execute("GetItem", {"TableName": "Rows", "Key": {"id": {"N": text}}})
    assert (
        ann.execute("GetItem", {"TableName": "Rows", "Key": {"id": {"N": f"2{text}"}}}) == {}
        if text[0] != "+"
        else True
    )


def test_a_batch_with_a_null_statement(shop: Database) -> None:
    ann = shop.as_principal(policy("PartiQLInsert"), arn=ANN)
    insert = {"Statement": "INSERT INTO Shop VALUE {'owner': 'new', 'number': 1}"}
    response = ann.execute("BatchExecuteStatement", {"Statements": [insert, None]})
    assert response == {"Responses": [{"TableName": "Shop"}]}


def test_what_shuts_out_is_judged_as_the_caller_calls(shop: Database) -> None:
    """By the time and the region of the call that puts the policy."""
    ann = shop.as_principal(policy("*", resource="*"), arn=ANN)

    def put(operator: str, name: str, value: str) -> None:
        statement = {
            "Effect": "Deny",
            "Principal": {"AWS": ANN},
            "Action": "dynamodb:PutResourcePolicy",
            "Resource": ARN,
            "Condition": {operator: {name: value}},
        }
        document = {"Version": "2012-10-17", "Statement": [statement]}
        ann.execute("PutResourcePolicy", {"ResourceArn": ARN, "Policy": json.dumps(document)})

    for denies in (
        ("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"),
        ("StringEquals", "aws:RequestedRegion", "us-east-1"),
    ):
        with pytest.raises(AccessDenied, match="will not allow you to update the resource policy in the future"):
            put(*denies)
    put("StringNotEquals", "aws:RequestedRegion", "us-east-1")


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (policy("GetItems"), "policy 1: DynamoDB has no action dynamodb:getitems: did you mean GetItem?"),
        (policy("Nothing"), "policy 1: DynamoDB has no action dynamodb:nothing"),
        (policy("GetItem", resource="Shop"), "policy 1: a resource is * or an ARN, not 'Shop'"),
        ({"Statement": {"Effect": "Allow", "Action": "GetItem", "Resource": "*"}}, "not 'getitem'"),
        (
            policy("GetItem", Condition={"StringEquals": {"dynamodb:LeadingKey": "a"}}),
            "policy 1: DynamoDB has no condition key dynamodb:leadingkey: did you mean LeadingKeys?",
        ),
    ],
)
def test_names_that_there_are_not_are_warned_of(database: Database, document: Any, text: str) -> None:
    with pytest.warns(PolicyWarning) as caught:
        database.as_principal(document)
    assert str(caught[0].message).endswith(text)
    assert caught[0].filename == __file__


def test_tags_of_a_principal(shop: Database) -> None:
    document = policy("GetItem", Condition={"StringEquals": {"dynamodb:LeadingKeys": "${aws:PrincipalTag/owner}"}})
    ann = shop.as_principal(document, tags={"owner": "ann"})
    assert ann.execute("GetItem", {"TableName": "Shop", "Key": key("ann")})["Item"]
    with pytest.raises(AccessDenied):
        ann.execute("GetItem", {"TableName": "Shop", "Key": key("bob")})
    with pytest.raises(TypeError, match="tags takes texts by name"):
        shop.as_principal(document, tags=["owner"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="tags takes texts by name"):
        shop.as_principal(document, tags={"owner": 5})  # type: ignore[dict-item]


def test_what_was_denied_and_why_is_logged(shop: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "minidynamo.policies")
    with pytest.raises(AccessDenied):
        shop.as_principal([], arn=ANN).execute("GetItem", {"TableName": "Shop", "Key": key("bob")})
    (record,) = caplog.records
    assert "'dynamodb:leadingkeys': ['bob']" in record.message


def test_another_account_makes_no_table_here(database: Database) -> None:
    eve = database.as_principal(policy("*", resource="*"), arn="arn:aws:iam::111122223333:user/eve")
    with pytest.raises(AccessDenied, match="of the account 123456789012, and of no other: 111122223333"):
        eve.execute("CreateTable", create_table_request("Mine", {"key": ["id S"]}))


def test_the_smallest_policy_outlives_a_stream() -> None:
    database = minidynamo.connect()
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    table = {**create_table_request("Shop", {"key": ["id S"]}), "StreamSpecification": stream}
    arn = database.execute("CreateTable", table)["TableDescription"]["LatestStreamArn"]
    with minidynamo.testing.recording(database) as history:
        database.execute("DescribeStream", {"StreamArn": arn})
    assert f'"{ARN}/stream/*"' in database.least_privilege(history.calls)
