"""What takes its time: answers, tables, indexes, expiry."""

from __future__ import annotations

import pytest

from minidynamo import DynamoError
from minidynamo.simulation import ControlLimit, Latency, SimulatedDatabase, SlowTable, TtlDelay
from tests.simulation.small_table import TABLE, get, item, last_choices, put


def test_slow_answers_move_the_clock(database: SimulatedDatabase) -> None:
    before = database.clock.now()
    database.faults.on("GetItem", fault=Latency)
    get(database, "a")
    assert database.clock.now() == before + last_choices(database)["latency"]["seconds"]


def test_tables_take_their_time(database: SimulatedDatabase) -> None:
    database.faults.on("CreateTable", fault=SlowTable)
    database.execute("CreateTable", {**TABLE, "TableName": "slow"})
    with pytest.raises(DynamoError, match="Requested resource not found"):
        database.execute("GetItem", {"TableName": "slow", "Key": item("a")})
    database.faults.on("CreateTable", fault=ControlLimit, times=None)
    with pytest.raises(DynamoError, match="Subscriber limit exceeded"):
        database.execute("CreateTable", {**TABLE, "TableName": "next"})
    with pytest.raises(DynamoError) as raised:
        database.execute("CreateTable", {**TABLE, "TableName": "slow"})
    assert raised.value.code == "ResourceInUseException"
    database.client().get_waiter("table_exists").wait(TableName="slow")
    database.execute("GetItem", {"TableName": "slow", "Key": item("a")})


def test_a_new_index_is_filled_in_its_time(database: SimulatedDatabase) -> None:
    put(database, "a", h="x")
    create = {
        "IndexName": "by_h",
        "KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    database.faults.on("UpdateTable", fault=SlowTable)
    request = {
        "TableName": "tbl",
        "AttributeDefinitions": [{"AttributeName": "h", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": create}],
    }
    database.execute("UpdateTable", request)
    with pytest.raises(DynamoError, match="Cannot read from backfilling global secondary index: by_h"):
        database.execute("Scan", {"TableName": "tbl", "IndexName": "by_h"})
    with pytest.raises(DynamoError) as raised:
        database.execute("UpdateTable", request)
    assert raised.value.code in ("ResourceInUseException", "LimitExceededException")
    get(database, "a")
    database.clock.advance(3600)
    assert database.execute("Scan", {"TableName": "tbl", "IndexName": "by_h"})["Count"] == 1


def test_expired_items_stay_a_while(database: SimulatedDatabase) -> None:
    specification = {"Enabled": True, "AttributeName": "ttl"}
    database.execute("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": specification})
    expiring = {**item("a"), "ttl": {"N": str(int(database.clock.now()) - 1)}}
    database.execute("PutItem", {"TableName": "tbl", "Item": expiring})
    database.faults.on(fault=TtlDelay, variant=3)
    assert database.expire() == 0
    database.clock.advance(47 * 3600)
    assert database.expire() == 0
    database.clock.advance(2 * 3600)
    assert database.expire() == 1
