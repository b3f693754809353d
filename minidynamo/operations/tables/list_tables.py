"""ListTables: the names of all tables, in byte order, in pages."""

from __future__ import annotations

from minidynamo.limits import LIST_TABLES_PAGE_MAX
from minidynamo.operations.context import OperationContext
from minidynamo.values.api_types import Request, Response


def list_tables(context: OperationContext, request: Request) -> Response:
    """Answers with the names after ExclusiveStartTableName, which need not exist."""
    start, limit = request.get("ExclusiveStartTableName", ""), request.get("Limit", LIST_TABLES_PAGE_MAX)
    with context.lock:
        following = context.catalog.names_after(start, limit + 1)
    response: Response = {"TableNames": following[:limit]}
    if len(following) > limit:
        response["LastEvaluatedTableName"] = following[limit - 1]
    return response
