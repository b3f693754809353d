"""Copies are whole or absent: what is unfinished, fails, or is made by several at once stands for no database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import History, StoreError
from minidynamo.cli.command_line import main
from minidynamo.errors import StoreDamaged
from minidynamo.storage import whole_file as whole_files
from minidynamo.storage.whole_file import whole_file
from tests.crash.copied_file import count_of, fill


def begun_copy(folder: Path) -> Path:
    """A file made in place, as it is when its process is killed: pages, and a journal that would undo all of them.

    So did copies look that were made straight under their own name.
    """
    source, copy = folder / "source.db", folder / "copy.db"
    with minidynamo.connect(source) as database:
        fill(database, 40)
    script = (
        "import os, signal, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size = 1'); c.execute('BEGIN'); c.execute('CREATE TABLE t (a)')\n"
        "for n in range(200): c.execute('INSERT INTO t VALUES (?)', ('x' * 5000,))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, str(copy)], check=False)
    journal = copy.with_name("copy.db-journal")
    assert copy.stat().st_size > 0
    assert journal.stat().st_size > 0
    return copy


def test_an_unfinished_copy_never_opens_as_an_empty_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = begun_copy(tmp_path)
    before = copy.read_bytes()
    with pytest.raises(StoreDamaged, match="a copy that was never finished"):
        minidynamo.connect(copy)
    with pytest.raises(StoreDamaged, match="never finished"):
        minidynamo.connect(copy, read_only=True)
    assert copy.read_bytes() == before
    assert main(["check", str(copy)]) == 1
    assert "damaged" in capsys.readouterr().err


def test_a_whole_copy_with_a_hot_journal_is_damage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a power cut leaves it that undoes the deletion of the journal."""
    copy = begun_copy(tmp_path)
    with minidynamo.connect(tmp_path / "source.db") as database:
        copy.unlink()
        journal = copy.with_name("copy.db-journal").read_bytes()
        database.backup(copy)
    copy.with_name("copy.db-journal").write_bytes(journal)
    assert main(["check", str(copy)]) == 1
    assert "journal" in capsys.readouterr().err
    with pytest.raises(StoreDamaged):
        minidynamo.connect(copy)
    copy.with_name("copy.db-journal").unlink()
    assert count_of(copy) == 40


def test_a_journal_of_an_older_copy_does_not_undo_a_new_one(tmp_path: Path) -> None:
    copy = begun_copy(tmp_path)
    copy.unlink()
    with minidynamo.connect(tmp_path / "source.db") as database:
        database.backup(copy)
    assert count_of(copy) == 40
    empty = tmp_path / "empty.db"
    empty.touch()
    (tmp_path / "again").mkdir()
    begun = begun_copy(tmp_path / "again")
    shutil.copy(begun.with_name("copy.db-journal"), tmp_path / "empty.db-journal")
    with minidynamo.connect(empty) as database:
        fill(database, 3)
    assert count_of(empty) == 3


def test_a_log_without_its_file_is_not_thrown_away(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    log = tmp_path / "shop.db-wal"
    log.write_bytes(b"commits")
    with pytest.raises(StoreError, match="without the data of"):
        minidynamo.connect(path)
    with minidynamo.connect() as database, pytest.raises(StoreError, match="the log of a database that was moved"):
        database.backup(path)
    assert log.read_bytes() == b"commits"
    assert not path.exists()


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(file: int) -> None:
        raise OSError(28, "No space left on device")

    for turn, open_one in enumerate((lambda: minidynamo.connect(tmp_path / "a.db"), minidynamo.connect)):
        folder = tmp_path / str(turn)
        folder.mkdir()
        with open_one() as database:
            fill(database, 3)
            with monkeypatch.context() as patch:
                patch.setattr(whole_files, "sync_file", failing)
                with pytest.raises(StoreError, match="No space left"):
                    database.backup(folder / "copy.db")
            assert list(folder.iterdir()) == []
            database.backup(folder / "copy.db")
            assert [each.name for each in folder.iterdir()] == ["copy.db"]
            assert count_of(folder / "copy.db") == 3


def test_two_copies_to_one_name_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them gets it, and the other is told."""
    with minidynamo.connect() as database:
        fill(database, 3)
        target = tmp_path / "copy.db"

        def interrupted(file: int) -> None:
            with monkeypatch.context() as patch:
                patch.setattr(whole_files, "sync_file", lambda file: None)
                database.backup(target)

        monkeypatch.setattr(whole_files, "sync_file", interrupted)
        with pytest.raises(StoreError, match="never overwrites"):
            database.backup(target)
        monkeypatch.undo()
    assert count_of(target) == 3


def test_a_file_system_without_links_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*names: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refusing)
    with minidynamo.connect() as database:
        fill(database, 3)
        database.backup(tmp_path / "copy.db")
        with pytest.raises(StoreError, match="never overwrites"):
            database.backup(tmp_path / "copy.db")
    assert count_of(tmp_path / "copy.db") == 3


def test_what_the_dead_have_left_is_removed_and_what_the_living_write_is_not(tmp_path: Path) -> None:
    target = tmp_path / "a[1].txt"
    dead = tmp_path / ".a[1].txt.00000000.unfinished"
    dead.write_text("half")
    with whole_file(target) as temporary:
        assert not dead.exists()
        temporary.write_text("one")
        with whole_file(target, replaces=True) as other:
            assert temporary.exists()
            other.write_text("two")
        with pytest.raises(FileExistsError), whole_file(target) as third:
            third.write_text("three")
        target.unlink()
    assert target.read_text() == "one"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_files_are_for_their_user_alone(tmp_path: Path) -> None:
    """Unless an option says otherwise; a umask that asks for less is heard."""
    before = os.umask(0o022)
    try:
        with minidynamo.connect(tmp_path / "a.db") as database:
            fill(database, 1)
            database.backup(tmp_path / "copy.db")
            database.backup(tmp_path / "shared.db", file_mode=0o644)
            History().save(tmp_path / "h.jsonl")
            os.umask(0o277)
            database.backup(tmp_path / "less.db")
            os.umask(0o022)
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
        assert {name: mode for name, mode in modes.items() if mode != 0o600} == {"shared.db": 0o644, "less.db": 0o400}
        assert {"a.db", "a.db-wal", "a.db-shm", "a.db.lock", "copy.db", "h.jsonl"} <= modes.keys()
        with minidynamo.connect(tmp_path / "group.db", file_mode=0o660) as database:
            fill(database, 1)
            found = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.glob("group*")}
        assert found == dict.fromkeys(("group.db", "group.db-wal", "group.db-shm", "group.db.lock"), 0o640)
    finally:
        os.umask(before)


def test_sqlite_still_copies_into_an_empty_file(tmp_path: Path) -> None:
    """What copies are made with."""
    source = sqlite3.connect(tmp_path / "a", isolation_level=None)
    source.execute("CREATE TABLE t (a)")
    (tmp_path / "b").touch()
    inode = (tmp_path / "b").stat().st_ino
    source.execute("VACUUM INTO ?", (str(tmp_path / "b"),))
    source.close()
    assert (tmp_path / "b").stat().st_ino == inode
