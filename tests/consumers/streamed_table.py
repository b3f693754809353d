"""A table with a stream."""

from __future__ import annotations

import minidynamo


def make_streamed_table(database: minidynamo.Database, name: str = "Things") -> None:
    database.client().create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )


def stream_arn_of(database: minidynamo.Database, name: str = "Things") -> str:
    return str(database.execute("DescribeTable", {"TableName": name})["Table"]["LatestStreamArn"])


def put(database: minidynamo.Database, *ids: str) -> None:
    for each in ids:
        database.execute("PutItem", {"TableName": "Things", "Item": {"id": {"S": each}}})
