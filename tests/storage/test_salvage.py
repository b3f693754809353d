"""Reading past damage, salvaging what is right, and copies that refuse damage."""

from __future__ import annotations

import logging
import random
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database, DynamoError, StoreError
from minidynamo.cli.command_line import main
from minidynamo.database.salvage import salvage
from minidynamo.formats.short_tables import create_table_request
from tests.crash.test_bit_flips import HEADER_BYTES, PAGE_BYTES
from tests.storage.damaged_stores import damage_record

pytestmark = pytest.mark.damaged

SHORT = {"key": ["pk S"], "gsi": {"by_g": {"key": ["g S"]}}}
COUNT = 60


def fill(path: Path, count: int = COUNT, filler: str = "") -> None:
    with minidynamo.connect(path) as database:
        stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
        database.execute("CreateTable", {**create_table_request("tbl", SHORT), "StreamSpecification": stream})
        for number in range(count):
            values = {"pk": f"item {number:05}", "g": f"g{number % 3}", "t": f"text {number:05}{filler}"}
            item = {name: {"S": text} for name, text in values.items()}
            database.execute("PutItem", {"TableName": "tbl", "Item": item})


def keys(database: Database, **index: str) -> set[str]:
    pages = database.client().get_paginator("scan").paginate(TableName="tbl", **index)
    return {item["pk"]["S"] for page in pages for item in page["Items"]}


@pytest.fixture
def damaged_file(tmp_path: Path) -> Path:
    """Of an item, of another's entry in the index, and of both of a third."""
    path = tmp_path / "shop.db"
    fill(path)
    damage_record(path, b"text 00007")
    damage_record(path, b"text 00008", "/index/by_g")
    damage_record(path, b"text 00009")
    damage_record(path, b"text 00009", "/index/by_g")
    return path


@pytest.mark.parametrize("read_only", [False, True])
def test_reads_go_past_damage_where_they_are_told_to(
    damaged_file: Path, read_only: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """They count what they go past, and log it once; a read of that very item still fails."""
    caplog.set_level(logging.WARNING, "minidynamo.storage")
    with minidynamo.connect(damaged_file, on_damage="skip", read_only=read_only) as database:
        for _ in range(2):
            assert len(keys(database)) == COUNT - 2
            assert len(keys(database, IndexName="by_g")) == COUNT - 2
        assert database.skipped_count == 4
        with pytest.raises(DynamoError, match=r"item 00007.* is damaged"):
            database.execute("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "item 00007"}}})
    assert len(caplog.records) == 4
    assert 'The item {"pk": {"S": "item 00007"}} of table tbl is damaged' in caplog.text
    assert 'The entry of index by_g for the item {"pk": {"S": "item 00008"}} of table tbl is damaged' in caplog.text


@pytest.mark.parametrize("read_only", [False, True])
def test_a_fork_counts_what_its_reads_go_past(damaged_file: Path, read_only: bool) -> None:
    with minidynamo.connect(damaged_file, on_damage="skip", read_only=read_only) as database:
        with database.fork() as fork, fork.fork() as another:
            assert len(keys(another)) == COUNT - 2
            assert another.skipped_count == fork.skipped_count == 2
        assert minidynamo.connect().skipped_count == 0


def test_damage_is_told_unless_asked_otherwise(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no on_damage 'ignore': there are raise, skip"):
        minidynamo.connect(tmp_path / "shop.db", on_damage="ignore")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="on_damage is for a database in a file"):
        minidynamo.connect(on_damage="skip")


def test_what_can_be_read_is_salvaged(damaged_file: Path, tmp_path: Path) -> None:
    """All items but the damaged ones, each with its entries; times, ids and changes are those of the damaged file."""
    before = damaged_file.read_bytes()
    report = salvage(damaged_file, tmp_path / "new.db")
    assert (report.tables, report.lost, report.count) == ({"tbl": COUNT - 2}, {"tbl": 2}, 4)
    assert 'The item {"pk": {"S": "item 00009"}} of table tbl' in report.damaged
    assert 'The entry of index by_g for the item {"pk": {"S": "item 00008"}} of table tbl' in report.damaged
    assert damaged_file.read_bytes() == before
    with minidynamo.connect(tmp_path / "new.db") as new, minidynamo.connect(damaged_file, read_only=True) as old:
        new.check()
        expected = {f"item {number:05}" for number in range(COUNT)} - {"item 00007", "item 00009"}
        assert keys(new) == keys(new, IndexName="by_g") == expected
        described = [each.execute("DescribeTable", {"TableName": "tbl"})["Table"] for each in (new, old)]
        assert described[0]["TableId"] == described[1]["TableId"]
        new.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "item 00007"}}})
        new.check()


@pytest.mark.parametrize("seed", range(8))
def test_pages_that_make_no_sense_are_gone_past(tmp_path: Path, seed: int) -> None:
    """Bytes of whole pages are lost; what comes out is sound, and holds nothing that was not stored."""
    path, new = tmp_path / "shop.db", tmp_path / "new.db"
    fill(path, 400, "." * 200)
    data, chance = bytearray(path.read_bytes()), random.Random(seed)
    pages = len(data) // PAGE_BYTES
    for _ in range(2):
        start = chance.randrange(2, pages) * PAGE_BYTES
        data[start : start + HEADER_BYTES] = chance.randbytes(HEADER_BYTES)
    path.write_bytes(data)
    try:
        report = salvage(path, new)
    except StoreError as error:  # What describes the tables was there.
        assert "damaged" in str(error)
        return
    with minidynamo.connect(new) as database:
        database.check()
        stored = {f"item {number:05}" for number in range(400)}
        if "tbl" in report.tables:
            assert keys(database) <= stored
            assert len(keys(database)) == report.tables["tbl"]


def test_a_backup_refuses_damage(damaged_file: Path, tmp_path: Path) -> None:
    with minidynamo.connect(damaged_file) as database:
        with pytest.raises(StoreError, match=r"no copy is made: The .* is damaged. Give allow_damage=True"):
            database.backup(tmp_path / "copy.db")
        assert not (tmp_path / "copy.db").exists()
        database.backup(tmp_path / "copy.db", allow_damage=True)
        with pytest.raises(StoreError, match=r"shop.db is damaged. The .* is damaged: it is not what was written"):
            database.check()


def test_the_commands_say_what_is_damaged(
    damaged_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(damaged_file)]) == 1
    assert "is damaged: it is not what was written" in capsys.readouterr().err
    assert main(["salvage", str(damaged_file), str(tmp_path / "new.db")]) == 1
    out = capsys.readouterr().out
    assert "4 place(s) could not be read" in out and "item 00007" in out
    assert main(["check", str(tmp_path / "new.db")]) == 0
    assert main(["salvage", str(tmp_path / "new.db"), str(tmp_path / "again.db")]) == 0
    assert "Everything could be read." in capsys.readouterr().out
    assert main(["salvage", str(damaged_file), str(tmp_path / "new.db")]) == 2
    assert main(["salvage", str(tmp_path / "nothing.db"), str(tmp_path / "newer.db")]) == 2
    assert [line.partition(": ")[0] for line in capsys.readouterr().err.splitlines()] == ["minidynamo"] * 2


@pytest.mark.parametrize("occurrence", [0, 7, 20, 29, 45, 59])
def test_indexes_are_made_anew(tmp_path: Path, occurrence: int) -> None:
    """A key that has changed, and with it the order of rows, leaves indexes that fit the items."""
    path, count = tmp_path / "shop.db", 30
    with minidynamo.connect(path) as database:
        short = {"key": ["p S", "s N"], "gsi": {"by_g": {"key": ["g S"]}}}
        database.execute("CreateTable", create_table_request("tbl", short))
        for number in range(count):
            item = {"p": {"S": "one"}, "s": {"N": str(number)}, "g": {"S": f"g{number % 4}"}}
            database.execute("PutItem", {"TableName": "tbl", "Item": item})
        key, _ = next(iter(database.catalog.tables["tbl"].keyspace.range(b"", None)))
    data, place = bytearray(path.read_bytes()), -1
    for _ in range(occurrence + 1):
        place = data.index(key[:4], place + 1)
    data[place] ^= 0x6C
    path.write_bytes(data)
    report = salvage(path, tmp_path / "new.db")
    with minidynamo.connect(tmp_path / "new.db") as new:
        new.check()
        assert new.execute("Scan", {"TableName": "tbl", "IndexName": "by_g"})["Count"] == report.tables["tbl"]
    assert report.tables["tbl"] >= count - 1


@pytest.fixture
def headless_file(tmp_path: Path) -> Path:
    """Of a table whose definition is damaged, beside another one."""
    path = tmp_path / "shop.db"
    fill(path)
    with minidynamo.connect(path) as database:
        database.execute("CreateTable", create_table_request("other", {"key": ["pk S"]}))
    assert damage_record(path, b"by_g", "system") == 1
    return path


def test_a_damaged_definition_is_named_with_its_remedy(
    headless_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That is damage, and not a mistake of who opens the file."""
    with pytest.raises(StoreError, match=r"definition of table tbl is not what was written. minidynamo salvage"):
        minidynamo.connect(headless_file)
    assert main(["check", str(headless_file)]) == 1
    assert main(["salvage", str(headless_file), str(tmp_path / "new.db")]) == 1
    captured = capsys.readouterr()
    assert "--tables gives a template" in captured.err
    assert f"{COUNT} items in" in captured.out and "The definition of table tbl" in captured.out
    with minidynamo.connect(tmp_path / "new.db") as new:
        assert new.tables == ["other"]


@pytest.mark.parametrize("others", [[], ["tbl2"]])
def test_a_declared_table_has_its_items_again(headless_file: Path, tmp_path: Path, others: list[str]) -> None:
    """By name, key and indexes, whatever else is declared; its stream goes on."""

    def declare(database: Database) -> None:
        for name in ("tbl", "other", *others):
            database.execute("CreateTable", create_table_request(name, SHORT))

    report = salvage(headless_file, tmp_path / "new.db", declare=declare)
    assert (report.tables, report.unassigned, report.fault) == ({"tbl": COUNT, "other": 0}, {}, "")
    with minidynamo.connect(tmp_path / "new.db") as new:
        assert len(keys(new, IndexName="by_g")) == COUNT
        assert new.execute("DescribeTable", {"TableName": "tbl"})["Table"]["StreamSpecification"]["StreamEnabled"]


@pytest.mark.parametrize("key", ["other S", "pk N"])
def test_items_go_to_no_table_of_another_key(headless_file: Path, tmp_path: Path, key: str) -> None:
    def declare(database: Database) -> None:
        database.execute("CreateTable", create_table_request("tbl", {"key": [key]}))

    report = salvage(headless_file, tmp_path / "new.db", declare=declare)
    assert list(report.unassigned.values()) == [COUNT]
    assert (report.tables, report.fault) == ({"other": 0}, "")
