"""Batches that are carried out in part."""

from __future__ import annotations

from typing import Any

import pytest

from minidynamo import DynamoError
from minidynamo.simulation import SimulatedDatabase, Unprocessed
from tests.simulation.small_table import entries_of, item, keys_of, put, query


@pytest.mark.parametrize("variant", range(9))
def test_a_batch_is_written_in_part(database: SimulatedDatabase, variant: int) -> None:
    database.faults.on("BatchWriteItem", fault=Unprocessed, variant=variant)
    response = database.execute("BatchWriteItem", {"RequestItems": {"tbl": entries_of("1", "2", "3")}})
    left = response["UnprocessedItems"]["tbl"]
    written = keys_of(query(database, ConsistentRead=True)["Items"])
    assert sorted(written + [each["PutRequest"]["Item"]["sk"]["S"] for each in left]) == ["1", "2", "3"]
    assert len(left) == variant % 3 + 1
    rest = database.execute("BatchWriteItem", {"RequestItems": response["UnprocessedItems"]})
    assert rest["UnprocessedItems"] == {}
    assert len(query(database, ConsistentRead=True)["Items"]) == 3


@pytest.mark.parametrize("variant", range(4))
def test_a_batch_is_read_in_part(database: SimulatedDatabase, variant: int) -> None:
    put(database, "a", "1")
    put(database, "a", "2")
    spec = {"Keys": [item("a", "1"), item("a", "2")], "ProjectionExpression": "sk", "ConsistentRead": True}
    database.faults.on("BatchGetItem", fault=Unprocessed, variant=variant)
    response = database.execute("BatchGetItem", {"RequestItems": {"tbl": spec}})
    left = response["UnprocessedKeys"]["tbl"]
    assert {**left, "Keys": spec["Keys"]} == spec
    found = [each["sk"]["S"] for each in response["Responses"]["tbl"]]
    assert sorted(found + keys_of(left["Keys"])) == ["1", "2"]


@pytest.mark.parametrize("operation", ["BatchWriteItem", "BatchGetItem"])
def test_all_of_a_batch_may_come_back(database: SimulatedDatabase, operation: str) -> None:
    entries: Any = entries_of("1", "2") if operation == "BatchWriteItem" else {"Keys": [item("a", "1"), item("a", "2")]}
    database.faults.on(operation, fault=Unprocessed, variant=1)
    request = {"RequestItems": {"tbl": entries}, "ReturnConsumedCapacity": "TOTAL"}
    response = database.execute(operation, request)
    left = response.pop("UnprocessedItems" if operation == "BatchWriteItem" else "UnprocessedKeys")
    assert left == {"tbl": entries}
    nothing = {"ConsumedCapacity": []}
    assert response == (nothing if operation == "BatchWriteItem" else {**nothing, "Responses": {"tbl": []}})


def test_a_wrong_batch_is_refused_as_a_whole(database: SimulatedDatabase) -> None:
    database.faults.on("BatchWriteItem", fault=Unprocessed, variant=1, times=None)
    for entries in (entries_of("1", "1"), [*entries_of("1"), {"DeleteRequest": {"Key": {"pk": {"S": "a"}}}}]):
        with pytest.raises(DynamoError) as raised:
            database.execute("BatchWriteItem", {"RequestItems": {"tbl": entries}})
        assert raised.value.code == "ValidationException"
    assert query(database, ConsistentRead=True)["Count"] == 0
