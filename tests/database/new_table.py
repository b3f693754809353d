"""A small table, made with a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minidynamo import Database
from minidynamo.formats.short_tables import create_table_request

Open = Callable[..., Database]


def make_table(database: Database, name: str = "tbl", **table: Any) -> None:
    table = table or {"key": ["pk S"]}
    database.execute("CreateTable", create_table_request(name, table))
