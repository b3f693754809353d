"""A database as a principal sees it: application code under the policies it will have."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.errors import AccessDenied, DynamoError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.testing import TableSchema, recording, requests, statements

TABLE = create_table_request(
    "Shop",
    {
        "key": ["owner S", "number N"],
        "gsi": {"by_zone": {"key": ["area S"]}},
        "lsi": {"by_w": {"key": ["owner S", "w S"]}},
    },
)
SCHEMA = TableSchema.of(TABLE)
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Shop"
OWN: dict[str, Any] = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
ANN = "arn:aws:iam::123456789012:user/ann"


def policy(*actions: str, resource: Any = ARN, **members: Any) -> dict[str, Any]:
    named = [f"dynamodb:{each}" for each in actions]
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": named, "Resource": resource, **members}}


def key(owner: str, number: int = 1) -> dict[str, Any]:
    return {"owner": {"S": owner}, "number": {"N": str(number)}}


@pytest.fixture
def shop(database: Database) -> Database:
    database.execute("CreateTable", TABLE)
    for owner in ("ann", "bob"):
        database.execute(
            "PutItem", {"TableName": "Shop", "Item": {**key(owner), "secret": {"S": "x"}, "open": {"BOOL": True}}}
        )
    return database


def test_nothing_is_allowed_without_a_policy(shop: Database) -> None:
    """The words are the service's, whether there is such a table or not."""
    nobody = shop.as_principal(arn=ANN)
    for name in ("Shop", "Nothing"):
        with pytest.raises(AccessDenied) as caught:
            nobody.execute("GetItem", {"TableName": name, "Key": key("ann")})
        assert caught.value.message == (
            f"User: {ANN} is not authorized to perform: dynamodb:GetItem on resource: {ARN.removesuffix('Shop')}{name} "
            "because no identity-based policy allows the dynamodb:GetItem action"
        )


def test_rows_of_ones_own(shop: Database) -> None:
    """By whatever operation. Source: DynamoDB Developer Guide, "Fine-grained access control"."""
    actions = ("GetItem", "PutItem", "Query", "BatchGetItem", "PartiQLSelect", "PartiQLUpdate")
    ann = shop.as_principal(policy(*actions, Condition=OWN), arn=ANN).client()
    ann.put_item(TableName="Shop", Item=key("ann", 2))
    assert "Item" in ann.get_item(TableName="Shop", Key=key("ann"))
    query = {"TableName": "Shop", "KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"}}
    assert ann.query(**query, ExpressionAttributeValues={":o": {"S": "ann"}})["Count"] == 2
    text = "SELECT * FROM Shop WHERE owner = ?"
    assert len(ann.execute_statement(Statement=text, Parameters=[{"S": "ann"}])["Items"]) == 2
    ann.transact_get_items(TransactItems=[{"Get": {"TableName": "Shop", "Key": key("ann")}}])
    for refused in (
        lambda: ann.get_item(TableName="Shop", Key=key("bob")),
        lambda: ann.put_item(TableName="Shop", Item=key("bob", 2)),
        lambda: ann.query(**query, ExpressionAttributeValues={":o": {"S": "bob"}}),
        lambda: ann.scan(TableName="Shop"),
        lambda: ann.batch_get_item(RequestItems={"Shop": {"Keys": [key("ann"), key("bob")]}}),
        lambda: ann.execute_statement(Statement=text, Parameters=[{"S": "bob"}]),
        lambda: ann.execute_statement(Statement="UPDATE Shop SET a = 1 WHERE owner = 'bob' AND \"number\" = 1"),
        lambda: ann.transact_get_items(TransactItems=[{"Get": {"TableName": "Shop", "Key": key("bob")}}]),
    ):
        with pytest.raises(ann.exceptions.ClientError) as caught:
            refused()
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert shop.client().get_item(TableName="Shop", Key=key("bob"))["Item"]["secret"] == {"S": "x"}


@pytest.mark.parametrize(
    "where",
    [
        "'bob' = owner AND \"number\" = 1 AND secret = 'y'",
        "\"number\" = 1 AND (owner = 'bob' AND secret = 'y')",
        "owner = 'bob' AND \"number\" = 1 AND owner = 'ann'",
    ],
)
def test_a_key_is_judged_as_it_is_used(shop: Database, where: str) -> None:
    """However it is written: what a failed condition would show is of the item that is written."""
    ann = shop.as_principal(policy("PartiQLUpdate", Condition=OWN), arn=ANN)
    shown = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    with pytest.raises(AccessDenied):
        ann.execute("ExecuteStatement", {"Statement": f"UPDATE Shop SET a = 1 WHERE {where}", **shown})


@pytest.mark.parametrize(
    "more",
    [
        {"Statement": "SELECT * FROM Shop WHERE owner = 'ann'"},
        {"RequestItems": {"Shop": {"Keys": [key("ann")]}}},
        {"TransactItems": [{"Get": {"TableName": "Shop", "Key": key("ann")}}]},
    ],
)
def test_members_that_the_operation_does_not_have_count_for_nothing(shop: Database, more: dict[str, Any]) -> None:
    """The service ignores them, and judges what is carried out."""
    ann = shop.as_principal(policy("GetItem", "PartiQLSelect", Condition=OWN), arn=ANN)
    with pytest.raises(AccessDenied, match="dynamodb:GetItem"):
        ann.execute("GetItem", {"TableName": "Shop", "Key": key("bob"), **more})


def test_columns(shop: Database) -> None:
    """A read without a projection asks for more than is allowed."""
    columns = {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["owner", "number", "open"]},
        "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
    }
    reader = shop.as_principal(policy("GetItem", Condition=columns)).client()
    names = {"#n": "number", "#o": "open"}
    request = {"TableName": "Shop", "Key": key("ann"), "ExpressionAttributeNames": names}
    assert reader.get_item(**request, ProjectionExpression="#n, #o")["Item"].keys() == {"number", "open"}
    for more in ({"TableName": "Shop", "Key": key("ann")}, {**request, "ProjectionExpression": "#n, #o, secret"}):
        with pytest.raises(ClientError, match="not authorized to perform: dynamodb:GetItem"):
            reader.get_item(**more)


def test_statements_of_a_batch_are_judged_one_by_one(shop: Database) -> None:
    """A transaction as a whole."""
    ann = shop.as_principal(policy("PartiQLInsert", "PartiQLSelect", Condition=OWN), arn=ANN).client()
    inserts = [{"Statement": f"INSERT INTO Shop VALUE {{'owner': '{each}', 'number': 7}}"} for each in ("bob", "ann")]
    denied, done = ann.batch_execute_statement(Statements=inserts)["Responses"]
    assert (denied["TableName"], denied["Error"]["Code"]) == ("Shop", "AccessDenied")
    assert done == {"TableName": "Shop"}
    with pytest.raises(ClientError, match="not authorized to perform: dynamodb:PartiQLInsert"):
        ann.execute_transaction(TransactStatements=[inserts[0]])
    numbers = {(item["owner"]["S"], item["number"]["N"]) for item in shop.client().scan(TableName="Shop")["Items"]}
    assert numbers == {("ann", "1"), ("ann", "7"), ("bob", "1")}


def test_statements_without_scans(shop: Database) -> None:
    document = policy("PartiQLSelect", resource="*")
    document["Statement"] = [
        document["Statement"],
        {
            "Effect": "Deny",
            "Action": "dynamodb:PartiQLSelect",
            "Resource": "*",
            "Condition": {"Bool": {"dynamodb:FullTableScan": "true"}},
        },
    ]
    reader = shop.as_principal(document).client()
    assert len(reader.execute_statement(Statement="SELECT * FROM Shop WHERE owner IN ['ann', 'bob']")["Items"]) == 2
    with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy"):
        reader.execute_statement(Statement="SELECT * FROM Shop WHERE secret = 'x'")


def test_tags(shop: Database) -> None:
    shop.execute("TagResource", {"ResourceArn": ARN, "Tags": [{"Key": "team", "Value": "blue"}]})
    for team, is_allowed in (("blue", True), ("red", False)):
        condition = {"StringEquals": {"aws:ResourceTag/team": team}}
        reader = shop.as_principal(policy("Scan", Condition=condition))
        if is_allowed:
            assert reader.client().scan(TableName="Shop")["Count"] == 2
        else:
            with pytest.raises(AccessDenied):
                reader.execute("Scan", {"TableName": "Shop"})


def test_application_code_through_boto3(shop: Database) -> None:
    """Under its own policy, in a mock."""
    with minidynamo.mock(shop.as_principal(policy("PutItem"))) as answering:
        table = boto3.resource("dynamodb", region_name="us-east-1").Table("Shop")
        table.put_item(Item={"owner": "eve", "number": 1})
        with pytest.raises(ClientError) as caught:
            table.scan()
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
        assert "user/application is not authorized to perform: dynamodb:Scan" in str(caught.value)
        assert repr(answering).endswith(" as arn:aws:iam::123456789012:user/application>")
    assert shop.client().scan(TableName="Shop")["Count"] == 3


def test_over_http(shop: Database) -> None:
    with shop.as_principal(policy("Scan")).serve() as server:
        options = {"endpoint_url": server.url, "region_name": "us-east-1"}
        client = boto3.client("dynamodb", aws_access_key_id="a", aws_secret_access_key="s", **options)
        assert client.scan(TableName="Shop")["Count"] == 2
        with pytest.raises(ClientError, match="not authorized to perform: dynamodb:ListTables on resource: \\*"):
            client.list_tables()


@pytest.mark.parametrize("arn", ["ann", "arn:aws:s3:::bucket", "arn:aws:iam::1"])
def test_what_is_no_principal(shop: Database, arn: str) -> None:
    with pytest.raises(ValueError, match="a principal is a root, a user or the session"):
        shop.as_principal(arn=arn)


def test_the_smallest_policy(shop: Database) -> None:
    with recording(shop) as history:
        client = shop.client()
        client.get_item(TableName="Shop", Key=key("ann"))
        client.put_item(TableName="Shop", Item=key("eve"))
        client.scan(TableName="Shop", IndexName="by_zone")
        client.list_tables()
    assert json.loads(shop.least_privilege(history.calls)) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": ARN},
            {"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": f"{ARN}/index/by_zone"},
            {"Effect": "Allow", "Action": "dynamodb:ListTables", "Resource": "*"},
        ],
    }


OPERATIONS = ("PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem",
              "TransactWriteItems", "TransactGetItems")  # fmt: skip
calls = st.one_of(
    *(st.tuples(st.just(each), requests(each, SCHEMA)) for each in OPERATIONS),
    st.tuples(st.just("ExecuteStatement"), statements(SCHEMA)),
)


@settings(suppress_health_check=list(HealthCheck))
@given(made=st.lists(calls, min_size=1, max_size=6), left_out=st.integers(0, 5))
def test_calls_pass_under_the_policy_made_of_them(made: list[tuple[str, dict[str, Any]]], left_out: int) -> None:
    """The same answers; and without one of its actions, one of them is denied, before it touches anything."""
    clock = ManualClock(1.7e9)  # A NextToken tells when it was made.
    with minidynamo.connect(clock=clock) as database, minidynamo.connect(clock=clock) as other:
        for each in (database, other):
            SCHEMA.create(each)
        with recording(database) as history:
            for operation, request in made:
                answered(database, operation, request)
        document = json.loads(database.least_privilege(history.calls))
        allowed = other.as_principal(document)
        for call in history.calls:
            response = answered(allowed, call.operation, call.request)
            expected = call.response if isinstance(call.response, dict) else call.response.code
            assert response == expected
        actions = [(number, each) for number, one in enumerate(document["Statement"]) for each in listed(one["Action"])]
        number, action = actions[left_out % len(actions)]
        kept = [each for each in listed(document["Statement"][number]["Action"]) if each != action]
        document["Statement"][number]["Action"] = kept or ["s3:GetObject"]
        before = database.client().scan(TableName=SCHEMA.name)["Items"]
        denied = [
            call
            for call in history.calls
            if answered(database.as_principal(document), call.operation, call.request) == "AccessDeniedException"
        ]
        assert denied
        if len(denied) == len(history.calls):
            assert database.client().scan(TableName=SCHEMA.name)["Items"] == before


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def answered(endpoint: Any, operation: str, request: dict[str, Any]) -> Any:
    try:
        return endpoint.execute(operation, request)
    except DynamoError as error:
        return error.code
