"""Copies are whole or absent: whatever stops a backup, no name ever stands for half a database or an empty one.

Power cuts are replayed from the steps in which our own code writes, syncs and names files; a cut may undo whatever was
not synced. Kills stop a process that makes copies at any moment.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import minidynamo
from minidynamo import Database, History, StoreError
from minidynamo.cli.command_line import main
from minidynamo.errors import StoreDamaged
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage import whole_file as whole_files
from minidynamo.storage.sqlite.store_file import open_file
from minidynamo.storage.whole_file import whole_file

ROOT = Path(__file__).parents[2]
TABLE = create_table_request("tbl", {"key": ["pk S"]})


def fill(database: Database, count: int) -> None:
    database.execute("CreateTable", TABLE)
    for number in range(count):
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": str(number)}, "t": {"S": "." * 500}}})


def count_of(path: Path) -> int:
    with minidynamo.connect(path) as database:
        database.check()
        return int(database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})["Count"])


# What the name of a copy may never stand for.


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


# Kills.

_COPIER = """
import os, sys, minidynamo
source, target, kind = sys.argv[1:]
database = minidynamo.connect(source)
if kind == "memory":
    database = database.fork()
number = 0
os.write(1, b"ready\\n")
while True:
    number += 1
    database.backup(f"{target}{number}.db")
    os.write(1, b"%d\\n" % number)
"""


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_a_killed_backup_leaves_whole_copies(kind: str, tmp_path: Path) -> None:
    """And none that blocks the next one."""
    with minidynamo.connect(tmp_path / "source.db") as database:
        fill(database, 300)
    chance = random.Random(1)
    for turn in range(12):
        folder = tmp_path / str(turn)
        folder.mkdir()
        command = [sys.executable, "-c", _COPIER, str(tmp_path / "source.db"), str(folder / "copy"), kind]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        answered = process.stdout.read().count(b"\n")
        process.stdout.close()
        process.wait()
        copies = sorted(folder.glob("*.db"), key=lambda each: int(each.stem[4:]))
        assert len(copies) in (answered, answered + 1)
        assert all(count_of(each) == 300 for each in copies)
        with minidynamo.connect(tmp_path / "source.db") as database:
            for number in range(answered + 1, answered + 3):
                with suppress(StoreError):
                    database.backup(folder / f"copy{number}.db")
                assert count_of(folder / f"copy{number}.db") == 300
        assert not [each.name for each in folder.iterdir() if each.name.startswith(".")]


# Power cuts.


class Moment(NamedTuple):
    """A folder between two steps.

    Attributes:
        durable_names, written_names: inodes by name, as they are on the disk and as the process sees them.
        durable, written: contents by inode, likewise.
    """

    durable_names: dict[str, int]
    written_names: dict[str, int]
    durable: dict[int, bytes]
    written: dict[int, bytes]


class Disk:
    """A folder, and what of it is sure to be on the disk: contents when a file is synced, names when the folder is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = self._present_names()
        self._contents = self._present_contents()
        self.moments: list[Moment] = []

    def step(self) -> None:
        self.moments.append(
            Moment(dict(self._names), self._present_names(), dict(self._contents), self._present_contents())
        )

    def sync_file(self, file: int) -> None:
        self.step()
        self._contents[os.fstat(file).st_ino] = os.pread(file, os.fstat(file).st_size, 0)

    def sync_folder(self, folder: Path) -> None:
        self.step()
        self._names = self._present_names()

    def _present_names(self) -> dict[str, int]:
        return {each.name: each.stat().st_ino for each in self.folder.iterdir() if each.is_file()}

    def _present_contents(self) -> dict[int, bytes]:
        return {each.stat().st_ino: each.read_bytes() for each in self.folder.iterdir() if each.is_file()}


@contextmanager
def recorded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Keeps what the disk is sure of at every step of `whole_file`, and shows every step of it."""
    disk = Disk(folder)
    link, replace = os.link, Path.replace

    def stepping(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            disk.step()
            found = call(*arguments)
            disk.step()
            return found

        return step

    with monkeypatch.context() as patch:
        patch.setattr(whole_files, "sync_file", disk.sync_file)
        patch.setattr(whole_files, "sync_folder", disk.sync_folder)
        patch.setattr(os, "link", stepping(link))
        patch.setattr(Path, "replace", stepping(replace))
        yield disk
    disk.step()


def after_cuts(disk: Disk, target: Path, chance: random.Random) -> Iterator[Path]:
    """The target as it may be after a cut at each moment, with what lies beside it."""
    for number, moment in enumerate(disk.moments):
        for turn in range(4):
            folder = disk.folder / f"cut{number}-{turn}"
            folder.mkdir()
            for name in moment.durable_names.keys() | moment.written_names.keys():
                inode = chance.choice([moment.durable_names.get(name), moment.written_names.get(name)])
                if inode is not None:
                    old = moment.durable.get(inode, b"")
                    (folder / name).write_bytes(_torn(old, moment.written.get(inode, old), chance))
            yield folder / target.name
            shutil.rmtree(folder)


def _torn(old: bytes, new: bytes, chance: random.Random) -> bytes:
    """Parts of both; of what is on the disk already, nothing is lost."""
    if old == new or chance.random() < 0.3:
        return old
    before = old.ljust(len(new), b"\0")
    return b"".join(chance.choice([before, new])[at : at + 4096] for at in range(0, len(new), 4096))


def test_a_power_cut_leaves_a_whole_copy_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file, of a database in memory, and of a history; after the response there is one."""
    with minidynamo.connect(tmp_path / "source.db") as database:
        fill(database, 60)
        for kind, source in (("file", database), ("memory", database.fork())):
            folder = tmp_path / kind
            folder.mkdir()
            target = folder / "copy.db"
            with recorded(folder, monkeypatch) as disk:
                source.backup(target)
            assert len(disk.moments) >= 4
            last = len(disk.moments) - 1
            for path in after_cuts(disk, target, random.Random(1)):
                if path.exists():
                    assert count_of(path) == 60
                assert path.exists() or f"cut{last}-" not in str(path)
    history = tmp_path / "histories" / "h.jsonl"
    history.parent.mkdir()
    History().save(history)
    before, text = history.read_text(), History(seed="other").text()
    with recorded(history.parent, monkeypatch) as disk:
        History(seed="other").save(history)
    for path in after_cuts(disk, history, random.Random(2)):
        assert path.read_text() in (before, text)


def test_a_power_cut_leaves_a_new_database_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "new.db"
    with recorded(tmp_path, monkeypatch) as disk:
        open_file(target, 0o600).close()
    for path in after_cuts(disk, target, random.Random(3)):
        with minidynamo.connect(path) as database:
            assert database.execute("ListTables", {})["TableNames"] == []


# Failures, permissions.


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
