"""Mutants: which tests notice them, and that they go as they came."""

from __future__ import annotations

from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.testing import mutants, run_mutants
from tests.testing.kit_tables import COUNTER, KEYS, SCHEMA, STREAMING


def thorough(database: Database) -> None:
    """A test that needs every promise."""
    client, seen = database.client(), []
    if "tbl" not in client.list_tables()["TableNames"]:
        client.create_table(**STREAMING)
    database.on_stream("tbl", lambda event, context: seen.extend(event["Records"]))
    entries = [{"pk": {"S": "a"}, "sk": {"N": str(n)}, "g": {"S": "x"}, "h": {"B": b"h"}} for n in range(4)]
    client.batch_write_item(RequestItems={"tbl": [{"PutRequest": {"Item": item}} for item in entries]})
    database.drain()
    assert len(seen) == 4
    condition = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
    assert [item["sk"]["N"] for item in client.query(TableName="tbl", **condition)["Items"]] == ["0", "1", "2", "3"]
    assert "LastEvaluatedKey" in client.query(TableName="tbl", Limit=2, **condition)
    values = {":p": {"S": "a"}, ":g": {"S": "y"}}
    query = {**condition, "FilterExpression": "g = :g", "ExpressionAttributeValues": values}
    assert client.query(TableName="tbl", **query)["Items"] == []
    assert client.scan(TableName="tbl", IndexName="by_g")["Count"] == 4
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.put_item(TableName="tbl", Item=entries[0], ConditionExpression="attribute_not_exists(pk)")
    key, other = ({name: entry[name] for name in ("pk", "sk")} for entry in entries[:2])
    client.put_item(TableName="tbl", Item={**entries[0], "n": {"N": "1"}})
    assert client.get_item(TableName="tbl", Key=key, ConsistentRead=True)["Item"]["n"] == {"N": "1"}
    client.transact_write_items(
        TransactItems=[{"Update": {"TableName": "tbl", "Key": each, **COUNTER}} for each in (key, other)]
    )
    assert client.get_item(TableName="tbl", Key=other, ConsistentRead=True)["Item"]["n"] == {"N": "1"}
    assert client.get_item(TableName="tbl", Key=key, ConsistentRead=True)["Item"]["n"] == {"N": "2"}
    client.delete_item(TableName="tbl", Key=key)
    assert client.query(TableName="tbl", **condition)["Count"] == 3


def test_a_thorough_test_notices_every_mutant() -> None:
    report = run_mutants(thorough)
    assert report.survivors == [], str(report)
    assert str(report).endswith(f"{len(mutants())} of {len(mutants())} mutants noticed")


def test_a_careless_test_lets_mutants_live() -> None:
    def careless(database: Database) -> None:
        SCHEMA.create(database)
        database.execute("PutItem", {"TableName": "tbl", "Item": KEYS[0]})
        assert database.execute("GetItem", {"TableName": "tbl", "Key": KEYS[0]})["Item"] == KEYS[0]

    report = run_mutants(careless)
    assert len(report.survivors) == len(mutants())
    assert "SURVIVED  drops_condition" in str(report)
    only = run_mutants(careless, only=["ends_paging"])
    assert [mutant.name for mutant in only.survivors] == ["ends_paging"]


def test_mutants_read_files_of_others(tmp_path: Any) -> None:
    with minidynamo.connect(tmp_path / "store.db", durability="process") as owner:
        SCHEMA.create(owner)
        for mutant in mutants():
            with mutant.active(), minidynamo.connect(tmp_path / "store.db", read_only=True) as reader:
                assert reader.execute("Scan", {"TableName": "tbl"})["Count"] == 0


def test_mutants_go_as_they_came() -> None:
    before = (Database.execute, Database.on_stream)
    run_mutants(lambda database: None)
    assert (Database.execute, Database.on_stream) == before
    with pytest.raises(ValueError, match="there is no mutant x"):
        run_mutants(lambda database: None, only=["x"])
    with pytest.raises(ValueError, match="the test fails on a sound database: ZeroDivisionError"):
        run_mutants(lambda database: 1 / 0)
