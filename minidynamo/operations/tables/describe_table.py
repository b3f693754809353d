"""DescribeTable: everything about one table."""

from __future__ import annotations

from minidynamo.operations.store import Request, Response, Store
from minidynamo.tables.description import table_description


def describe_table(store: Store, request: Request) -> Response:
    """Answers with the table's description, in any status."""
    with store.lock:
        table = store.catalog.described_table(request["TableName"])
        return {"Table": table_description(table, store.location)}
