"""A database in a file with items of a table, and one of its items."""

from __future__ import annotations

from typing import Any

import minidynamo
from minidynamo.formats.short_tables import create_table_request

TABLE = create_table_request("tbl", {"key": ["pk S", "sk N"], "gsi": {"by_g": {"key": ["g S"]}}})


def item(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"p{number % 3}"}, "sk": {"N": str(number)}, "g": {"S": "x"}, "b": {"B": b"\x00\xff"}}


def fill(database: minidynamo.Database, count: int) -> None:
    database.execute("CreateTable", TABLE)
    for number in range(count):
        database.execute("PutItem", {"TableName": "tbl", "Item": item(number)})
