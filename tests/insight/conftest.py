"""A shop in a table with an index, which many tests of insight look at."""

from __future__ import annotations

from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.embedded.client import Client
from minidynamo.formats.short_tables import create_table_request

SHOP: dict[str, Any] = create_table_request(
    "Shop", {"key": ["pk S", "sk S"], "gsi": {"by_status": {"key": ["status S"]}}}
)


def order(number: int, **attributes: str) -> dict[str, Any]:
    """An item: orders of three customers, every ninth of which is paid."""
    item = {"pk": f"c{number % 3}", "sk": f"{number:04}", "status": "open" if number % 9 else "paid"} | attributes
    return {name: {"S": value} for name, value in item.items()}


@pytest.fixture
def shop() -> Database:
    """The shop with 180 orders of some 400 bytes."""
    database = minidynamo.connect(partition_size=20_000)
    database.execute("CreateTable", SHOP)
    client = database.client()
    for number in range(180):
        client.put_item(TableName="Shop", Item=order(number, kind=str(number % 20), note="x" * 350))
    return database


@pytest.fixture
def client(shop: Database) -> Client:
    return shop.client()
