"""DescribeTable: everything about one table."""

from __future__ import annotations

from minidynamo.operations.context import OperationContext, Request, Response
from minidynamo.tables.description import table_description


def describe_table(context: OperationContext, request: Request) -> Response:
    """Answers with the table's description, in any status."""
    with context.lock:
        table = context.catalog.described_table(request["TableName"])
        return {"Table": table_description(table, context.scope)}
