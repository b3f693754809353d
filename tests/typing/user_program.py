"""A program of a user: checked by type checkers in their strict modes, and run by pytest.

`assert_type` says what a checker must find; `type: ignore` that it must find a mistake.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any, assert_type

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Attr, Binary, Database, DynamoError, Key, ManualClock, Profile, Snapshot
from minidynamo.embedded.client import Client, StreamsClient
from minidynamo.embedded.paginators import PageIterator, Paginator
from minidynamo.embedded.resource import Resource
from minidynamo.embedded.table_resource import TableResource
from minidynamo.embedded.waiters import Waiter
from minidynamo.lambdas.mapping import EventSourceMapping
from minidynamo.simulation import SimulatedDatabase
from minidynamo.testing import (
    DynamoDBStateMachine,
    InvalidRequest,
    MutationReport,
    TableSchema,
    attribute_values,
    check_linearizable,
    items,
    keys,
    recording,
    requests,
    run_mutants,
)

ORDERS = TableSchema.of(
    {
        "TableName": "Orders",
        "KeySchema": [
            {"AttributeName": "customer", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "customer", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }
)


@pytest.fixture
def database() -> Iterator[Database]:
    with minidynamo.connect(clock=ManualClock(), seed=7, table_delays={"CREATING": 2.0}) as opened:
        ORDERS.create(opened)
        yield opened


def test_client(database: Database) -> None:
    client = database.client()
    assert_type(client, Client)
    item: dict[str, dict[str, Any]] = {"customer": {"S": "ann"}, "number": {"N": "1"}, "tags": {"SS": ["new"]}}
    client.put_item(TableName="Orders", Item=item, ConditionExpression="attribute_not_exists(customer)")
    response = client.get_item(TableName="Orders", Key={"customer": {"S": "ann"}, "number": {"N": "1"}})
    assert_type(response, dict[str, Any])
    assert response["Item"] == item

    paginator = client.get_paginator("scan")
    assert_type(paginator, Paginator)
    pages = paginator.paginate(TableName="Orders", PaginationConfig={"MaxItems": 10, "PageSize": 2})
    assert_type(pages, PageIterator)
    assert [page["Count"] for page in pages] == [1]
    assert_type(pages.resume_token, str | None)

    waiter = client.get_waiter("table_exists")
    assert_type(waiter, Waiter)
    waiter.wait(TableName="Orders", WaiterConfig={"Delay": 1, "MaxAttempts": 3})

    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as caught:
        client.put_item(TableName="Orders", Item=item, ConditionExpression="attribute_not_exists(customer)")
    assert_type(caught.value.response, dict[str, Any])
    assert caught.value.response["Error"]["Code"] == "ConditionalCheckFailedException"

    streams = database.streams_client()
    assert_type(streams, StreamsClient)
    assert len(streams.list_streams(TableName="Orders")["Streams"]) == 1


def test_resource(database: Database) -> None:
    resource = database.resource()
    assert_type(resource, Resource)
    table = database.Table("Orders")
    assert_type(table, TableResource)
    assert_type(table.item_count, int)
    assert_type(table.table_status, str)

    table.put_item(Item={"customer": "ann", "number": 1, "price": Decimal("9.5"), "paid": False, "photo": b"\x00"})
    with table.batch_writer(overwrite_by_pkeys=["customer", "number"]) as batch:
        batch.put_item(Item={"customer": "ann", "number": 2})
        batch.delete_item(Key={"customer": "bob", "number": 1})
    found = table.query(
        KeyConditionExpression=Key("customer").eq("ann") & Key("number").gt(0),
        FilterExpression=Attr("price").exists() | ~Attr("paid").eq(True),
    )
    assert found["Items"][0]["photo"] == Binary(b"\x00")
    table.update_item(
        Key={"customer": "ann", "number": 2},
        UpdateExpression="SET price = :p",
        ExpressionAttributeValues={":p": Decimal(3)},
        ConditionExpression=Attr("price").not_exists(),
    )
    resource.meta.client.put_item(TableName="Orders", Item={"customer": "bob", "number": 1})
    assert [each.name for each in resource.tables.all()] == ["Orders"]


def test_stream_handlers(database: Database) -> None:
    seen: list[str] = []

    def by_name(event: dict[str, Any], context: object) -> None:
        seen.extend(record["eventName"] for record in event["Records"])

    assert_type(database.on_stream("Orders", by_name, BatchSize=10), EventSourceMapping)

    @database.on_stream("Orders", StartingPosition="TRIM_HORIZON", Timeout=5)
    def decorated(event: dict[str, Any], context: object) -> int:
        return len(event["Records"])

    assert_type(decorated({"Records": []}, None), int)
    database.Table("Orders").put_item(Item={"customer": "ann", "number": 1})
    report = database.drain(until=lambda: False, max_batches=100)
    assert seen == ["INSERT"]
    assert_type(database.close(), list[str])
    assert str(report)


@minidynamo.mock
def bare(count: int, *, suffix: str = "") -> str:
    return f"{count}{suffix}"


@minidynamo.mock(region="eu-central-1", table_delays=1.0)
def configured(count: int) -> list[int]:
    return [count]


@minidynamo.mock()
async def waiting(count: int) -> int:
    return count


@minidynamo.mock
class Service:
    def answer(self, question: str) -> int:
        return len(question)


def test_mock(database: Database) -> None:
    assert_type(bare(1, suffix="a"), str)
    assert_type(configured(1), list[int])
    assert_type(asyncio.run(waiting(1)), int)
    assert_type(Service().answer("why"), int)
    with minidynamo.mock() as fresh:
        assert_type(fresh, Database)
    with minidynamo.mock(database, allow_network_after=True) as same:
        assert_type(same, Database)
        assert same is database
    started = minidynamo.mock().start()
    assert_type(started, Database)


def test_attach(database: Database) -> None:
    import boto3

    client = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="s")
    attachment = minidynamo.attach(client, database)
    with attachment as attached:
        assert_type(attached, Database)
        assert client.list_tables()["TableNames"] == ["Orders"]
    attachment.detach()


def test_copies_and_faults(database: Database, tmp_path: Path) -> None:
    snapshot = database.snapshot()
    assert_type(snapshot, Snapshot)
    assert_type(database.fork(), Database)
    database.backup(tmp_path / "orders.db")
    simulated = minidynamo.simulate(database, seed=3, profile=Profile(), clock=ManualClock())
    assert_type(simulated, SimulatedDatabase)
    assert_type(simulated.fork(), SimulatedDatabase)
    try:
        database.execute("DescribeTable", {"TableName": "Other"})
    except DynamoError as error:
        assert_type(error.code, str)
    with database.serve(allows_origins=True) as server:
        assert_type(server.url, str)


def test_fixtures(
    minidynamo_database: Database, minidynamo_mock: Database, minidynamo_client: Client, minidynamo_endpoint: str
) -> None:
    assert minidynamo_mock is minidynamo_database
    assert minidynamo_client.list_tables()["TableNames"] == []
    assert minidynamo_endpoint.startswith("http://")


@given(request=requests("PutItem", ORDERS), key=keys(ORDERS), value=attribute_values("S", "N"))
@settings(max_examples=5)
def test_strategies(request: dict[str, Any], key: dict[str, dict[str, Any]], value: dict[str, Any]) -> None:
    assert request["TableName"] == "Orders"
    assert key.keys() == {"customer", "number"}
    assert value.keys() <= {"S", "N"}


def test_kit(database: Database) -> None:
    assert_type(items(ORDERS), st.SearchStrategy[dict[str, dict[str, Any]]])
    assert_type(requests("Query", database), st.SearchStrategy[dict[str, Any]])
    assert_type(requests("Query", ORDERS, invalid=True), st.SearchStrategy[InvalidRequest])
    assert_type(TableSchema.of(database.Table("Orders")), TableSchema)
    with recording(database) as history:
        database.Table("Orders").put_item(Item={"customer": "ann", "number": 1})
    check_linearizable(history)
    assert_type(run_mutants(check, only=["ignores_delete"]), MutationReport)


def check(database: Database) -> None:
    if "Orders" not in database.client().list_tables()["TableNames"]:
        ORDERS.create(database)
    table = database.Table("Orders")
    key = {"customer": "ann", "number": 1}
    table.put_item(Item=key)
    table.delete_item(Key=key)
    assert "Item" not in table.get_item(Key=key, ConsistentRead=True)


class Shop(DynamoDBStateMachine):
    tables = ORDERS
    profile = "calm"

    def populate(self, database: Database) -> None:
        database.Table("Orders").put_item(Item={"customer": "ann", "number": 1})

    def begin(self) -> None:
        assert_type(self.client, Client)
        assert_type(self.database, SimulatedDatabase)
        assert_type(self.items("Orders"), list[dict[str, dict[str, Any]]])


def mistakes(client: Client, table: TableResource, database: Database) -> None:
    """Never called: a type checker must find each of these."""
    client.put_item(TableName="Orders")  # type: ignore[call-arg]
    client.put_item(TableNam="Orders", Item={})  # type: ignore[call-arg]
    client.put_item(TableName="Orders", Item={"customer": "ann"})  # type: ignore[dict-item]
    client.get_items(TableName="Orders")  # type: ignore[operator]
    client.query(TableName="Orders", KeyConditionExpression=Key("customer").eq("ann"))  # type: ignore[arg-type]
    table.query(Limit="1")  # type: ignore[arg-type]
    table.item_counts + 1  # type: ignore[operator]
    database.on_stream("Orders", mistakes, BatchSizes=1)  # type: ignore[call-overload]
    minidynamo.connect(durabilty="full")  # type: ignore[call-arg]
    minidynamo.connect("shop.db", durability="sometimes")  # type: ignore[arg-type]
    minidynamo.connect("shop.db", on_damage="ignore", wording="2024")  # type: ignore[arg-type]
    minidynamo.simulate(profile="calmer")  # type: ignore[arg-type]
    database.drain(errors="ignore")  # type: ignore[arg-type]
    minidynamo.mock(regin="us-east-1")  # type: ignore[call-overload]
    minidynamo.conect  # type: ignore[attr-defined]
    bare("1")  # type: ignore[arg-type]
    requests("Query", 1)  # type: ignore[call-overload]


Opened = Callable[[], AbstractContextManager[Database]]
OPENED: Opened = minidynamo.mock
