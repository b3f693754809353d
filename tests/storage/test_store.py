"""Databases in files: what is there again, who may open them, and what the commands say about them."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import ManualClock, StoreError
from minidynamo.cli.command_line import main
from minidynamo.errors import InternalServerError
from minidynamo.storage.sqlite.map import SqliteMap
from tests.storage.filled_file import TABLE, fill, item


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


def test_wrong_parameters_are_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="there is no durability 'none': there are full, process"):
        minidynamo.connect(path, durability="none")
    with pytest.raises(ValueError, match="give a path"):
        minidynamo.connect(durability="full")


def test_what_is_no_regular_file_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe, and a link to one, is refused by whatever opens a database, and is still there."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        for is_read_only in (False, True):
            with pytest.raises(StoreError, match="it is no regular file, and a database is one"):
                minidynamo.connect(path, read_only=is_read_only)
        for command in ("info", "check"):
            assert main([command, str(path)]) == 2
            assert "no regular file" in capsys.readouterr().err
    assert pipe.is_fifo() and link.is_symlink()


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
