"""Databases to copy, and how many items a copy has."""

from __future__ import annotations

from pathlib import Path

import minidynamo
from minidynamo import Database
from minidynamo.formats.short_tables import create_table_request

TABLE = create_table_request("tbl", {"key": ["pk S"]})


def fill(database: Database, count: int) -> None:
    database.execute("CreateTable", TABLE)
    for number in range(count):
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": str(number)}, "t": {"S": "." * 500}}})


def count_of(path: Path) -> int:
    with minidynamo.connect(path) as database:
        database.check()
        return int(database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})["Count"])
