"""Power cuts while a file is made or copied leave a whole one or none.

They are replayed from the steps in which our own code writes, syncs and names files; a cut may undo whatever was not
synced.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import minidynamo
from minidynamo import History
from minidynamo.storage import whole_file as whole_files
from minidynamo.storage.sqlite.store_file import open_file
from tests.crash.copied_file import count_of, fill


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
