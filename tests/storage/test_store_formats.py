"""Files written by every released format open for ever, and hold what they held."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, ManualClock, PartitionInfo
from minidynamo.storage.sqlite.store_file import FORMAT_VERSION
from tests.storage.stores import write_store

STORES = sorted((Path(__file__).parent / "stores").glob("format-*.db"))


def counted(partitions: Sequence[PartitionInfo]) -> dict[str | None, int]:
    """How many items there are of a table, and of each of its indexes."""
    counts: dict[str | None, int] = {}
    for each in partitions:
        counts[each.index] = counts.get(each.index, 0) + each.item_count
    return counts


def partitions_of(database: Database) -> list[tuple[str | None, bytes, int]]:
    return [(each.index, each.start, each.item_count) for each in database.partitions("Orders")]


def stored_partitions(path: Path) -> list[tuple[str | None, bytes, int]]:
    """Those of the table Orders, the indexes after it in the order of their names, as they stand in a file."""
    statement = "SELECT name, start, item_count FROM maps JOIN keyspaces ON id = keyspace ORDER BY name, start"
    with closing(sqlite3.connect(path)) as connection:
        rows = [(name.partition("/"), start, count) for name, start, count in connection.execute(statement)]
    own = {table for (table, _, part), _, _ in rows if part == "index/by_state"}
    found = [(part, start, count) for (table, _, part), start, count in rows if table in own]
    items = [(None, start, count) for part, start, count in found if part == "table"]
    return [*items, *((part[6:], start, count) for part, start, count in found if part.startswith("index/"))]


def contents(database: Database) -> dict[str, Any]:
    """All that can be seen, without the ids that each new table gets."""
    execute = database.execute
    found: dict[str, Any] = {"tables": execute("ListTables", {})["TableNames"]}
    for name in found["tables"]:
        described = execute("DescribeTable", {"TableName": name})["Table"]
        del described["TableId"]
        found[name] = {
            "described": described,
            "items": execute("Scan", {"TableName": name})["Items"],
            "tags": execute("ListTagsOfResource", {"ResourceArn": described["TableArn"]})["Tags"],
            "expiry": execute("DescribeTimeToLive", {"TableName": name}),
            # Where they are cut is not compared: files of before are cut within collections, which now stay whole.
            "counts": counted(database.partitions(name)),
        }
    for index in ("by_state", "by_day"):
        found[index] = execute("Scan", {"TableName": "Orders", "IndexName": index})["Items"]
    return found


def test_the_present_format_is_kept() -> None:
    assert [each.name for each in STORES] == [f"format-{version + 1}.db" for version in range(FORMAT_VERSION)]


@pytest.mark.parametrize("kept", STORES, ids=lambda path: str(path.name))
def test_a_kept_file_opens_and_goes_on(kept: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    shutil.copy(kept, path)
    partition_size = write_store.PARTITION_SIZE
    fresh = minidynamo.connect(clock=ManualClock(), partition_size=partition_size)
    write_store.write(fresh)
    expected = contents(fresh)
    assert len(expected["Orders"]["items"]) == 61
    kept_partitions = stored_partitions(path)
    assert len(fresh.partitions("Orders")) >= 8 and len(kept_partitions) >= 8
    with minidynamo.connect(path, read_only=True, clock=ManualClock(), partition_size=partition_size) as database:
        assert contents(database) == expected
        assert partitions_of(database) == kept_partitions
    with minidynamo.connect(path, clock=ManualClock(), partition_size=partition_size) as database:
        database.check()
        database.execute("TransactWriteItems", write_store.TRANSACTION)  # Its token is known: nothing is done again.
        assert contents(database) == expected
        assert partitions_of(database) == kept_partitions
        database.execute("PutItem", {"TableName": "Orders", "Item": write_store.order(99)})
        database.check()
