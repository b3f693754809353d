"""Moves between two servers while writers are at work: killed again and again, with faults at both ends."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database, DynamoError, Profile, simulate
from minidynamo.clock import SystemClock
from tests.moving.moved_tables import delete, items_of, make_things, put, thing
from tests.waiting import wait_until

pytestmark = pytest.mark.long

FAULTY = Profile(
    throttled=0.005,
    unprocessed=0.01,
    conflict=0.005,
    server_error=0.02,
    connection_lost=0.02,
    response_lost=0.02,
    connection_lost_after=0.02,
    short_page=0.05,
    empty_page=0.02,
    no_trailing_key=0.3,
    shard_split=0.02,
)


def opened(is_faulty: bool, seed: int) -> Database:
    if is_faulty:
        return simulate(profile=FAULTY, seed=seed, clock=SystemClock(), partition_size=200_000, keep_calls=100)
    return minidynamo.connect(partition_size=200_000)


@pytest.fixture(params=[False, True], ids=["calm", "faulty"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Database]]:
    """A source with fifteen hundred items, and a target."""
    with opened(request.param, 1) as source, opened(request.param, 2) as target:
        with quiet(source):
            make_things(source)
            put(source, *(thing(f"thing {number}", "x" * 200) for number in range(1_500)))
        yield source, target


@contextmanager
def quiet(database: Database) -> Iterator[None]:
    """Without faults, where there are some."""
    with ExitStack() as stack:
        if hasattr(database, "faults"):
            stack.enter_context(database.faults.paused())
        yield


class Writer(threading.Thread):
    """Puts and deletes items at random, until it is stopped."""

    def __init__(self, database: Database, seed: int) -> None:
        super().__init__(daemon=True)
        self._database, self._random, self.stopped = database, random.Random(seed), threading.Event()
        self.count = 0

    def run(self) -> None:
        while not self.stopped.wait(0.02):
            name = f"thing {self._random.randrange(2_000)}"
            try:
                if self._random.random() < 0.3:
                    delete(self._database, name)
                else:
                    put(self._database, thing(name, f"{self._random.random()}"))
                self.count += 1
            except DynamoError:
                continue


@contextmanager
def writing(database: Database) -> Iterator[list[Writer]]:
    writers = [Writer(database, seed) for seed in range(3)]
    for each in writers:
        each.start()
    try:
        yield writers
    finally:
        for each in writers:
            each.stopped.set()
            each.join()


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "minidynamo", *arguments, "--journal", "move.json"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(folder: Path, *arguments: str, code: int = 0) -> str:
    """What a command prints, run again where a fault has outlasted its attempts."""
    for _ in range(10):
        process = started(folder, *arguments)
        text = process.communicate()[0]
        assert "Traceback" not in text
        if process.returncode == code:
            return text
    raise AssertionError(text)


def noted(folder: Path) -> int:
    """How many items and changes have been read, as far as the journal knows."""
    journal = folder / "move.json"
    tables = json.loads(journal.read_text())["tables"] if journal.exists() else {}
    if "Things" not in tables:
        return 0
    changes: int = tables["Things"]["follow"]["change_count"]
    return changes + sum(each["item_count"] for each in tables["Things"]["segments"].values())


def kill_after_progress(folder: Path, *arguments: str) -> None:
    """Begins a command, and kills it when it has come a little further, or when it has ended."""
    before, process = noted(folder), started(folder, *arguments)
    wait_until(lambda: process.poll() is not None or noted(folder) > before)
    process.kill()
    assert "Traceback" not in process.communicate()[0]


def wait_for(writers: list[Writer]) -> None:
    """Lets all of them write something more."""
    counts = [each.count for each in writers]
    wait_until(lambda: all(each.count > count + 20 for each, count in zip(writers, counts, strict=True)))


def test_a_copy_that_is_killed_goes_on(ends: tuple[Database, Database], tmp_path: Path) -> None:
    """While writers are at work; then it is followed, verified and safe."""
    source, target = ends
    with source.serve() as one, target.serve() as two:
        places = (one.url, two.url)
        with writing(source) as writers:
            for _ in range(4):
                kill_after_progress(tmp_path, "copy", *places, "--segments", "3")
            ended(tmp_path, "copy", *places)
            ended(tmp_path, "follow", *places, "--once")
            wait_for(writers)
        ended(tmp_path, "follow", *places, "--once")
        assert "the same at both" in ended(tmp_path, "verify", *places)
        assert "Safe to change over" in ended(tmp_path, "cutover", *places)
    with quiet(source), quiet(target):
        assert items_of(target) == items_of(source)


def test_following_that_is_killed_goes_on(ends: tuple[Database, Database], tmp_path: Path) -> None:
    source, target = ends
    with source.serve() as one, target.serve() as two:
        places = (one.url, two.url)
        ended(tmp_path, "copy", *places)
        with writing(source) as writers:
            for _ in range(3):
                kill_after_progress(tmp_path, "follow", *places)
            wait_for(writers)
        ended(tmp_path, "follow", *places, "--once")
        assert "the same at both" in ended(tmp_path, "verify", *places)
    with quiet(source), quiet(target):
        assert items_of(target) == items_of(source)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals of that kind")
def test_a_copy_that_is_interrupted_says_how_to_go_on(tmp_path: Path) -> None:
    """With Ctrl-C, as a terminal sends it."""
    with minidynamo.connect() as source, minidynamo.connect() as target:
        make_things(source)
        put(source, *(thing(f"thing {number}", "x" * 20_000) for number in range(3_000)))
        with source.serve() as one, target.serve() as two:
            process = started(tmp_path, "copy", one.url, two.url)
            wait_until(lambda: bool(target.tables))
            os.kill(process.pid, signal.SIGINT)
            text = process.communicate()[0]
            assert (process.returncode, text) == (
                130,
                "minidynamo: interrupted; the same command goes on (move.json)\n",
            )
            assert ended(tmp_path, "copy", one.url, two.url) == "Things: 3,000 items copied.\n"
        assert items_of(target) == items_of(source)
