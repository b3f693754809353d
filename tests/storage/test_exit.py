"""The end of a process that has not closed its databases."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import minidynamo
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage.engine import Batch
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.sqlite import engine as sqlite_engine
from minidynamo.storage.sqlite.engine import SqliteEngine

ROOT = Path(__file__).parents[2]
PUT = {"TableName": "tbl", "Item": {"pk": {"S": "a"}}}


def _filled(path: Path) -> minidynamo.Database:
    database = minidynamo.connect(path, durability="process")
    database.execute("CreateTable", create_table_request("tbl", {"key": ["pk S"]}))
    for number in range(20):
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": str(number)}}})
    return database


def test_a_store_is_not_closed_under_a_thread_that_reads(tmp_path: Path) -> None:
    """SQLite would crash the process."""
    engine, lock = SqliteEngine(tmp_path / "shop.db"), threading.RLock()
    engine.close_at_exit(lock)
    keyspace = Keyspace(engine, "space", 10**9, keeps_collections_whole=False)
    batch = Batch()
    for number in range(20):
        batch.put("space", bytes([number]), b"\x00\x00\x00", 0, True)
    engine.commit(batch)
    is_reading, may_go_on = threading.Event(), threading.Event()
    found: list[int] = []

    def read() -> None:
        with lock:
            entries = keyspace.range(b"", None)
            next(entries)
            is_reading.set()
            may_go_on.wait(10)
            found.append(1 + sum(1 for _ in entries))

    reader = threading.Thread(target=read)
    reader.start()
    assert is_reading.wait(10)
    threading.Timer(0.1, may_go_on.set).start()
    sqlite_engine._close_all()
    reader.join()
    assert found == [20]
    assert engine not in sqlite_engine._OPEN


def test_a_process_that_ends_leaves_its_store_in_order(tmp_path: Path) -> None:
    """With handlers in the background, too."""
    path = tmp_path / "shop.db"
    program = f"""
import minidynamo
from tests.storage.test_exit import PUT, _filled
from pathlib import Path
database = _filled(Path({str(path)!r}))
database.execute("UpdateTable", {{"TableName": "tbl",
    "StreamSpecification": {{"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}}})
database.on_stream("tbl", lambda event, context: None)
database.functions.start()
database.execute("PutItem", PUT)
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not path.with_name("shop.db-wal").exists()
    with minidynamo.connect(path) as database:
        assert database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})["Count"] == 21
