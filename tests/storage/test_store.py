"""Databases in files: what stays, what is refused, and what happens when the disk fails."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import ManualClock, StoreError
from minidynamo.cli.command_line import main
from minidynamo.errors import InternalServerError, StorageFailure, StoreDamaged
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage.sqlite.engine import SqliteEngine
from minidynamo.storage.sqlite.map import SqliteMap

TABLE = create_table_request("tbl", {"key": ["pk S", "sk N"], "gsi": {"by_g": {"key": ["g S"]}}})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


def item(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"p{number % 3}"}, "sk": {"N": str(number)}, "g": {"S": "x"}, "b": {"B": b"\x00\xff"}}


def fill(database: minidynamo.Database, count: int) -> None:
    database.execute("CreateTable", TABLE)
    for number in range(count):
        database.execute("PutItem", {"TableName": "tbl", "Item": item(number)})


def test_everything_is_there_again(path: Path) -> None:
    """Tables with their ids, items, indexes, tags, time to live, tokens, partitions."""
    clock = ManualClock()
    with minidynamo.connect(path, clock=clock, partition_size=500) as database:
        fill(database, 50)
        described = database.execute("DescribeTable", {"TableName": "tbl"})
        arn = described["Table"]["TableArn"]
        database.execute("TagResource", {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]})
        setting = {"Enabled": True, "AttributeName": "ttl"}
        database.execute("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": setting})
        add = {"TableName": "tbl", "Key": {"pk": {"S": "c"}, "sk": {"N": "0"}}, "UpdateExpression": "ADD n :one"}
        update = {"Update": {**add, "ExpressionAttributeValues": {":one": {"N": "1"}}}}
        transaction = {"TransactItems": [update], "ClientRequestToken": "token"}
        database.execute("TransactWriteItems", transaction)
        described = database.execute("DescribeTable", {"TableName": "tbl"})
        partitions = database.partitions("tbl")
    with minidynamo.connect(path, clock=clock, partition_size=500) as database:
        database.check()
        assert database.execute("DescribeTable", {"TableName": "tbl"}) == described
        assert [(each.start, each.item_count) for each in database.partitions("tbl")] == [
            (each.start, each.item_count) for each in partitions
        ]
        assert len(partitions) > 3
        assert database.execute("ListTagsOfResource", {"ResourceArn": arn})["Tags"] == [{"Key": "a", "Value": "b"}]
        expiry = database.execute("DescribeTimeToLive", {"TableName": "tbl"})["TimeToLiveDescription"]
        assert expiry["AttributeName"] == "ttl"
        database.execute("TransactWriteItems", transaction)  # Known already.
        counted = database.execute("GetItem", {"TableName": "tbl", "Key": add["Key"]})["Item"]
        assert counted["n"] == {"N": "1"}
        found = database.execute("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "p1"}, "sk": {"N": "1"}}})
        assert found["Item"] == item(1)


def test_identifiers_never_come_twice(path: Path) -> None:
    """Though they are made from a seed."""
    seen = set()
    for turn in range(3):
        with minidynamo.connect(path) as database:
            name = f"table{turn}"
            database.execute("CreateTable", {**TABLE, "TableName": name})
            seen.add(database.execute("DescribeTable", {"TableName": name})["Table"]["TableId"])
            seen.add(database.new_request_id())
    assert len(seen) == 6


def test_a_deleted_table_leaves_nothing(path: Path) -> None:
    with minidynamo.connect(path) as database:
        fill(database, 5)
        database.execute("DeleteTable", {"TableName": "tbl"})
    with minidynamo.connect(path) as database:
        assert database.engine.keyspaces() == ["system"]
        assert database.execute("ListTables", {})["TableNames"] == []


def test_it_has_one_owner(path: Path) -> None:
    owned = rf"in use by process {os.getpid()}.*minidynamo serve --db"
    with minidynamo.connect(path), pytest.raises(StoreError, match=owned):
        minidynamo.connect(path)
    minidynamo.connect(path).close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_is_refused_and_its_parent_goes_on(path: Path) -> None:
    with minidynamo.connect(path) as database:
        fill(database, 3)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                database.execute("Scan", {"TableName": "tbl"})
                message = "was answered"
            except InternalServerError as error:
                message = error.message
            os.write(writing, message.encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(reading, 1000).decode().startswith("The database belongs to the process that opened it")
        database.execute("PutItem", {"TableName": "tbl", "Item": item(7)})
        assert database.execute("Scan", {"TableName": "tbl"})["Count"] == 4
        with pytest.raises(StoreError, match="in use"):
            minidynamo.connect(path)
    minidynamo.connect(path).close()


def test_other_files_are_refused(path: Path, tmp_path: Path) -> None:
    """And are left as they are."""
    path.write_text("just some text, long enough to be no header of SQLite's " * 20)
    with pytest.raises(StoreError, match="file is not a database"):
        minidynamo.connect(path)
    assert path.read_text().startswith("just some text")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    with pytest.raises(StoreError, match="not one of minidynamo's"):
        minidynamo.connect(other)
    with pytest.raises(StoreError, match="there is no folder"):
        minidynamo.connect(tmp_path / "nowhere" / "x.db")
    with pytest.raises(StoreError, match="it is a folder"):
        minidynamo.connect(tmp_path)


def test_a_file_that_was_only_begun_is_never_taken_for_new(path: Path) -> None:
    """As a process of an older version leaves it that is killed while it makes one."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    assert path.stat().st_size > 0
    for read_only in (False, True):
        with pytest.raises(StoreDamaged, match="it holds nothing"):
            minidynamo.connect(path, read_only=read_only)
    path.write_bytes(b"")  # Of no bytes, it is.
    with minidynamo.connect(path) as database:
        fill(database, 1)


def test_a_newer_format_is_refused(path: Path) -> None:
    minidynamo.connect(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"newer version of minidynamo \(format 99"):
        minidynamo.connect(path)


def test_a_truncated_file_is_refused(path: Path) -> None:
    with minidynamo.connect(path) as database:
        fill(database, 200)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(StoreError, match="cannot open"):
        minidynamo.connect(path).check()


def test_damaged_files_are_told_from_right_ones(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes changed at random: the command says so, or what they were part of was in no use. Nothing is left locked."""
    with minidynamo.connect(path) as database:
        fill(database, 200)
    right = path.read_bytes()
    chance = random.Random(1)
    verdicts = set()
    for _ in range(40):
        damaged = bytearray(right)
        for _ in range(20):
            damaged[chance.randrange(100, len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        verdicts.add(main(["check", str(path)]))
        assert "Traceback" not in capsys.readouterr().err
    assert verdicts >= {1}
    path.write_bytes(right)
    assert main(["check", str(path)]) == 0


def test_wrong_parameters_are_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="durability must be one of full, process"):
        minidynamo.connect(path, durability="none")
    with pytest.raises(ValueError, match="give a path"):
        minidynamo.connect(durability="full")


def test_a_database_that_could_not_be_opened_is_let_go_of(path: Path) -> None:
    with pytest.raises(ValueError, match="wording"):
        minidynamo.connect(path, wording="nonsense")
    minidynamo.connect(path).close()


def test_a_copy_is_one_moment(path: Path, tmp_path: Path) -> None:
    """Made while others write: it holds the first so many of their items, and nothing else."""
    with minidynamo.connect(path, durability="process") as database:
        fill(database, 300)
        is_over = threading.Event()

        def write() -> None:
            for number in range(300, 100_000):
                if is_over.is_set():
                    return
                database.execute("PutItem", {"TableName": "tbl", "Item": item(number)})

        writer = threading.Thread(target=write)
        writer.start()
        database.backup(tmp_path / "copy.db")
        is_over.set()
        writer.join()
        with pytest.raises(StoreError, match="never overwrites"):
            database.backup(tmp_path / "copy.db")
        count = database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})["Count"]
    with minidynamo.connect(tmp_path / "copy.db") as copy:
        copy.check()
        items = copy.execute("Scan", {"TableName": "tbl"})["Items"]
        assert 300 <= len(items) <= count
        assert sorted(int(each["sk"]["N"]) for each in items) == list(range(len(items)))


def test_a_database_in_memory_is_written_to_a_file(path: Path, tmp_path: Path) -> None:
    with minidynamo.connect(partition_size=500) as database:
        fill(database, 50)
        database.backup(path)
        items = database.execute("Scan", {"TableName": "tbl"})["Items"]
        assert [each.name for each in tmp_path.iterdir()] == ["shop.db"]
        with pytest.raises(StoreError, match="never overwrites"):
            database.backup(path)
    with minidynamo.connect(path, partition_size=500) as copy:
        copy.check()
        assert copy.execute("Scan", {"TableName": "tbl"})["Items"] == items
        assert len(copy.partitions("tbl")) > 3


@pytest.mark.parametrize("index", [None, "by_g"])
def test_a_long_read_holds_nobody_up(path: Path, monkeypatch: pytest.MonkeyPatch, index: str | None) -> None:
    """Others write, split and drop while it is under way; it reads what was there when it began."""
    with minidynamo.connect(path, partition_size=2_000) as database:
        fill(database, 200)
        is_reading, may_go_on = threading.Event(), threading.Event()
        whole = SqliteMap.range

        def slow(self: SqliteMap, *arguments: Any) -> Any:
            for entry in whole(self, *arguments):
                if threading.current_thread() is reader:
                    is_reading.set()
                    assert may_go_on.wait(20)
                yield entry

        found: list[Any] = []
        request = {"TableName": "tbl"} if index is None else {"TableName": "tbl", "IndexName": index}
        reader = threading.Thread(target=lambda: found.append(database.execute("Scan", request)))
        monkeypatch.setattr(SqliteMap, "range", slow)
        reader.start()
        assert is_reading.wait(20)
        for number in range(100, 400):
            database.execute("PutItem", {"TableName": "tbl", "Item": {**item(number), "t": {"S": "new"}}})
        for number in range(50):
            key = {name: item(number)[name] for name in ("pk", "sk")}
            database.execute("DeleteItem", {"TableName": "tbl", "Key": key})
        assert not found
        may_go_on.set()
        reader.join()
        assert sorted(int(each["sk"]["N"]) for each in found[0]["Items"]) == list(range(200))
        assert not any("t" in each for each in found[0]["Items"])
        assert database.execute("Scan", {**request, "Select": "COUNT"})["Count"] == 350


def test_the_commands_about_files(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with minidynamo.connect(path) as database:
        fill(database, 20)
        assert main(["check", str(path)]) == 0  # Beside its owner.
    assert main(["check", str(path)]) == 0
    assert "is right" in capsys.readouterr().out
    assert main(["info", str(path)]) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("tbl", "by_g", "20"))
    assert main(["info", str(tmp_path / "nowhere")]) == 2
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "text").write_text("no database " * 200)
    assert main(["check", str(tmp_path / "text")]) == 2


def test_check_finds_what_was_changed_behind_its_back(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An index entry without its item, here."""
    with minidynamo.connect(path) as database:
        fill(database, 20)
        (keyspace,) = database.catalog.table("tbl").keyspace.partitions
        table = f"keyspace_{keyspace.map.keyspace_id}"  # type: ignore[attr-defined]
    with sqlite3.connect(path) as connection:
        connection.execute(f"DELETE FROM {table} WHERE key = (SELECT min(key) FROM {table})")
    connection.close()
    assert main(["check", str(path)]) == 1
    assert "is damaged" in capsys.readouterr().err


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


def test_threads_share_a_sync(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where syncing is slow, many answers wait for one."""
    syncs = []
    sync = os.fsync

    def slow(file: int) -> None:
        time.sleep(0.01)
        syncs.append(file)
        sync(file)

    with minidynamo.connect(path) as database:
        fill(database, 1)
        monkeypatch.setattr(os, "fsync", slow)
        syncs.clear()

        def work(number: int) -> None:
            for turn in range(10):
                database.execute("PutItem", {"TableName": "tbl", "Item": item(number * 100 + turn)})

        threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        monkeypatch.undo()
        assert database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})["Count"] >= 160
    assert len(syncs) < 80


def test_an_answer_waits_for_what_it_saw(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read is not answered before the write it saw is on the disk; nor is an error."""
    may_sync = threading.Event()
    sync = os.fsync
    with minidynamo.connect(path) as database:
        fill(database, 1)

        def waiting(file: int) -> None:
            may_sync.wait(10)
            sync(file)

        monkeypatch.setattr(os, "fsync", waiting)
        request = {"TableName": "tbl", "Item": item(5)}
        key = {"pk": {"S": "p2"}, "sk": {"N": "5"}}
        guarded = {**request, "ConditionExpression": "attribute_not_exists(pk)"}
        answered: list[Any] = []

        def attempt(operation: str, members: Any) -> None:
            try:
                answered.append(database.execute(operation, members))
            except minidynamo.DynamoError as error:
                answered.append(error.code)

        threads = [threading.Thread(target=attempt, args=("PutItem", request))]
        threads[0].start()
        while database.catalog.table("tbl").keyspace.item_count < 2:
            time.sleep(0.001)
        threads += [
            threading.Thread(target=attempt, args=("GetItem", {"TableName": "tbl", "Key": key})),
            threading.Thread(target=attempt, args=("PutItem", guarded)),
        ]
        for thread in threads[1:]:
            thread.start()
        time.sleep(0.1)
        assert answered == []
        may_sync.set()
        for thread in threads:
            thread.join()
        assert sorted(map(str, answered)) == sorted(
            [str({}), str({"Item": item(5)}), "ConditionalCheckFailedException"]
        )
