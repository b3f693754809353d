"""Advice on local indexes, which share the partitions of their tables and cannot be dropped."""

from __future__ import annotations

from typing import Any

import minidynamo
from minidynamo.formats.short_tables import create_table_request
from tests.insight.test_advice import OF_C0, spoken

LOCAL: dict[str, Any] = create_table_request(
    "Log", {"key": ["pk S", "sk S"], "lsi": {"by_level": {"key": ["pk S", "level S"]}}}
)


def test_a_local_index_is_not_told_to_be_dropped() -> None:
    """It lives as long as its table."""
    database = minidynamo.connect()
    database.execute("CreateTable", LOCAL)
    client = database.client()
    with minidynamo.observe(database) as ledger:
        for number in range(120):
            item = {"pk": {"S": str(number)}, "sk": {"S": "0"}, "level": {"S": "warning"}}
            client.put_item(TableName="Log", Item=item, ConditionExpression="attribute_not_exists(pk)")
        client.query(TableName="Log", Limit=5, **OF_C0)
    assert spoken(ledger) == {
        "index": "the index by_level of Log took 120 write units and was never read: leave level out of items, unless "
        "others read it, as a local index can be dropped only with its table"
    }


def test_a_hot_key_is_told_once_where_local_indexes_share_it() -> None:
    database = minidynamo.connect()
    database.execute("CreateTable", LOCAL)
    client = database.client()
    with minidynamo.observe(database) as ledger:
        for number in range(150):
            item = {"pk": {"S": "c0" if number % 4 else str(number)}, "sk": {"S": str(number)}, "level": {"S": "low"}}
            client.put_item(TableName="Log", Item=item, ConditionExpression="attribute_not_exists(pk)")
    assert [each.text.partition(" takes ")[0] for each in ledger.advice()] == ["the key 'c0' of Log"]


def test_what_is_known_of_a_table_outlives_it() -> None:
    """Tests of a suite have databases of their own, in which tables come one after another."""
    with minidynamo.observe() as ledger:
        for _ in range(2):
            client = minidynamo.connect().client()
            client.create_table(**LOCAL)
            for number in range(60):
                item = {"pk": {"S": str(number)}, "sk": {"S": "0"}, "level": {"S": "warning"}}
                client.put_item(TableName="Log", Item=item, ConditionExpression="attribute_not_exists(pk)")
            client.query(TableName="Log", Limit=5, **OF_C0)
        minidynamo.connect().client().create_table(**create_table_request("Shop", {"key": ["pk S"]}))
    assert "leave level out of items" in spoken(ledger)["index"]
