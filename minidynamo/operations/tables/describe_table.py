"""DescribeTable: everything about one table."""

from __future__ import annotations

from minidynamo.operations.context import OperationContext
from minidynamo.schema.table_forms import to_api
from minidynamo.values.api_types import Request, Response


def describe_table(context: OperationContext, request: Request) -> Response:
    """Answers with the table's description, in any status."""
    with context.lock:
        table = context.catalog.described_table(request["TableName"])
        return {"Table": to_api(table.state, context.scope, table.sizes)}
