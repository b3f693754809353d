"""Tables from the files that infrastructure code is made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

import minidynamo
from minidynamo import Database

TEMPLATES = Path(__file__).parent / "templates"


def described(database: Database, name: str) -> dict[str, Any]:
    table: dict[str, Any] = database.execute("DescribeTable", {"TableName": name})["Table"]
    return table


def test_a_cloudformation_template(database: Database) -> None:
    """With parameters, conditions, mappings, short forms, SAM's simple tables and what CDK makes of TableV2."""
    names = minidynamo.schema_from(TEMPLATES / "orders.yaml").create(database)
    assert names == ["orders-test", "Sessions", "Replicated"]
    orders = described(database, "orders-test")
    assert orders["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    assert [each["IndexName"] for each in orders["LocalSecondaryIndexes"]] == ["by_status"]
    assert orders["GlobalSecondaryIndexes"][0]["IndexName"] == "all-status"
    assert orders["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"] == ["total"]
    assert orders["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    expiry = database.execute("DescribeTimeToLive", {"TableName": "orders-test"})["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    tags = database.execute("ListTagsOfResource", {"ResourceArn": orders["TableArn"]})["Tags"]
    assert tags == [{"Key": "stage", "Value": "test"}]
    assert described(database, "Replicated")["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}


def test_values_of_parameters(database: Database) -> None:
    schema = minidynamo.schema_from(TEMPLATES / "orders.yaml", {"Stage": "production", "Retain": "yes"})
    assert schema.create(database)[:2] == ["orders-production", "Archive"]
    orders = described(database, "orders-production")
    assert orders["ProvisionedThroughput"]["ReadCapacityUnits"] == 300
    assert orders["DeletionProtectionEnabled"] is True
    with pytest.raises(ValueError, match="no parameter Nonsense"):
        minidynamo.schema_from(TEMPLATES / "orders.yaml", {"Nonsense": "1"})


def test_a_terraform_plan(database: Database) -> None:
    """Of all its modules."""
    assert minidynamo.schema_from(TEMPLATES / "plan.json").create(database) == ["games", "small"]
    games = described(database, "games")
    assert games["ProvisionedThroughput"]["ReadCapacityUnits"] == 20
    assert games["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["WriteCapacityUnits"] == 10
    assert games["LocalSecondaryIndexes"][0]["Projection"] == {"ProjectionType": "ALL"}
    assert games["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY"


@pytest.mark.parametrize("source", ["orders.yaml", "plan.json"])
def test_a_described_table_gives_the_same_table_again(source: str, tmp_path: Path) -> None:
    """What `aws dynamodb describe-table` prints, for one table or several."""
    database, copy = minidynamo.connect(), minidynamo.connect()
    names = minidynamo.schema_from(TEMPLATES / source).create(database)
    answers = [{"Table": described(database, name)} for name in names]
    (tmp_path / "several.json").write_text(json.dumps(answers))
    assert minidynamo.schema_from(tmp_path / "several.json").create(copy) == names
    for name in names:
        one, other = described(database, name), described(copy, name)
        assert one.keys() == other.keys()
        differing = {"TableId", "CreationDateTime", "LatestStreamLabel", "LatestStreamArn"}
        assert {k: v for k, v in one.items() if k not in differing} == {
            k: v for k, v in other.items() if k not in differing
        }
    (tmp_path / "one.json").write_text(json.dumps(answers[0]))
    assert [table.name for table in minidynamo.schema_from(tmp_path / "one.json")] == names[:1]


def test_tables_are_created_through_boto3_too() -> None:
    with minidynamo.mock():
        client = boto3.client("dynamodb")
        minidynamo.schema_from(TEMPLATES / "plan.json").create(client)
        assert client.list_tables()["TableNames"] == ["games", "small"]


WRONG = {
    "absent.json": (None, "cannot read"),
    "broken.json": ("{", "no valid JSON"),
    "broken.yaml": ("a: [", "no valid YAML"),
    "other.json": ('{"a": 1}', "neither an answer of describe-table"),
    "scalar.yaml": ("just text", "neither an answer of describe-table"),
    "empty.json": ('{"Resources": {}}', "declares no DynamoDB table"),
    "half.json": (
        '{"Resources": {"T": {"Type": "AWS::Serverless::SimpleTable", "Properties": "x"}}}',
        "the table T lacks",
    ),
    "list.json": ("[5]", "a table is described by an object"),
    "lacks.json": ('{"Table": {"TableName": "t"}}', "lacks 'KeySchema'"),
    "noparam.json": (
        '{"Parameters": {"P": {"Type": "String"}}, "Resources": {"T": {"Type": "AWS::DynamoDB::Table", '
        '"Properties": {"TableName": {"Ref": "P"}}}}}',
        "parameter P has no default",
    ),
    "function.json": (
        '{"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Fn::Cidr": 1}}}}}',
        "Fn::Cidr is not understood",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_other_files_are_refused_in_a_line(name: str, tmp_path: Path) -> None:
    text, fault = WRONG[name]
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=fault) as caught:
        minidynamo.schema_from(tmp_path / name)
    assert "\n" not in str(caught.value) or name == "broken.yaml"
