"""Checks of tables: what they find, what they tell, and that they take no more memory for more items."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from minidynamo import Database
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage.engine import Batch
from minidynamo.values.records import checked_record

SHORT = {"key": ["pk S"], "gsi": {"by_g": {"key": ["g N"], "projection": "KEYS_ONLY"}, "all": {"key": ["g N"]}}}


@pytest.fixture
def filled(open_database: Callable[..., Database]) -> Callable[[int], Database]:
    def fill(count: int) -> Database:
        database = open_database()
        database.execute("CreateTable", create_table_request("tbl", SHORT))
        for first in range(0, count, 25):
            items = [
                {"pk": {"S": str(n)}, "g": {"N": str(n % 7)}, "d": {"S": "." * 99}} for n in range(first, first + 25)
            ]
            puts = [{"PutRequest": {"Item": each}} for each in items]
            database.execute("BatchWriteItem", {"RequestItems": {"tbl": puts}})
        return database

    return fill


def test_whoever_wants_is_told_how_far_a_check_has_come(filled: Callable[[int], Database]) -> None:
    told: list[int] = []
    filled(2_500).check(told.append)
    assert told == [1_000, 1_000, 500]


def test_a_check_takes_little_memory(filled: Callable[[int], Database]) -> None:
    database = filled(3_000)
    tracemalloc.start()
    try:
        database.check()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.damaged
@pytest.mark.parametrize("index", ["by_g", "all"])
@pytest.mark.parametrize("what", ["lost", "added", "changed"])
def test_entries_that_differ_are_found(filled: Callable[[int], Database], index: str, what: str) -> None:
    database = filled(25)
    keyspace = database.catalog.tables["tbl"].indexes[index].keyspace
    key, record = next(keyspace.range(b"", None))
    batch = Batch()
    other = checked_record({"pk": {"S": "x"}, "g": {"N": "9"}})[1]
    if what == "lost":
        batch.delete(keyspace.name, key, int.from_bytes(record[:3], "big"))
    elif what == "added":
        batch.put(keyspace.name, key + b"\x01", other, int.from_bytes(other[:3], "big"), 1)
    else:
        change = int.from_bytes(other[:3], "big") - int.from_bytes(record[:3], "big")
        batch.put(keyspace.name, key, other, change, 0)
    database.engine.commit(batch)
    with pytest.raises(AssertionError, match=f"index {index} differs from the items of tbl"):
        database.check()
