"""Files that are refused: of others, begun, newer, cut off, damaged, changed behind a database's back."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

import minidynamo
from minidynamo import StoreError
from minidynamo.cli.command_line import main
from minidynamo.errors import StoreDamaged
from tests.storage.filled_file import fill


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


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("kind", ["text", "short", "rollback journal", "log", "log in use"])
def test_nothing_is_made_beside_what_is_refused(kind: str, read_only: bool, tmp_path: Path) -> None:
    """No lock and no log; a log that belongs to it stays as it is."""
    path = tmp_path / "other.db"
    owner = sqlite3.connect(path)
    if kind in ("text", "short"):
        path.write_text("a text " * (200 if kind == "text" else 1))
    else:
        owner.execute("PRAGMA journal_mode = DELETE" if kind == "rollback journal" else "PRAGMA journal_mode = WAL")
        owner.executescript("CREATE TABLE t (a); PRAGMA wal_checkpoint = FULL; INSERT INTO t VALUES (1)")
    if kind != "log in use":
        owner.close()
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    with pytest.raises(StoreError):
        minidynamo.connect(path, read_only=read_only)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
    owner.close()


def test_a_clean_end_leaves_the_file_alone(path: Path) -> None:
    """Also where it has been made, read, or refused by settings meanwhile."""
    with minidynamo.connect(path) as database:
        fill(database, 1)
        with pytest.raises(ValueError, match="there is no wording"):
            minidynamo.connect(path, wording="old")
    with minidynamo.connect(path), pytest.raises(StoreError, match="in use"):
        minidynamo.connect(path)
    assert list(path.parent.iterdir()) == [path]


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


@pytest.mark.damaged
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


@pytest.mark.damaged
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
