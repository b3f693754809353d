"""Processes that are killed while they copy leave whole copies or none."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import minidynamo
from minidynamo import StoreError
from tests.crash.copied_file import count_of, fill

ROOT = Path(__file__).parents[2]
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


@pytest.mark.parametrize("kind", ["file", pytest.param("memory", marks=pytest.mark.long)])
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
