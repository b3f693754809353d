"""A table, and its name as a client made on the spot sees it."""

from __future__ import annotations

import boto3

from minidynamo.formats.short_tables import create_table_request

TABLE = create_table_request("tbl", {"key": ["pk S"]})


def table_names() -> list[str]:
    """Through a client made on the spot."""
    names: list[str] = boto3.client("dynamodb").list_tables()["TableNames"]
    return names
