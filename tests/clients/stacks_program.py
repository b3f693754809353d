"""Stacks of moto's CloudFormation beside a mock: their tables are there, with what is in them, until they are deleted.

Run by `test_moto_stacks.py` in an environment that has moto with CloudFormation.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
from moto import mock_aws

import minidynamo

KEYS: Any = {"region_name": "us-east-1", "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


def table(name: str, *others: str, **more: Any) -> dict[str, Any]:
    properties = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in ("id", *others)],
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties}


BY_G = {
    "IndexName": "by_g",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


def template(**resources: Any) -> str:
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})


with mock_aws(), minidynamo.mock() as database:
    stacks, client = boto3.client("cloudformation", **KEYS), boto3.client("dynamodb", **KEYS)
    users = table("Users", "g", GlobalSecondaryIndexes=[BY_G], Tags=[{"Key": "team", "Value": "shop"}])
    stacks.create_stack(StackName="shop", TemplateBody=template(Users=users, Orders=table("Orders")))
    assert database.tables == ["Orders", "Users"]
    described = client.describe_table(TableName="Users")["Table"]
    assert described["GlobalSecondaryIndexes"][0]["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    tags = client.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"]
    assert {"Key": "team", "Value": "shop"} in tags
    client.put_item(TableName="Users", Item={"id": {"S": "1"}})

    stacks.update_stack(StackName="shop", TemplateBody=template(Users=users, Carts=table("Carts")))
    assert database.tables == ["Carts", "Users"]
    assert client.scan(TableName="Users")["Count"] == 1
    stacks.delete_stack(StackName="shop")
    assert database.tables == []

    try:
        stacks.create_stack(StackName="wrong", TemplateBody=template(Wrong=table("Wrong", "unused")))
    except RuntimeError as error:
        assert "Wrong is none that DynamoDB takes: One or more parameter values were invalid" in str(error), error
    else:
        raise AssertionError("an attribute that is no key was taken")

with mock_aws():
    boto3.client("cloudformation", **KEYS).create_stack(StackName="alone", TemplateBody=template(Users=table("Users")))
print("done")
