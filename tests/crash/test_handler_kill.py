"""A process is killed while it hands changes to a handler: none is lost, and those of an item stay in order."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from tests.crash.durable_handler import open_store
from tests.streams.stream_reading import changes

ROOT = Path(__file__).parents[2]


def killed(path: Path, log: Path, seed: int, seconds: float) -> None:
    command = [sys.executable, "-m", "tests.crash.durable_handler", str(path), str(log), str(seed)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    process.wait()


def check_kills(folder: Path, count: int) -> None:
    path, log = folder / "store.db", folder / "delivered"
    chance = random.Random(count)
    for seed in range(count):
        killed(path, log, seed, chance.uniform(0, 0.15))
    with open_store(str(path), str(log)) as database:
        assert database.drain().is_complete
        database.check()
        (stream,) = database.execute("ListStreams", {})["Streams"]
        recorded = [each["dynamodb"] for each in changes(database, stream["StreamArn"])]
    delivered: dict[str, list[int]] = defaultdict(list)
    for line in log.read_text().splitlines():
        key, number = line.split()
        delivered[key].append(int(number))
    expected: dict[str, list[int]] = defaultdict(list)
    for change in sorted(recorded, key=lambda each: int(each["SequenceNumber"])):
        expected[change["Keys"]["pk"]["S"]].append(int(change["SequenceNumber"]))
    assert sum(map(len, expected.values())) > count
    # Delivered at least once; what came first of each change is in the order of the writes.
    assert {key: list(dict.fromkeys(numbers)) for key, numbers in delivered.items()} == expected


def test_no_change_is_lost_by_a_kill(tmp_path: Path) -> None:
    check_kills(tmp_path, 8)


@pytest.mark.long
def test_no_change_is_lost_by_many_kills(tmp_path: Path) -> None:
    check_kills(tmp_path, 60)
