"""Stores in files of which single records are damaged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import minidynamo
from minidynamo import Database


def damage_record(path: Path, text: bytes, keyspace: str = "/table") -> int:
    """Changes a byte of every record of a kind of keyspace that holds a text; how many these are."""
    count = 0
    with closing(sqlite3.connect(path)) as connection, connection:
        found = connection.execute("SELECT id, name FROM keyspaces").fetchall()
        for number in [number for number, name in found if keyspace in name]:
            for key, record in connection.execute(f"SELECT key, record FROM keyspace_{number}").fetchall():
                if text in record:
                    changed = record.replace(text, text[:-1] + bytes([text[-1] ^ 64]))
                    connection.execute(f"UPDATE keyspace_{number} SET record = ? WHERE key = ?", (changed, key))
                    count += 1
    return count


def reopened(database: Database, path: Path, text: bytes, keyspace: str = "/table") -> Database:
    """A database of the same file after a record of it has been damaged."""
    database.close()
    assert damage_record(path, text, keyspace) == 1
    return minidynamo.connect(path)
