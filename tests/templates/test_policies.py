"""Policies of principals in templates: what application code may do under its own, and what files say wrongly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, DynamoError
from minidynamo.policies.document import read_policy
from minidynamo.templates.table_definition import TemplateWarning

POLICIES = Path(__file__).parent / "policies"
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/"
KEY = {"id": {"S": "1"}}
CALLS: dict[str, Callable[[Any, str], Any]] = {
    "GetItem": lambda client, table: client.get_item(TableName=table, Key=KEY),
    "PutItem": lambda client, table: client.put_item(TableName=table, Item=KEY),
    "DeleteItem": lambda client, table: client.delete_item(TableName=table, Key=KEY),
    "Scan": lambda client, table: client.scan(TableName=table),
    "DescribeTable": lambda client, table: client.describe_table(TableName=table),
    "ListTables": lambda client, table: client.list_tables(),
}


def allowed_calls(target: Any, table: str) -> str:
    """The calls that are not refused."""
    done = []
    for name, call in CALLS.items():
        try:
            call(target.client(), table)
            done.append(name)
        except DynamoError as error:
            assert error.code == "AccessDeniedException"
    return " ".join(done)


def streams_are_read(database: Database, target: Any) -> bool:
    (stream,) = database.streams_client().list_streams()["Streams"]
    try:
        target.streams_client().describe_stream(StreamArn=stream["StreamArn"])
    except DynamoError as error:
        assert error.code == "AccessDeniedException"
        return False
    return True


def policies(source: Any, name: str | None = None, **parameters: str) -> Any:
    """The policies of a file, which is warned of nothing; each is one that is accepted."""
    found = minidynamo.policies_from(source, name, parameters)
    for each in found:
        read_policy(each)
    return found


# By file and principal: the calls that are allowed, by table.
ALLOWED: dict[tuple[str, str | None], dict[str, str]] = {
    ("sam.yaml", "CheckoutFunction"): {
        "orders-test": "GetItem PutItem Scan DescribeTable",
        "stock-test": "GetItem Scan DescribeTable",
    },
    ("sam.yaml", "MailFunction"): {"orders-test": "", "stock-test": ""},
    ("sam.yaml", "CountFunction"): {"orders-test": "GetItem Scan", "stock-test": "PutItem DeleteItem"},
    ("sam.yaml", "ReportRole"): {"orders-test": "Scan", "stock-test": ""},
    ("cdk.json", None): {"OrdersTable315BB997": "GetItem PutItem DescribeTable"},
    ("cdk.json", "OrderFn98F0E8B5"): {"OrdersTable315BB997": "GetItem PutItem DescribeTable"},
    ("cdk.json", "ProviderRole0A0B0C0D"): {"OrdersTable315BB997": ""},
    ("serverless.yml", "order"): {"orders-test": "GetItem PutItem Scan"},
    ("serverless.yml", "clean"): {"orders-test": "DeleteItem"},
    ("serverless.yml", "cleanAll"): {"orders-test": "GetItem PutItem DeleteItem"},
    ("serverless.yml", "admin"): {"orders-test": "GetItem PutItem DeleteItem Scan DescribeTable ListTables"},
    ("plan.json", "aws_iam_user.ann"): {"orders": "Scan"},
}


@pytest.mark.parametrize(("file", "name"), ALLOWED)
def test_what_is_declared_is_allowed(file: str, name: str | None, database: Database) -> None:
    minidynamo.schema_from(POLICIES / file).create(database)
    target = database.as_principal(policies(POLICIES / file, name))
    for table, allowed in ALLOWED[file, name].items():
        assert allowed_calls(target, table) == allowed


@pytest.mark.parametrize(
    ("file", "name", "is_read"),
    [
        ("sam.yaml", "MailFunction", True),
        ("sam.yaml", "CountFunction", True),
        ("sam.yaml", "CheckoutFunction", False),
        ("serverless.yml", "follow-up", True),
        ("serverless.yml", "clean", False),
    ],
)
def test_streams(file: str, name: str, is_read: bool, database: Database) -> None:
    """Of functions that follow one, and of those that do not."""
    minidynamo.schema_from(POLICIES / file).create(database)
    assert streams_are_read(database, database.as_principal(policies(POLICIES / file, name))) is is_read


def test_indexes(database: Database) -> None:
    """Those of a table go with it where its template says so."""
    minidynamo.schema_from(POLICIES / "sam.yaml").create(database)
    target = database.as_principal(policies(POLICIES / "sam.yaml", "CheckoutFunction"))
    assert target.client().scan(TableName="orders-test", IndexName="by_customer")["Count"] == 0


def test_conditions_and_parameters(database: Database) -> None:
    path = POLICIES / "sam.yaml"
    minidynamo.schema_from(path, {"Stage": "live"}).create(database)
    target = database.as_principal(policies(path, "CheckoutFunction", Stage="live"))
    assert allowed_calls(target, "stock-live") == "GetItem PutItem DeleteItem Scan DescribeTable ListTables"
    assert allowed_calls(target, "orders-live") == "GetItem PutItem Scan DescribeTable ListTables"


@pytest.mark.parametrize(
    ("file", "name", "call"),
    [
        ("sam.yaml", "CountFunction", "GetItem"),
        ("cdk.json", None, "GetItem"),
        ("serverless.yml", "order", "GetItem"),
        ("plan.json", "aws_iam_user.ann", "Scan"),
    ],
)
def test_a_database_elsewhere(file: str, name: str | None, call: str) -> None:
    """Its place is given as pseudo parameters."""
    place = {"AWS::Region": "eu-central-1", "AWS::AccountId": "444455556666"}
    with minidynamo.connect(region="eu-central-1", account_id="444455556666") as database:
        table, *_ = minidynamo.schema_from(POLICIES / file).create(database)
        target = database.as_principal(policies(POLICIES / file, name, **place))
        assert call in allowed_calls(target, table)
        is_anywhere = name == "aws_iam_user.ann"
        elsewhere = database.as_principal(policies(POLICIES / file, name))
        assert (call in allowed_calls(elsewhere, table)) is is_anywhere


def test_a_boundary_of_the_template() -> None:
    found = policies(POLICIES / "cdk.json")
    assert found.boundary["Statement"][0]["NotAction"] == "dynamodb:DeleteItem"
    database = minidynamo.connect()
    minidynamo.schema_from(POLICIES / "cdk.json").create(database)
    (table,) = database.tables
    assert "DeleteItem" in allowed_calls(database.as_principal(list(found)), table)
    assert "DeleteItem" not in allowed_calls(database.as_principal(found), table)
    wider = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    assert "DeleteItem" in allowed_calls(database.as_principal(found, boundary=wider), table)


def test_a_plan(database: Database) -> None:
    """What it does not know is taken for what it refers to, and told."""
    minidynamo.schema_from(POLICIES / "plan.json").create(database)
    with pytest.warns(TemplateWarning) as warned:
        found = minidynamo.policies_from(POLICIES / "plan.json", "aws_iam_role.checkout")
    assert [str(each.message) for each in warned] == [
        "policies of aws_iam_role.checkout: the resources of statement[0] of data.aws_iam_policy_document.orders are "
        f"taken for {ARN}orders, {ARN}orders/index/*, since the plan does not say more before it is applied; "
        "permissions boundary arn:aws:iam::111122223333:policy/ours is not known from the file: give it as boundary="
    ]
    target = database.as_principal(found)
    assert allowed_calls(target, "orders") == "GetItem PutItem DescribeTable"
    with pytest.raises(DynamoError, match="explicit deny"):
        target.client().put_item(TableName="orders", Item={"id": {"S": "secret-application"}})
    with pytest.warns(TemplateWarning):
        assert (
            minidynamo.policies_from(POLICIES / "plan.json", 'module.fn["mail"].aws_lambda_function.this') == found[:1]
        )


def test_users_and_groups() -> None:
    with pytest.warns(TemplateWarning) as warned:
        found = minidynamo.policies_from(POLICIES / "iam.yaml", "Ann")
    assert [str(each.message) for each in warned] == [
        "policies of Ann: managed policy arn:aws:iam::aws:policy/SecurityAudit is not known and is left out; group "
        "others is not in the template and is left out"
    ]
    database = minidynamo.connect()
    minidynamo.schema_from(POLICIES / "iam.yaml").create(database)
    target = database.as_principal(found, arn="arn:aws:iam::123456789012:user/1")
    assert allowed_calls(target, "Orders") == "GetItem PutItem DeleteItem Scan DescribeTable ListTables"


def test_what_the_file_does_not_know() -> None:
    with pytest.warns(
        TemplateWarning, match="Report: resource 'import-Shop-Stock' of the resource Read is not known from"
    ):
        found = minidynamo.policies_from(POLICIES / "iam.yaml", "Report")
    assert [each["Statement"][0]["Action"] for each in found] == ["dynamodb:GetItem", "dynamodb:Scan"]
    assert found.boundary["Statement"] == [
        {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}
    ]
    assert policies(POLICIES / "iam.yaml", "Task") == found[1:]


def test_a_state() -> None:
    """Its resources are where they are; those of the database stand for them. What it shows twice counts once."""
    with pytest.warns(TemplateWarning, match="managed policy .*/elsewhere is not known and is left out"):
        found = minidynamo.policies_from(POLICIES / "state.json")
    assert [each["Statement"][0] for each in found] == [
        {"Effect": "Allow", "Action": action, "Resource": f"{ARN}orders"}
        for action in ("dynamodb:GetItem", "dynamodb:Scan")
    ]
    assert found.boundary == found[1]
