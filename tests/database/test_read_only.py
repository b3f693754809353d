"""Reading a file beside the process that owns it."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import ManualClock, StoreError
from minidynamo.errors import AccessDenied, DatabaseClosed
from minidynamo.formats.short_tables import create_table_request
from minidynamo.requests.operations import WRITE, named

TABLE = create_table_request("tbl", {"key": ["pk S", "sk N"], "gsi": {"by_g": {"key": ["g S"]}}})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


def item(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"p{number % 3}"}, "sk": {"N": str(number)}, "g": {"S": "x"}}


def put(database: minidynamo.Database, *numbers: int) -> None:
    for number in numbers:
        database.execute("PutItem", {"TableName": "tbl", "Item": item(number)})


def count(database: minidynamo.Database, **request: str) -> int:
    return int(database.execute("Scan", {"TableName": "tbl", "Select": "COUNT", **request})["Count"])


def test_it_follows_its_owner(path: Path) -> None:
    """Items, splits, tables and indexes made after it was opened."""
    with minidynamo.connect(path, partition_size=500) as owner:
        owner.execute("CreateTable", TABLE)
        with minidynamo.connect(path, read_only=True) as reader:
            assert count(reader) == 0
            put(owner, *range(60))
            assert count(reader) == count(reader, IndexName="by_g") == 60
            assert len(reader.partitions("tbl")) == len(owner.partitions("tbl")) > 3
            owner.execute("CreateTable", {**TABLE, "TableName": "second"})
            assert reader.execute("ListTables", {})["TableNames"] == ["second", "tbl"]
            assert reader.execute("DescribeTable", {"TableName": "tbl"})["Table"]["ItemCount"] == 60
            owner.execute("DeleteTable", {"TableName": "second"})
            assert reader.client().list_tables()["TableNames"] == ["tbl"]
            reader.check()
            owner.execute("DeleteItem", {"TableName": "tbl", "Key": {"pk": {"S": "p0"}, "sk": {"N": "0"}}})
            assert count(reader) == 59


def test_writes_are_refused(path: Path) -> None:
    with minidynamo.connect(path) as owner:
        owner.execute("CreateTable", TABLE)
        snapshot = owner.snapshot()
    with minidynamo.connect(path, read_only=True) as reader:
        for operation in named(access=WRITE):
            with pytest.raises(
                AccessDenied, match=f"{operation} is not allowed: the database is open for reading only"
            ):
                reader.execute(operation, {})
        with pytest.raises(AccessDenied, match="expire"):
            reader.expire()
        with pytest.raises(AccessDenied, match="restore"):
            reader.restore(snapshot)
        assert {"PutItem", "UpdateTable", "TagResource", "TransactWriteItems"} <= named(access=WRITE)
        with pytest.raises(DatabaseClosed):
            reader.close()
            reader.execute("ListTables", {})


def test_the_file_may_have_an_owner_later(path: Path) -> None:
    """It takes no lock, and what it reads may be copied and forked."""
    with minidynamo.connect(path) as owner:
        owner.execute("CreateTable", TABLE)
        put(owner, 1, 2)
    with minidynamo.connect(path, read_only=True) as reader:
        fork = reader.fork()
        with minidynamo.connect(path) as owner:
            put(owner, 3)
        put(fork, 5, 6, 7)
        assert (count(reader), count(fork)) == (3, 5)
        reader.backup(path.with_name("copy.db"))
        fork.check()
        fork.close()
    with minidynamo.connect(path.with_name("copy.db")) as copy:
        assert count(copy) == 3


def test_a_status_passes_in_it_as_time_does(path: Path) -> None:
    """Though it cannot write that down."""
    clock = ManualClock()
    with minidynamo.connect(path, clock=clock, table_delays=10) as owner:
        owner.execute("CreateTable", TABLE)
        with minidynamo.connect(path, read_only=True, clock=clock) as reader:
            status = lambda: reader.execute("DescribeTable", {"TableName": "tbl"})["Table"]["TableStatus"]  # noqa: E731
            assert status() == "CREATING"
            clock.advance(20)
            assert status() == "ACTIVE"


def test_each_request_sees_one_state(path: Path) -> None:
    """Two items always change together; no reader ever sees one of them alone."""
    with minidynamo.connect(path, durability="process") as owner:
        owner.execute("CreateTable", TABLE)
        is_over = threading.Event()

        def write() -> None:
            for number in range(100_000):
                if is_over.is_set():
                    return
                puts = [
                    {"Put": {"TableName": "tbl", "Item": {**item(each), "n": {"N": str(number)}}}} for each in (1, 2)
                ]
                owner.execute("TransactWriteItems", {"TransactItems": puts})

        writer = threading.Thread(target=write)
        writer.start()
        try:
            with minidynamo.connect(path, read_only=True) as reader:
                seen: set[str] = set()
                for _ in range(100_000):
                    if len(seen) > 20:
                        break
                    found = reader.execute("Scan", {"TableName": "tbl"})["Items"]
                    assert len({each["n"]["N"] for each in found}) <= 1
                    seen |= {each["n"]["N"] for each in found}
        finally:
            is_over.set()
            writer.join()
        assert len(seen) > 20


def test_the_owner_leaves_a_whole_file_behind(path: Path) -> None:
    """Also where somebody goes on reading it: whoever copies the file alone has everything."""
    with minidynamo.connect(path) as owner:
        owner.execute("CreateTable", TABLE)
        reader = minidynamo.connect(path, read_only=True)
        put(owner, *range(50))
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    with minidynamo.connect(copy) as copied:
        assert count(copied) == count(reader) == 50
    reader.close()


def test_what_cannot_be_read_is_refused(path: Path) -> None:
    with pytest.raises(StoreError, match="there is no file"):
        minidynamo.connect(path, read_only=True)
    assert not path.exists()
    path.write_text("no database " * 1_000)
    with pytest.raises(StoreError, match=r"cannot open .* as a minidynamo database"):
        minidynamo.connect(path, read_only=True)
    with pytest.raises(ValueError, match="give a path"):
        minidynamo.connect(read_only=True)
    with pytest.raises(ValueError, match="leave it out"):
        minidynamo.connect(path, read_only=True, durability="full")


def test_a_file_nobody_can_write_to(path: Path) -> None:
    """Its folder is not writable either, so that SQLite can keep nothing beside it."""
    with minidynamo.connect(path) as owner:
        owner.execute("CreateTable", TABLE)
        put(owner, 1)
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        with minidynamo.connect(path, read_only=True) as reader:
            assert count(reader) == 1
        if os.geteuid() != 0:  # Root may write everywhere.
            with pytest.raises(StoreError, match="cannot lock"):
                minidynamo.connect(path)
    finally:
        path.parent.chmod(0o755)
