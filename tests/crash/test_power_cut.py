"""The power fails: what was synced stays, of what was written since, any part may be missing or torn.

At every sync of the log the files are kept as the disk is sure to have them (after the sync before) and as the process
has written them since. A cut makes a disk of the two, sector by sector: each sector that differs is the old one, the
new one, or half of each, and the file may be as short as it was. The store must then open, be sound, hold every
operation that was answered, and of the one in flight all or nothing.

Covered: appends to the log, the log's restart after a checkpoint, commits of every kind. What SQLite syncs by itself is
taken to be on the disk: checkpoints, and the log's header where the log begins anew.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.storage.sqlite import checkpointer as checkpointing
from minidynamo.storage.sqlite.durability import LogSync
from tests.crash.durable_writer import SETTINGS, create_tables, perform
from tests.crash.test_kill import contents

SECTOR = 512
LOG_HEADER = 32


@dataclass(frozen=True)
class Moment:
    """The files at one sync, before it has taken effect.

    Attributes:
        answered: the number of the last operation that was answered.
        file: the database file.
        durable_log, written_log: the log as it was synced last, and as it has been written since.
    """

    answered: int
    file: bytes
    durable_log: bytes
    written_log: bytes


class Recorder:
    """Performs operations on a store and keeps the files at every sync."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._path, self._log = path, path.with_name(path.name + "-wal")
        self._durable_log = b""
        self._responded = 0
        self.moments: list[Moment] = []
        sync_file: Any = LogSync._sync_file

        def recording(sync: LogSync) -> None:
            written = self._log.read_bytes()
            durable = written[:LOG_HEADER] + self._durable_log[LOG_HEADER:]
            self.moments.append(Moment(self._responded, self._path.read_bytes(), durable, written))
            sync_file(sync)
            self._durable_log = written

        monkeypatch.setattr(LogSync, "_sync_file", recording)
        # Checkpoints are made between operations here, so that no file changes while it is copied.
        monkeypatch.setattr(checkpointing, "_LOG_BYTES", 1 << 60)

    def run(self, count: int) -> None:
        """Performs the operations 1 to `count`, with a checkpoint now and then."""
        with minidynamo.connect(self._path, **SETTINGS) as database:
            create_tables(database)
            self.moments.clear()
            for number in range(1, count + 1):
                perform(database, number)
                self._responded = number
                if number % 25 == 0:
                    self._checkpoint(database)
            self.moments = [each for each in self.moments if each.answered < count]

    def _checkpoint(self, database: Database) -> None:
        engine: Any = database.engine
        engine._checkpointer._move(engine._connection)
        self._durable_log = self._log.read_bytes()


def cut(durable: bytes, written: bytes, chance: random.Random) -> bytes:
    """What a disk may hold of a file that was `durable`, and has been `written` since."""
    kind = chance.choice(["nothing", "everything", "sectors", "sectors", "prefix"])
    if kind == "nothing":
        return durable
    if kind == "everything":
        return written
    if kind == "prefix":
        length = chance.randrange(min(LOG_HEADER, len(written)), len(written) + 1)
        return written[:length] + durable[length:]
    disk = bytearray()
    for start in range(0, max(len(written), len(durable)), SECTOR):
        old, new = durable[start : start + SECTOR], written[start : start + SECTOR]
        half = chance.randrange(SECTOR)
        disk += chance.choice(
            [old.ljust(len(new), b"\x00"), new, new[:half] + old[half:].ljust(len(new) - half, b"\x00")]
        )
    return bytes(disk)


def contents_after_cut(path: Path, moment: Moment, chance: random.Random) -> Any:
    """What a store holds that is opened after a cut at a moment; it is sound."""
    path.write_bytes(moment.file)
    path.with_name(path.name + "-wal").write_bytes(cut(moment.durable_log, moment.written_log, chance))
    with minidynamo.connect(path, **SETTINGS) as database:
        database.check()
        return contents(database)


def check_cuts(folder: Path, operations: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cuts the power `count` times over a run of `operations` operations."""
    recorder = Recorder(folder / "store.db", monkeypatch)
    recorder.run(operations)
    monkeypatch.undo()
    model = minidynamo.connect(**SETTINGS)
    create_tables(model)
    states = [contents(model)]
    for number in range(1, operations + 1):
        perform(model, number)
        states.append(contents(model))
    chance = random.Random(operations)
    for turn in range(count):
        moment = recorder.moments[turn * len(recorder.moments) // count]
        found = contents_after_cut(folder / f"cut{turn}.db", moment, chance)
        assert found in (states[moment.answered], states[moment.answered + 1]), f"cut {turn}"


def test_a_power_cut_in_a_restore_leaves_one_state_or_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole of what was there before, or the whole of what was put back; an answered one is there."""
    recorder = Recorder(tmp_path / "store.db", monkeypatch)
    chance, states, moments = random.Random(9), [], []
    with minidynamo.connect(tmp_path / "store.db", **SETTINGS) as database:
        create_tables(database)
        for number in range(1, 30):
            perform(database, number)
        snapshot = database.snapshot()
        states.append(contents(database))
        for number in range(30, 80):
            perform(database, number)
        states.append(contents(database))
        recorder.moments.clear()
        database.restore(snapshot)
        moments = list(recorder.moments)
        recorder.moments.clear()
        perform(database, 81)
        answered = recorder.moments[0]
        states.append(contents(database))
    monkeypatch.undo()
    assert moments
    for turn in range(15):
        moment = chance.choice([*moments, answered])
        found = contents_after_cut(tmp_path / f"cut{turn}.db", moment, chance)
        assert found in ([states[0], states[2]] if moment is answered else states[:2]), f"cut {turn}"


def test_no_power_cut_loses_what_was_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_cuts(tmp_path, 90, 25, monkeypatch)


@pytest.mark.long
def test_no_power_cut_of_many_loses_what_was_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_cuts(tmp_path, 400, 600, monkeypatch)
