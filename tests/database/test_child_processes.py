"""Child processes: a database in memory is the child's own copy, one in a file is its parent's; nobody hangs."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.errors import DatabaseClosed
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage.sqlite.store_file import Reader

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
TABLE = create_table_request("tbl", {"key": ["pk S"], "gsi": {"by_g": {"key": ["g S"]}}})


def put(database: Database, *numbers: int) -> None:
    for number in numbers:
        item = {"pk": {"S": str(number % 50)}, "g": {"S": str(number % 3)}, "t": {"S": "." * (number % 90)}}
        database.execute("PutItem", {"TableName": "tbl", "Item": item})


def in_child(work: Callable[[], None], seconds: float = 30) -> None:
    """Does something in a child process; fails where it fails, or does not end."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
    end = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert status == 0
            return
        if time.monotonic() > end:
            os.kill(child, 9)
            os.waitpid(child, 0)
            raise AssertionError("the child hangs")
        time.sleep(0.001)


class Busy:
    """Threads that write to a database until the end of a block."""

    def __init__(self, database: Database, count: int) -> None:
        self._is_over = threading.Event()
        self._database = database
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(count)]

    def _work(self, number: int) -> None:
        while not self._is_over.is_set():
            put(self._database, number)
            self._database.execute("Scan", {"TableName": "tbl"})
            number += 7

    def __enter__(self) -> None:
        for each in self._threads:
            each.start()

    def __exit__(self, *exception: object) -> None:
        self._is_over.set()
        for each in self._threads:
            each.join()


@pytest.mark.parametrize("threads", [1, 4])
def test_a_child_has_its_own_copy_of_what_is_in_memory(threads: int) -> None:
    """Whole, whatever the other threads were at; its functions and its sweeper begin anew."""
    database = minidynamo.connect(partition_size=2_000)
    database.execute(
        "CreateTable", {**TABLE, "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
    )
    put(database, *range(50))
    seen: list[int] = []
    database.on_stream("tbl", lambda event, context: seen.append(len(event["Records"])))
    database.functions.start()
    database.expire_in_background(0.001)

    def work() -> None:
        database.check()
        put(database, 1_000)
        database.fork().check()
        seen.clear()
        database.drain()
        database.functions.start()
        put(database, 1_001)
        while not seen:
            time.sleep(0.001)
        assert database.close(timeout=5) == []

    with Busy(database, threads):
        for _ in range(10):
            in_child(work)
    database.check()
    assert database.close() == []


@pytest.mark.parametrize("threads", [1, 4])
def test_a_child_is_refused_a_file_and_ends(threads: int, tmp_path: Path) -> None:
    """Every method says whose it is; closing, twice, and the end of `with` return."""
    database = minidynamo.connect(tmp_path / "shop.db")
    database.execute("CreateTable", TABLE)

    def work() -> None:
        calls: list[Callable[[], Any]] = [
            lambda: put(database, 1),
            lambda: database.execute("Scan", {"TableName": "tbl"}),
            database.check,
            database.snapshot,
            database.fork,
            database.drain,
            lambda: database.partitions("tbl"),
            lambda: database.backup(tmp_path / "copy.db"),
        ]
        for call in calls:
            with pytest.raises(DatabaseClosed, match="belongs to the process that opened it"):
                call()
        with database:
            pass
        database.close()
        with minidynamo.connect() as own:
            own.execute("CreateTable", TABLE)
            put(own, 1)

    with Busy(database, threads):
        for _ in range(20):
            in_child(work)
    database.check()
    database.close()
    assert [each.name for each in tmp_path.iterdir()] == ["shop.db"]


def test_multiprocessing_forks_as_well() -> None:
    import multiprocessing

    database = minidynamo.connect()
    database.execute("CreateTable", TABLE)
    with Busy(database, 2):
        for _ in range(5):
            process = multiprocessing.get_context("fork").Process(target=put, args=(database, 1, 2, 3))
            process.start()
            process.join(30)
            assert process.exitcode == 0


def test_a_lock_that_is_never_let_go_of_hangs_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minidynamo.database.fork._PATIENCE_SECONDS", 0.01)
    database, may_end, is_held = minidynamo.connect(), threading.Event(), threading.Event()
    database.execute("CreateTable", TABLE)

    def hold() -> None:
        with database.lock:
            is_held.set()
            may_end.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert is_held.wait(10)
    in_child(lambda: put(database, 1))
    may_end.set()
    thread.join()
    put(database, 2)


def test_a_closed_fork_lets_go_of_the_file_below_it(tmp_path: Path) -> None:
    """At once, without the collector of cycles: its log could not begin again."""
    gc.disable()
    try:
        with minidynamo.connect(tmp_path / "shop.db") as database:
            database.execute("CreateTable", TABLE)
            put(database, *range(50))
            engine: Any = database.engine

            def is_log_free() -> bool:
                with engine._watch.checkpoint():
                    _, logged, moved = engine._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                return bool(logged == moved)

            for generations in (1, 2):
                forks = [database.fork()]
                if generations == 2:
                    forks.append(forks[0].fork())
                put(database, 1)
                assert not is_log_free()
                for each in forks:
                    assert each.execute("Scan", {"TableName": "tbl"})["Count"] == 50
                    assert not is_log_free()
                    each.close()
                assert is_log_free()
    finally:
        gc.enable()


def test_databases_that_are_opened_meanwhile_confuse_nobody(tmp_path: Path) -> None:
    """Every child is told whose the file is, whatever other threads open."""
    before = sys.getswitchinterval()
    database = minidynamo.connect(tmp_path / "shop.db")
    is_over = threading.Event()

    def is_refused() -> None:
        with pytest.raises(DatabaseClosed):
            database.execute("ListTables", {})

    def open_many() -> None:
        while not is_over.is_set():
            minidynamo.connect()

    threads = [threading.Thread(target=open_many) for _ in range(2)]
    sys.setswitchinterval(1e-5)
    try:
        for each in threads:
            each.start()
        for _ in range(20):
            in_child(is_refused)
    finally:
        is_over.set()
        sys.setswitchinterval(before)
        for each in threads:
            each.join()
    database.close()


def count_readers() -> int:
    return sum(isinstance(each, Reader) for each in gc.get_objects())


def test_a_fork_that_has_dropped_a_table_lets_go_as_well(tmp_path: Path) -> None:
    gc.disable()
    try:
        with minidynamo.connect(tmp_path / "shop.db") as database:
            database.execute("CreateTable", TABLE)
            for restores in (False, True):
                gc.collect()
                readers = count_readers()  # Other tests may have left some.
                fork = database.fork()
                before = fork.snapshot() if restores else None
                fork.execute("DeleteTable", {"TableName": "tbl"})
                if before is not None:
                    fork.restore(before)
                    del before
                fork.close()
                assert count_readers() == readers
    finally:
        gc.enable()
