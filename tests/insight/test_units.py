"""Units equal the service's own, always: what is noted is what answers say that are asked for it openly."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database, DynamoError, Ledger
from minidynamo.testing import requests, table_schemas
from minidynamo.values.api_types import Request

OPERATIONS = (
    *("PutItem", "PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "Scan", "BatchWriteItem", "BatchGetItem"),
    *("TransactWriteItems", "TransactGetItems"),
)


def told_openly(database: Database, operation: str, request: Request) -> tuple[Any, float]:
    """The answer, or the error, and the sum of its units."""
    try:
        response = database.execute(operation, {**request, "ReturnConsumedCapacity": "INDEXES"})
    except DynamoError as error:
        return error.body, 0.0
    reported = response.pop("ConsumedCapacity")
    entries = reported if isinstance(reported, list) else [reported]
    return response, sum(each["CapacityUnits"] for each in entries)


def answer(database: Database, operation: str, request: Request) -> Any:
    try:
        return database.execute(operation, request)
    except DynamoError as error:
        return error.body


@given(st.data())
def test_a_ledger_adds_up_what_answers_say(data: st.DataObject) -> None:
    schema = data.draw(table_schemas("tbl"))
    observed, asked = minidynamo.connect(), minidynamo.connect()
    for database in (observed, asked):
        database.execute("CreateTable", schema.request)
    total = 0.0
    with minidynamo.observe(observed) as ledger:
        for operation in data.draw(st.lists(st.sampled_from(OPERATIONS), max_size=12)):
            request = data.draw(requests(operation, schema))
            request = {name: value for name, value in request.items() if name != "ReturnConsumedCapacity"}
            expected, units = told_openly(asked, operation, request)
            assert answer(observed, operation, request) == expected
            total += units
    assert ledger.read_units + ledger.write_units == pytest.approx(total)


def play(client: Any, **asking: str) -> float:
    """Calls of every kind; the units that their answers tell."""
    total = 0.0
    key = {"pk": {"S": "c0"}, "sk": {"S": "0000"}}
    for method, parameters in (
        ("put_item", {"TableName": "Shop", "Item": {**key, "status": {"S": "new"}, "x": {"S": "x" * 3000}}}),
        ("get_item", {"TableName": "Shop", "Key": key, "ConsistentRead": True}),
        ("scan", {"TableName": "Shop", "Limit": 50}),
        ("batch_get_item", {"RequestItems": {"Shop": {"Keys": [key]}}}),
        ("transact_write_items", {"TransactItems": [{"Delete": {"TableName": "Shop", "Key": key}}]}),
    ):
        reported = getattr(client, method)(**parameters, **asking).get("ConsumedCapacity", [])
        entries = reported if isinstance(reported, list) else [reported]
        total += sum(each["CapacityUnits"] for each in entries)
    return total


def units_of(ledger: Ledger) -> float:
    return ledger.read_units + ledger.write_units


def test_the_library_the_double_and_the_server_say_the_same(shop: Database) -> None:
    expected = play(shop.fork().client(), ReturnConsumedCapacity="TOTAL")
    sums = {}
    fork = shop.fork()
    with minidynamo.observe(fork) as ledger:
        assert play(fork.client()) == 0
    sums["library"] = units_of(ledger)
    with minidynamo.mock(shop.fork()):
        client = boto3.client("dynamodb", region_name="us-east-1")
        with minidynamo.observe(client) as ledger:
            assert play(client) == 0
        sums["double"] = units_of(ledger)
    with shop.fork().serve() as server:
        served = minidynamo.connect(server.url)
        with minidynamo.observe(served) as ledger:
            assert play(served.client()) == 0
        sums["server"] = units_of(ledger)
        served.close()
    with shop.fork().serve() as server:
        session = boto3.Session("key", "secret", region_name="us-east-1")
        with minidynamo.observe(session) as ledger:
            play(session.client("dynamodb", endpoint_url=server.url))
        sums["boto3 over HTTP"] = units_of(ledger)
    assert sums == dict.fromkeys(sums, expected)
