"""A program for aioboto3; run by `test_installed.py` in an environment of its own, with an endpoint or without."""

from __future__ import annotations

import asyncio
import sys

import aioboto3
from boto3.dynamodb.conditions import Key

import minidynamo


async def work(endpoint: str | None) -> None:
    """Creates a table, fills it, reads it."""
    session = aioboto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
    async with session.resource("dynamodb", endpoint_url=endpoint) as dynamodb:
        table = await dynamodb.create_table(
            TableName="Things",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        await table.wait_until_exists()
        async with table.batch_writer() as batch:
            for number in range(60):
                await batch.put_item(Item={"pk": "a", "sk": number})
        page = await table.query(KeyConditionExpression=Key("pk").eq("a") & Key("sk").lt(3))
        assert [int(each["sk"]) for each in page["Items"]] == [0, 1, 2]
        try:
            await table.put_item(Item={"pk": "a", "sk": 1}, ConditionExpression="attribute_not_exists(pk)")
        except dynamodb.meta.client.exceptions.ConditionalCheckFailedException as error:
            print(error.response["Error"]["Message"])
    async with session.client("dynamodb", endpoint_url=endpoint) as client:
        pages = client.get_paginator("scan").paginate(TableName="Things", PaginationConfig={"PageSize": 25})
        print([page["Count"] async for page in pages])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(work(sys.argv[1]))
    else:
        with minidynamo.mock():
            asyncio.run(work(None))
