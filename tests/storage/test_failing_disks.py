"""Disks that are full, refuse or fail: nothing that was promised is lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo.errors import InternalServerError, StorageFailure
from minidynamo.storage.sqlite.engine import SqliteEngine
from tests.storage.filled_file import fill, item


def test_a_full_disk_loses_nothing(path: Path) -> None:
    """Writes fail and say why, reads go on, and so do writes when there is room again."""
    with minidynamo.connect(path) as database:
        fill(database, 10)
        connection: Any = database.engine._connection  # type: ignore[attr-defined]
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        written = 10
        with pytest.raises(InternalServerError, match=r"could not be written: .*full\. Nothing has been changed"):
            for number in range(10, 1_000):
                large = {**item(number), "t": {"S": "." * 3_000}}
                database.execute("PutItem", {"TableName": "tbl", "Item": large})
                written += 1
        database.check()
        assert database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})["Count"] == written
        connection.execute("PRAGMA max_page_count = 1000000")
        database.execute("PutItem", {"TableName": "tbl", "Item": item(5_000)})
        assert database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})["Count"] == written + 1
    with minidynamo.connect(path) as database:
        database.check()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits on file sizes are POSIX's")
def test_a_disk_that_refuses_the_log_loses_nothing(path: Path) -> None:
    """The system itself fails to write, at any byte of the log; when it can again, so can the database."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with minidynamo.connect(path) as database:
        fill(database, 5)
        log = path.with_name("shop.db-wal")
        written = 5
        for room in (1, 30, 5_000, 8_300, 20_000):
            resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + room, hard))
            try:
                with pytest.raises(InternalServerError, match=r"could not be written: .*Nothing has been changed"):
                    for _ in range(10):
                        database.execute("PutItem", {"TableName": "tbl", "Item": item(written)})
                        written += 1
                found = database.execute("Scan", {"TableName": "tbl"})["Items"]
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            assert len(found) == written
            database.check()
            database.execute("PutItem", {"TableName": "tbl", "Item": item(written)})
            written += 1
    with minidynamo.connect(path) as database:
        database.check()
        assert database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})["Count"] == written


def test_a_split_that_fails_fails_no_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again later."""
    with minidynamo.connect(path, partition_size=500) as database:
        fill(database, 1)

        def failing(*arguments: Any) -> None:
            raise StorageFailure("no room")

        with monkeypatch.context() as patch:
            patch.setattr(SqliteEngine, "split", failing)
            for number in range(1, 30):
                database.execute("PutItem", {"TableName": "tbl", "Item": item(number)})
        assert len([each for each in database.partitions("tbl") if each.index is None]) == 1
        for number in range(30, 60):
            database.execute("PutItem", {"TableName": "tbl", "Item": item(number)})
        database.check()
        assert len([each for each in database.partitions("tbl") if each.index is None]) > 1
        assert database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})["Count"] == 60


def test_after_a_failed_sync_nothing_more_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with minidynamo.connect(path) as database:
        fill(database, 3)

        def failing(file: int) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(os, "fsync", failing)
        with pytest.raises(InternalServerError, match="Input/output error"):
            database.execute("PutItem", {"TableName": "tbl", "Item": item(3)})
        monkeypatch.undo()
        with pytest.raises(InternalServerError, match="nothing more is written"):
            database.execute("PutItem", {"TableName": "tbl", "Item": item(4)})
    with minidynamo.connect(path) as database:
        database.check()
        assert database.execute("Scan", {"TableName": "tbl"})["Count"] in (3, 4)
