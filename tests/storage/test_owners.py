"""A file has one owner under all its names, and whoever cannot own it is told why."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import StoreError
from minidynamo.cli.command_line import main
from minidynamo.errors import StorageFailure
from minidynamo.storage.sqlite import ownership, store_path
from tests.storage.owned_file import TABLE, count, made, put


def test_a_link_is_the_file_it_leads_to(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains of links, relative ones, links of folders, and relative names whose folder is left later."""
    (tmp_path / "folder").mkdir()
    names = [tmp_path / "one.db", tmp_path / "two.db", tmp_path / "folder" / "up.db", tmp_path / "door" / "up.db"]
    for name, target in zip(names, ["shop.db", "one.db", "../two.db"], strict=False):
        name.symlink_to(target)
    (tmp_path / "door").symlink_to("folder")
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate([*names, Path("two.db"), path, Path("folder/../shop.db")]):
        with minidynamo.connect(name, durability=("full", "process")[number % 2]) as database:
            if number == 0:
                database.execute("CreateTable", TABLE)
            for other in (path, *names):
                with pytest.raises(StoreError, match="in use by process"):
                    minidynamo.connect(other)
            monkeypatch.chdir("/")
            put(database, *range(number * 10, number * 10 + 10))
            database.check()
            with minidynamo.connect(names[0], read_only=True) as reader:
                assert count(reader) == number * 10 + 10
            monkeypatch.chdir(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["door", "folder", "one.db", "shop.db", "two.db"]
    (tmp_path / "round.db").symlink_to("round.db")
    with pytest.raises(StoreError, match="cannot open"):
        minidynamo.connect(tmp_path / "round.db")


def test_copies_to_links_overwrite_nothing(path: Path, tmp_path: Path) -> None:
    (tmp_path / "dangling.db").symlink_to("shop.db")
    with minidynamo.connect() as database, pytest.raises(StoreError, match="never overwrites"):
        database.backup(tmp_path / "dangling.db")
    assert not path.exists()


def test_a_file_with_a_second_name_is_refused(path: Path, tmp_path: Path) -> None:
    made(path).close()
    os.link(path, tmp_path / "second.db")
    for each in (path, tmp_path / "second.db"):
        with pytest.raises(StoreError, match="hard links"):
            minidynamo.connect(each)
    (tmp_path / "second.db").unlink()
    os.link(path, tmp_path / ".shop.db.00000000.unfinished")  # As a process leaves it that is killed in between.
    with minidynamo.connect(path) as database:
        put(database, 1)
    assert not (tmp_path / ".shop.db.00000000.unfinished").exists()


def test_a_file_that_is_itself_mounted_is_refused(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As containers mount single files: its log would lie elsewhere."""
    made(path).close()
    mounts = tmp_path / "mountinfo"
    path = path.rename(tmp_path / "a b\u00e9.db")
    place = str(path).replace(" ", "\\040")
    mounts.write_text(f"1 2 0:1 / / rw - ext4 /dev/x rw\n3 1 0:1 /data {place} rw - ext4 /dev/x rw\n")
    monkeypatch.setattr(store_path, "_MOUNTS", mounts)
    with pytest.raises(StoreError, match="Mount the folder"):
        minidynamo.connect(path)


def test_a_clean_end_leaves_nothing_beside_the_file(path: Path) -> None:
    with made(path) as database:
        put(database, 1)
    with pytest.raises(ValueError, match="wording"):
        minidynamo.connect(path, wording="nonsense")
    assert [each.name for each in path.parent.iterdir()] == ["shop.db"]


def test_a_file_system_without_locks_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(file: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(ownership, "lock", refusing)
    with pytest.raises(StoreError, match=r"No locks available. Its file system knows no locks"):
        minidynamo.connect(path)


def test_a_lock_file_that_is_cut_off_kills_nobody(path: Path) -> None:
    database = made(path)
    ownership.lock_file(path).write_bytes(b"")
    with pytest.raises(StorageFailure, match="has been cut off"):
        put(database, 1)
    database.close()


def test_a_copy_with_two_names_can_be_read(path: Path, tmp_path: Path) -> None:
    """As backup tools keep them."""
    made(path).close()
    os.link(path, tmp_path / "second.db")
    assert main(["check", str(path)]) == 0
    with minidynamo.connect(path, read_only=True) as database:
        assert count(database) == 0


def test_every_failure_to_open_says_what_to_do(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd:
        def now(self) -> float:
            return float("nan")

    with pytest.raises(StoreError, match="the clock tells nan"):
        minidynamo.connect(path, clock=Odd())
    with pytest.raises(ValueError, match="the clock tells nan"):
        minidynamo.connect(clock=Odd())

    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("minidynamo.storage.whole_file.sync_file", full)
        with pytest.raises(StoreError, match=r"No space left on device; free some room"):
            minidynamo.connect(tmp_path / "new.db")
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(StoreError, match="No space left on device; free some room"):
            minidynamo.connect(tmp_path / "new.db")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        with pytest.raises(StoreError, match="No space left on device"):
            minidynamo.connect(tmp_path / "new.db")

    def failing(*arguments: Any) -> None:
        raise StorageFailure("The data could not be written: database or disk is full. Nothing has been changed.")

    made(path).close()
    with monkeypatch.context() as patch:
        patch.setattr("minidynamo.storage.sqlite.engine.SqliteEngine.commit", failing)
        with pytest.raises(StoreError, match=r"full.* Free some room on its disk"):
            minidynamo.connect(path)
    minidynamo.connect(path).close()
