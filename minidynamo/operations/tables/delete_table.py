"""DeleteTable: a table with all its items and indexes goes away."""

from __future__ import annotations

from minidynamo.errors import ResourceInUse, ValidationError
from minidynamo.messages import IN_USE
from minidynamo.operations.context import OperationContext, Request, Response
from minidynamo.tables.description import deleted_description


def delete_table(context: OperationContext, request: Request) -> Response:
    """Deletes the table; it is DELETING in the answer and, without delays, gone at once."""
    with context.lock:
        table = context.catalog.described_table(request["TableName"])
        description = table.description
        status = description["TableStatus"]
        if status == "DELETING":
            return {"TableDescription": deleted_description(table, context.scope)}
        if status in ("CREATING", "UPDATING"):
            raise table.in_use()
        if any(index["IndexStatus"] != "ACTIVE" for index in description.get("GlobalSecondaryIndexes", ())):
            raise ResourceInUse(f"{IN_USE}Cannot delete table while indexes are being created, updated, or deleted.")
        if description["DeletionProtectionEnabled"]:
            raise ValidationError(
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first."
            )
        due = context.clock.now() + context.delays.deleting
        context.catalog.change(table, {**description, "TableStatus": "DELETING", "StatusDueAt": due})
        response = {"TableDescription": deleted_description(table, context.scope)}
        context.catalog.advance_statuses()
    return response
