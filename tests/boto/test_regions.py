"""Regions and accounts in the double: whose ARNs they name, and whose tables they see."""

from __future__ import annotations

import asyncio
from typing import Any

import aiobotocore.session
import boto3
import pytest
from botocore.exceptions import ClientError

import minidynamo
from minidynamo.formats.short_tables import create_table_request

STREAM = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
TABLE = {**create_table_request("tbl", {"key": ["pk S"]}), "StreamSpecification": STREAM}


def client_of(region: str, key: str = "any", service: str = "dynamodb") -> Any:
    return boto3.client(service, region_name=region, aws_access_key_id=key, aws_secret_access_key="any")


def arn_of(region: str, account: str = "123456789012") -> str:
    return f"arn:aws:dynamodb:{region}:{account}:table/tbl"


def watched(client: Any) -> Any:
    """A client whose calls take the full botocore path."""
    client.meta.events.register("before-send.dynamodb", lambda **ignored: None)
    return client


@pytest.mark.parametrize("is_watched", [False, True])
def test_a_clients_region_names_its_arns(is_watched: bool) -> None:
    """All regions share one database; each sees it as its own."""
    with minidynamo.mock() as database:
        here, there = (client_of(region) for region in ("us-east-1", "eu-west-1"))
        if is_watched:
            there = watched(there)
        assert there.create_table(**TABLE)["TableDescription"]["TableArn"] == arn_of("eu-west-1")
        assert here.describe_table(TableName="tbl")["Table"]["TableArn"] == arn_of("us-east-1")
        there.put_item(TableName=arn_of("eu-west-1"), Item={"pk": {"S": "a"}})
        assert here.get_item(TableName=arn_of("us-east-1"), Key={"pk": {"S": "a"}})["Item"]
        with pytest.raises(ClientError) as caught:
            here.get_item(TableName=arn_of("eu-west-1"), Key={"pk": {"S": "a"}})
        assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
        there.tag_resource(ResourceArn=arn_of("eu-west-1"), Tags=[{"Key": "a", "Value": "b"}])
        (stream,) = client_of("eu-west-1", service="dynamodbstreams").list_streams()["Streams"]
        assert stream["StreamArn"].startswith(arn_of("eu-west-1"))
        assert database.client().describe_table(TableName="tbl")["Table"]["TableArn"] == arn_of("us-east-1")


def test_aiobotocores_clients_have_regions_as_well() -> None:
    async def arn() -> str:
        session = aiobotocore.session.get_session()
        async with session.create_client("dynamodb", region_name="ap-south-1") as client:
            return str((await client.describe_table(TableName="tbl"))["Table"]["TableArn"])

    with minidynamo.mock() as database:
        database.execute("CreateTable", TABLE)
        assert asyncio.run(arn()) == arn_of("ap-south-1")


@pytest.mark.parametrize("is_watched", [False, True])
def test_regions_may_be_isolated(is_watched: bool) -> None:
    """The database that the mock gives is that of its own region."""
    with minidynamo.mock(isolate_by_region=True, region="eu-west-1") as database:
        here, there = (client_of(region) for region in ("eu-west-1", "us-east-1"))
        if is_watched:
            here, there = watched(here), watched(there)
        here.create_table(**TABLE)
        assert there.list_tables()["TableNames"] == []
        assert there.create_table(**TABLE)["TableDescription"]["TableArn"] == arn_of("us-east-1")
        there.put_item(TableName="tbl", Item={"pk": {"S": "a"}})
        assert database.client().list_tables()["TableNames"] == ["tbl"]
        assert [client.scan(TableName="tbl")["Count"] for client in (here, there, client_of("us-east-1"))] == [0, 1, 1]
    with minidynamo.mock(isolate_by_region=True):
        assert client_of("us-east-1").list_tables()["TableNames"] == []


def test_accounts_may_be_isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")

    @minidynamo.mock(isolate_by_account=True, isolate_by_region=True)
    def arns() -> list[str]:
        clients = boto3.client("dynamodb", region_name="us-east-1"), client_of("us-east-1", "another")
        return [each.create_table(**TABLE)["TableDescription"]["TableArn"] for each in clients]

    own, another = arns()
    assert own == arn_of("us-east-1")
    assert another.split(":")[4] != own.split(":")[4]
    assert [own, another] == arns()


@pytest.mark.parametrize("arguments", [{"target": minidynamo.connect()}, {"path": "shop.db"}])
def test_isolated_callers_have_databases_of_their_own(arguments: Any) -> None:
    with pytest.raises(TypeError, match="in memory: give neither a database nor a path"):
        minidynamo.mock(isolate_by_region=True, **arguments)
