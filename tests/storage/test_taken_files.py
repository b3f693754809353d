"""Files that are taken away under their owner, and owners that end without closing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import StoreError
from minidynamo.errors import StorageFailure
from tests.storage.owned_file import ROOT, TABLE, count, made, put


def taken_away(path: Path, how: str) -> None:
    if how == "deleted":
        for each in path.parent.glob("shop.db*"):
            each.unlink()
    elif how == "moved":
        for each in path.parent.glob("shop.db*"):
            each.rename(path.parent / f"old-{each.name}")
    elif how == "log deleted":
        path.with_name("shop.db-wal").unlink()
    elif how == "log moved":
        path.with_name("shop.db-wal").rename(path.parent / "log")
    elif how == "log replaced":
        shutil.copy(path.with_name("shop.db-wal"), path.parent / "log")
        (path.parent / "log").rename(path.with_name("shop.db-wal"))
    elif how == "restored over":
        shutil.copyfile(path.parent / "copy.db", path)
    else:
        (path.parent / "copy.db").replace(path)


@pytest.mark.damaged
@pytest.mark.parametrize("durability", ["full", "process"])
@pytest.mark.parametrize(
    "how", ["deleted", "moved", "log deleted", "log moved", "log replaced", "restored over", "replaced"]
)
def test_an_owner_notices_that_its_files_are_gone(path: Path, durability: str, how: str) -> None:
    """No write is acknowledged that goes nowhere; whoever opens the name next may own it."""
    database = made(path, durability=durability)
    put(database, 1, 2)
    database.backup(path.with_name("copy.db"))
    put(database, 3)
    taken_away(path, how)
    engine: Any = database.engine
    engine._durability._due = engine._watch._due = 0.0  # It looks now and then.
    said = "written to" if how == "restored over" else "replaced|deleted or moved away"
    with pytest.raises(StorageFailure, match=rf"({said}).*Nothing more is written"):
        put(database, 4)
    with pytest.raises(StorageFailure, match="Nothing more is written"):
        put(database, 5)
    with pytest.raises(StorageFailure, match="Nothing more is written"):
        count(database)
    with pytest.raises(StorageFailure, match="Nothing more is written"):
        database.backup(path.with_name("second.db"))
    if how in ("deleted", "moved"):
        with minidynamo.connect(path) as other:
            database.close()
            with pytest.raises(StoreError, match="in use"):  # The first owner has not taken its lock along.
                minidynamo.connect(path)
            other.check()
    database.close()


def test_its_own_checkpoints_are_no_strangers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from minidynamo.storage.sqlite import checkpointer as checkpointing

    monkeypatch.setattr(checkpointing, "_LOG_BYTES", 100_000)
    for durability in ("full", "process"):
        with minidynamo.connect(path, durability=durability) as database:
            if durability == "full":
                database.execute("CreateTable", TABLE)
            put(database, *range(500))
            database.engine._watch.require_in_place()  # type: ignore[attr-defined]
            database.check()


@pytest.mark.parametrize("end", ["pass", "sys.exit(1)", "1 / 0", "del database; gc.collect()"])
@pytest.mark.parametrize("durability", ["full", "process"])
def test_a_program_that_closes_nothing_leaves_a_whole_store(path: Path, end: str, durability: str) -> None:
    code = (
        "import gc, sys, minidynamo\nfrom tests.storage.owned_file import made, put\n"
        f"database = made({str(path)!r}, durability={durability!r}); put(database, 1, 2); {end}"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True)
    assert [each.name for each in path.parent.iterdir()] == ["shop.db"]
    with minidynamo.connect(path) as database:
        assert count(database) == 2


def test_a_child_that_ends_later_touches_nothing(path: Path) -> None:
    """Though its parent has closed the store, and another process owns it by then."""
    code = f"""
import os, subprocess, sys, minidynamo
from tests.storage.owned_file import made, put
path = {str(path)!r}
database = made(path); put(database, 1)
reading, writing = os.pipe()
if os.fork() == 0:
    os.close(writing); os.read(reading, 1); sys.exit(0)
os.close(reading); database.close()
other = "import os, minidynamo; from tests.storage.owned_file import put\\n"
other += "d = minidynamo.connect(%r); put(d, 2, 3); os.kill(os.getpid(), 9)"
subprocess.run([sys.executable, "-c", other % path])
os.close(writing); os.wait()
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
    with minidynamo.connect(path) as database:
        assert count(database) == 3


def test_closing_beside_a_backup_loses_nothing(path: Path) -> None:
    for _ in range(3):
        database = minidynamo.connect(path) if path.exists() else made(path)
        put(database, *range(300))
        thread = threading.Thread(target=suppressed, args=(database.backup, path.with_name("copy.db")))
        thread.start()
        put(database, 1_000)
        database.close()
        thread.join()
        path.with_name("copy.db").unlink(missing_ok=True)
    with minidynamo.connect(path) as database:
        assert count(database) == 301


def suppressed(call: Any, *arguments: Any) -> None:
    with suppress(minidynamo.DynamoError, StoreError):
        call(*arguments)
