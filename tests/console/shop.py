"""A shop in one table, worth looking at: customers, orders, products, with indexes and a stream."""

from __future__ import annotations

import contextlib
from typing import Any

import minidynamo
from minidynamo import Database, ManualClock

START = 1_790_000_000.0
_NAMES = ("Ann Lee", "Bo Wang", "Cleo Diaz", "Dov Katz", "Eva Novak", "Fay Okoro")
_STATES = ("open", "paid", "sent", "paid")


def shop(**settings: Any) -> Database:
    """A database with a table `Shop`, whose partitions are small enough to be several."""
    settings.setdefault("clock", ManualClock(START))
    settings.setdefault("partition_size", 16_000)
    database = minidynamo.connect(**settings)
    create_shop(database)
    fill_shop(database)
    return database


def create_shop(database: Database) -> None:
    client = database.client()
    names = ("pk", "sk", "status", "email", "placed")
    client.create_table(
        TableName="Shop",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=_key("pk", "sk"),
        GlobalSecondaryIndexes=[
            {"IndexName": "by_status", "KeySchema": _key("status", "placed"), "Projection": {"ProjectionType": "ALL"}},
            {"IndexName": "by_email", "KeySchema": _key("email"), "Projection": {"ProjectionType": "KEYS_ONLY"}},
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    for name in ("Carts", "Sessions"):
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=_key("id"),
            BillingMode="PAY_PER_REQUEST",
        )
    client.update_time_to_live(
        TableName="Sessions", TimeToLiveSpecification={"AttributeName": "until", "Enabled": True}
    )


def _key(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=False)]


def fill_shop(database: Database) -> None:
    table = database.Table("Shop")
    with table.batch_writer() as batch:
        for number, name in enumerate(_NAMES):
            pk = f"CUSTOMER#{name.split()[0].lower()}"
            email = f"{name.split()[0].lower()}@example.com"
            batch.put_item(Item={"pk": pk, "sk": "PROFILE", "type": "Customer", "name": name, "email": email})
            for order in range(number % 3 + 2):
                placed = f"2026-0{order + 3}-1{number}"
                status = _STATES[(number + order) % 4]
                sk = f"ORDER#{placed}"
                total = 20 + 17 * number + 5 * order
                batch.put_item(
                    Item={"pk": pk, "sk": sk, "type": "Order", "status": status, "placed": placed, "sum": total}
                )
        for number in range(120):
            note = "x" * (50 + 7 * number)
            batch.put_item(Item={"pk": f"PRODUCT#{number:03}", "sk": "DETAIL", "type": "Product", "note": note})


def pass_day(database: Database) -> None:
    """Some requests as a program makes them: dear ones, cheap ones, one that fails."""
    table = database.Table("Shop")
    for _ in range(3):
        table.scan(FilterExpression=minidynamo.Attr("status").eq("paid"))
    for name in ("ann", "bo", "cleo", "ann", "ann", "ann"):
        table.query(KeyConditionExpression=minidynamo.Key("pk").eq(f"CUSTOMER#{name}"))
    table.query(IndexName="by_status", KeyConditionExpression=minidynamo.Key("status").eq("open"))
    for number in range(12):
        table.get_item(Key={"pk": f"PRODUCT#{number:03}", "sk": "DETAIL"})
    table.update_item(
        Key={"pk": "CUSTOMER#ann", "sk": "ORDER#2026-03-10"},
        UpdateExpression="SET #status = :paid, #sum = #sum + :more",
        ExpressionAttributeNames={"#status": "status", "#sum": "sum"},
        ExpressionAttributeValues={":paid": "paid", ":more": 5},
    )
    with contextlib.suppress(minidynamo.ClientError):
        table.put_item(
            Item={"pk": "CUSTOMER#ann", "sk": "PROFILE"},
            ConditionExpression=minidynamo.Attr("pk").not_exists(),
        )
