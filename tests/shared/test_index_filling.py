"""New indexes of a shared store are filled in small steps, under a lease, beside writers."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from minidynamo import ManualClock
from minidynamo.database import shared as shared_database
from minidynamo.database.shared import SharedDatabase
from minidynamo.errors import DynamoError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.shared import index_filling
from tests.shared.conftest import Opens
from tests.waiting import wait_until

TABLE = create_table_request("tbl", {"key": ["pk S"]})
COLOR_INDEX = {
    "TableName": "tbl",
    "AttributeDefinitions": [{"AttributeName": "color", "AttributeType": "S"}],
    "GlobalSecondaryIndexUpdates": [
        {
            "Create": {
                "IndexName": "by_color",
                "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        }
    ],
}


def described_index(database: SharedDatabase) -> dict[str, Any]:
    table = database.execute("DescribeTable", {"TableName": "tbl"})["Table"]
    return next(each for each in table["GlobalSecondaryIndexes"] if each["IndexName"] == "by_color")


def test_a_large_index_is_filled_beside_writers(store: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    """UpdateTable comes back soon; the index says that it is being filled, and writers never wait for it."""
    one, two = store(), store()
    one.execute("CreateTable", TABLE)
    for start in range(0, 600, 25):
        puts = [
            {"PutRequest": {"Item": {"pk": {"S": f"{number:04}"}, "color": {"S": "x"}}}}
            for number in range(start, start + 25)
        ]
        one.execute("BatchWriteItem", {"RequestItems": {"tbl": puts}})
    monkeypatch.setattr(shared_database, "_FILLING_SECONDS", 0.0)
    monkeypatch.setattr(index_filling, "STEP_ITEMS", 20)
    one.execute("UpdateTable", COLOR_INDEX)
    (index,) = two.execute("DescribeTable", {"TableName": "tbl"})["Table"]["GlobalSecondaryIndexes"]
    assert (index["IndexStatus"], index["Backfilling"]) == ("CREATING", True)
    with pytest.raises(DynamoError, match="Cannot read from backfilling global secondary index: by_color"):
        two.execute("Scan", {"TableName": "tbl", "IndexName": "by_color"})
    two.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "0599"}, "color": {"S": "y"}}})
    two.execute("DeleteItem", {"TableName": "tbl", "Key": {"pk": {"S": "0598"}}})
    wait_until(lambda: "Backfilling" not in described_index(two))
    found = two.execute("Scan", {"TableName": "tbl", "IndexName": "by_color"})["Items"]
    assert len(found) == 599
    assert [each["pk"]["S"] for each in found if each["color"]["S"] == "y"] == ["0599"]


def test_another_process_goes_on_where_one_has_stopped(store: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the lease of the first is over; a fork fills the rest by itself."""
    clock = ManualClock()
    one, two = store(clock), store(clock)
    one.execute("CreateTable", TABLE)
    for number in range(50):
        one.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": f"{number:04}"}, "color": {"S": "x"}}})
    monkeypatch.setattr(shared_database, "_FILLING_SECONDS", 0.0)
    monkeypatch.setattr(index_filling, "STEP_ITEMS", 20)
    monkeypatch.setattr(one._housekeeping, "_is_wanted", threading.Event())
    one.execute("UpdateTable", COLOR_INDEX)
    assert not two._housekeeping.fill_indexes()
    clock.advance(20)
    fork = two.fork()
    assert fork.execute("Scan", {"TableName": "tbl", "IndexName": "by_color"})["Count"] == 50
    assert two._housekeeping.fill_indexes()
    assert two.execute("Scan", {"TableName": "tbl", "IndexName": "by_color"})["Count"] == 50


def test_an_index_can_be_deleted_while_it_is_filled(store: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    one = store()
    one.execute("CreateTable", TABLE)
    for number in range(30):
        one.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": f"{number:04}"}, "color": {"S": "x"}}})
    monkeypatch.setattr(shared_database, "_FILLING_SECONDS", 0.0)
    monkeypatch.setattr(index_filling, "STEP_ITEMS", 10)
    monkeypatch.setattr(one._housekeeping, "_is_wanted", threading.Event())
    one.execute("UpdateTable", COLOR_INDEX)
    delete = {"Delete": {"IndexName": "by_color"}}
    one.execute("UpdateTable", {"TableName": "tbl", "GlobalSecondaryIndexUpdates": [delete]})
    assert one._housekeeping.fill_indexes()
    assert "GlobalSecondaryIndexes" not in one.execute("DescribeTable", {"TableName": "tbl"})["Table"]
