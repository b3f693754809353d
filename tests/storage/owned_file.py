"""A small database in a file: made, filled, killed, spoiled, counted."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import minidynamo
from minidynamo import Database
from minidynamo.formats.short_tables import create_table_request

ROOT = Path(__file__).parents[2]
TABLE = create_table_request("tbl", {"key": ["pk S"]})


def put(database: Database, *numbers: int) -> None:
    for number in numbers:
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": str(number)}}})


def made(path: Path, **settings: Any) -> Database:
    database = minidynamo.connect(path, **settings)
    database.execute("CreateTable", TABLE)
    return database


def count(database: Database) -> int:
    return int(database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})["Count"])


_WRITER = """
import os, sys, signal, minidynamo
from tests.storage.owned_file import made, put
database = minidynamo.connect(sys.argv[1]) if os.path.exists(sys.argv[1]) else made(sys.argv[1])
put(database, *range(int(sys.argv[2]), int(sys.argv[3])))
if len(sys.argv) > 4:
    engine = database.engine
    engine._checkpointer._move(engine._connection)
    put(database, *range(int(sys.argv[3]), int(sys.argv[4])))
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_after(path: Path, *numbers: int) -> Path:
    """A store whose owner was killed after it had put items; its log."""
    command = [sys.executable, "-c", _WRITER, str(path), *map(str, numbers)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    return path.with_name(path.name + "-wal")
