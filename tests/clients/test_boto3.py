"""A program written for boto3: the movies of the developer guide, with every kind of call."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from tests.clients.conftest import Reach


def create_movies(dynamodb: Any) -> Any:
    table = dynamodb.create_table(
        TableName="Movies",
        KeySchema=[{"AttributeName": "year", "KeyType": "HASH"}, {"AttributeName": "title", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "year", "AttributeType": "N"},
            {"AttributeName": "title", "AttributeType": "S"},
            {"AttributeName": "director", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_director",
                "KeySchema": [{"AttributeName": "director", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
            }
        ],
        ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
    )
    table.wait_until_exists()
    return table


def put_films(table: Any, count: int) -> None:
    with table.batch_writer(overwrite_by_pkeys=["year", "title"]) as batch:
        for number in range(count):
            item = {"year": 1990 + number % 10, "title": f"Film {number:03d}", "info": {"rating": Decimal(number) / 10}}
            batch.put_item(Item={**item, "director": "ann" if number % 2 else "bob"})


def test_movies(reach: Reach) -> None:
    """Resource, batches, conditions, updates, paging, transactions, deletion."""
    dynamodb = boto3.resource("dynamodb", endpoint_url=reach.endpoint)
    table = create_movies(dynamodb)
    put_films(table, 130)
    page = table.query(KeyConditionExpression=Key("year").eq(1995) & Key("title").begins_with("Film 1"))
    assert [each["title"] for each in page["Items"]] == ["Film 105", "Film 115", "Film 125"]
    found = table.query(IndexName="by_director", KeyConditionExpression=Key("director").eq("ann"), Select="COUNT")
    assert found["Count"] == 65
    assert table.scan(FilterExpression=Attr("info.rating").gte(12))["Count"] == 10
    updated = table.update_item(
        Key={"year": 1995, "title": "Film 105"},
        UpdateExpression="SET info.rating = :r, info.actors = :a ADD seen :one",
        ExpressionAttributeValues={":r": Decimal("9.9"), ":a": ["x", "y"], ":one": 1},
        ReturnValues="ALL_NEW",
    )
    assert updated["Attributes"]["info"] == {"rating": Decimal("9.9"), "actors": ["x", "y"]}
    with pytest.raises(ClientError) as caught:
        table.delete_item(
            Key={"year": 1995, "title": "Film 105"},
            ConditionExpression=Attr("info.rating").lt(5),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    client = dynamodb.meta.client
    with pytest.raises(client.exceptions.TransactionCanceledException) as cancelled:
        client.transact_write_items(
            TransactItems=[
                {"Delete": {"TableName": "Movies", "Key": {"year": 1995, "title": "Film 115"}}},
                {
                    "ConditionCheck": {
                        "TableName": "Movies",
                        "Key": {"year": 1995, "title": "nope"},
                        "ConditionExpression": "attribute_exists(title)",
                    }
                },
            ]
        )
    reasons = cancelled.value.response["CancellationReasons"]
    assert [each["Code"] for each in reasons] == ["None", "ConditionalCheckFailed"]
    pages = client.get_paginator("scan").paginate(TableName="Movies", PaginationConfig={"PageSize": 50})
    assert [page["Count"] for page in pages] == [50, 50, 30]
    table.delete()
    table.wait_until_not_exists()
    assert list(dynamodb.tables.all()) == []
