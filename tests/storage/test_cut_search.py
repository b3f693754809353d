"""Partitions that are cut while they are written to: the halves hold what their maps say, whatever came in between."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database
from minidynamo.errors import ItemCollectionSizeLimitExceeded
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage.cut_search import CutSearch
from minidynamo.storage.keyspace import Keyspace
from minidynamo.values.key_bytes import TOKEN_BYTES

KEYS = st.tuples(st.sampled_from("abcdef"), st.integers(0, 9))
WRITES = st.lists(st.tuples(KEYS, st.none() | st.integers(0, 300)), min_size=10, max_size=120)


@contextmanager
def opened(is_durable: bool, partition_size: int = 500) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = minidynamo.connect(Path(folder) / "store.db" if is_durable else None, partition_size=partition_size)
        yield database
        database.close()


def write(database: Database, key: tuple[str, int], size: int | None) -> None:
    key_item = {"pk": {"S": key[0]}, "sk": {"N": str(key[1])}}
    if size is None:
        database.execute("DeleteItem", {"TableName": "tbl", "Key": key_item})
    else:
        item: dict[str, Any] = {**key_item, "g": {"N": str(size % 3)}, "d": {"S": "." * size}}
        database.execute("PutItem", {"TableName": "tbl", "Item": item})


@settings(max_examples=60)
@given(WRITES, st.integers(1, 4), st.booleans(), st.booleans())
def test_writes_between_the_steps(
    writes: list[tuple[tuple[str, int], int | None]], step: int, has_local: bool, is_durable: bool
) -> None:
    short: dict[str, Any] = {"key": ["pk S", "sk N"], "gsi": {"by_g": {"key": ["g N"]}}}
    if has_local:
        short["lsi"] = {"by_l": {"key": ["pk S", "g N"]}}
    with pytest.MonkeyPatch.context() as patch, opened(is_durable) as database:
        patch.setattr("minidynamo.storage.keyspace._STEP_RECORDS", step)
        database.execute("CreateTable", create_table_request("tbl", short))
        model = {}
        for number, (key, size) in enumerate(writes):
            with suppress(ItemCollectionSizeLimitExceeded):  # With an LSI a collection must fit into a partition.
                write(database, key, size)
                model[key] = size
            if number % 10 == 0:
                database.check()
            if number == len(writes) // 2:
                database.restore(database.snapshot())
        database.check()
        found = database.execute("Scan", {"TableName": "tbl"})["Items"]
        there = {(each["pk"]["S"], int(each["sk"]["N"])): len(each["d"]["S"]) for each in found}
        assert there == {key: size for key, size in model.items() if size is not None}


def table_of(database: Database, count: int) -> Keyspace:
    database.execute("CreateTable", create_table_request("tbl", {"key": ["pk S", "sk N"]}))
    for number in range(count):
        write(database, (str(number), 0), 40)
    return database.catalog.tables["tbl"].keyspace


@pytest.mark.parametrize("is_durable", [False, True])
def test_no_write_looks_at_more_than_a_step(is_durable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a large partition is cut in the end, at its middle."""
    monkeypatch.setattr("minidynamo.storage.keyspace._STEP_RECORDS", 10)
    with opened(is_durable, partition_size=20_000) as database:
        keyspace = table_of(database, 5)
        walked = []
        advance = CutSearch.advance
        monkeypatch.setattr(CutSearch, "advance", lambda self, *steps: walked.append(steps) or advance(self, *steps))
        for number in range(500):
            write(database, (f"x{number}", 0), 40)
        assert len(walked) > 10 and {records for records, _ in walked} == {10}
        assert len(keyspace.partitions) == 2
        one, two = (each.map.item_count for each in keyspace.partitions)
        assert abs(one - two) <= 0.2 * (one + two)
        database.check()


def test_a_partition_that_shrinks_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minidynamo.storage.keyspace._STEP_RECORDS", 2)
    with opened(is_durable=False) as database:
        keyspace = table_of(database, 11)
        (partition,) = keyspace.partitions
        assert partition.search is not None
        for number in range(11):
            write(database, (str(number), 0), None)
        assert partition.search is None and keyspace.partitions == [partition]


def test_steps_are_bounded_by_bytes() -> None:
    """Records of 400 KB are not read a thousand at a time."""
    with opened(is_durable=False) as database:
        keyspace = table_of(database, 9)
        search = CutSearch(keyspace.partitions[0].map, keeps_collections_whole=False)
        assert not search.advance(1_000, 100)
        assert search.cut is not None and search.cut.size_bytes <= 200
        assert len(search.cut.key) > TOKEN_BYTES


def test_a_collection_that_stays_whole_is_cut_off_with_all_that_comes_into_it() -> None:
    """Also with what comes before its first item."""
    with opened(is_durable=False, partition_size=4_000) as database:
        short = {"key": ["pk S", "sk N"], "lsi": {"by_l": {"key": ["pk S", "g N"], "projection": "KEYS_ONLY"}}}
        database.execute("CreateTable", create_table_request("tbl", short))
        for number in range(30, 0, -1):
            for key in "abcdefgh":
                write(database, (key, number), 10)
        keyspace = database.catalog.tables["tbl"].keyspace
        assert len(keyspace.partitions) >= 2
        homes: dict[bytes, set[int]] = {}
        for number, partition in enumerate(keyspace.partitions):
            for key_bytes, _ in partition.map.range(None, None):
                homes.setdefault(key_bytes[:TOKEN_BYTES], set()).add(number)
        assert all(len(each) == 1 for each in homes.values())
        database.check()
