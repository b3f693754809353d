"""A program written against the types of `mypy-boto3-dynamodb` takes the embedded client, resource and table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import minidynamo

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient, DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient


def count(client: DynamoDBClient) -> int:
    return len(client.list_tables()["TableNames"])


def streams(client: DynamoDBStreamsClient) -> int:
    return len(client.list_streams()["Streams"])


def save(table: Table, name: str) -> None:
    table.put_item(Item={"id": name})


def read(resource: DynamoDBServiceResource, name: str) -> bool:
    return resource.Table("Users").scan()["Items"][-1]["id"] == name


def test_functions_of_boto3s_types() -> None:
    with minidynamo.connect() as database:
        resource = database.resource()
        table = resource.create_table(
            TableName="Users",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        save(table, "ann")
        save(database.Table("Users"), "bob")
        assert read(resource, "ann") != read(resource, "bob")
        assert count(database.client()) == count(table.meta.client) == 1
        assert streams(database.streams_client()) == 0


def mistakes(database: minidynamo.Database) -> None:
    """Never called: a type checker must find each of these."""
    database.client().get_items()  # type: ignore[operator]
    database.client().put_item(TableName="Users")  # type: ignore[call-arg]
    save(database, "ann")  # type: ignore[arg-type]
