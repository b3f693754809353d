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


def template(outputs: dict[str, Any] | None = None, **resources: Any) -> str:
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources, "Outputs": outputs or {}})


def streams_of_stacks_have_the_arns_that_their_templates_give_out() -> None:
    stream = {"StreamViewType": "KEYS_ONLY"}
    arn = {"Fn::GetAtt": ["Events", "StreamArn"]}
    known = {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "stream", "Type": "String", "Value": arn}}
    body = template({"Stream": {"Value": arn}}, Events=table("Events", StreamSpecification=stream), Known=known)
    with mock_aws(), minidynamo.mock() as database:
        stacks = boto3.client("cloudformation", **KEYS)
        stacks.create_stack(StackName="events", TemplateBody=body)
        given_out = stacks.describe_stacks(StackName="events")["Stacks"][0]["Outputs"][0]["OutputValue"]
        assert boto3.client("ssm", **KEYS).get_parameter(Name="stream")["Parameter"]["Value"] == given_out
        client, streams = boto3.client("dynamodb", **KEYS), boto3.client("dynamodbstreams", **KEYS)
        assert client.describe_table(TableName="Events")["Table"]["LatestStreamArn"] == given_out
        client.put_item(TableName="Events", Item={"id": {"S": "1"}})
        shard = streams.describe_stream(StreamArn=given_out)["StreamDescription"]["Shards"][0]["ShardId"]
        place = {"StreamArn": given_out, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        records = streams.get_records(ShardIterator=streams.get_shard_iterator(**place)["ShardIterator"])["Records"]
        assert [each["dynamodb"]["Keys"] for each in records] == [{"id": {"S": "1"}}]
        database.check()


streams_of_stacks_have_the_arns_that_their_templates_give_out()


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
