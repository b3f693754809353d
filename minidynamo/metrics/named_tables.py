"""The tables that a request names, for those who show it: by their names alone, whatever is wrong with the request."""

from __future__ import annotations

from minidynamo.requests.subjects import tables_of
from minidynamo.schema.arns import bare_name
from minidynamo.values.api_types import Request


def names_of_tables(request: Request) -> list[str]:
    """The names of all tables that a request is about, each once; that of an operation on a table, too."""
    tables = tables_of(request)
    one = request.get("TableName")
    if not tables and isinstance(one, str):
        tables = [one]
    return list(dict.fromkeys(map(bare_name, tables)))
