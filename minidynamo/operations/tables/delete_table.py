"""DeleteTable: a table with all its items and indexes goes away."""

from __future__ import annotations

from dataclasses import replace

from minidynamo.errors import ResourceInUse, ValidationError
from minidynamo.messages import IN_USE
from minidynamo.operations.context import OperationContext
from minidynamo.operations.tables.policy_resource import require_settled_policies
from minidynamo.schema.table_forms import to_api_deleted
from minidynamo.tables.changes import WriteBatch
from minidynamo.values.api_types import Request, Response


def delete_table(context: OperationContext, request: Request) -> Response:
    """Deletes the table; it is DELETING in the response and, without delays, gone at once."""
    with context.lock:
        table = context.catalog.described_table(request["TableName"])
        state = table.state
        if state.status == "DELETING":
            return {"TableDescription": to_api_deleted(state, context.scope, table.sizes)}
        if state.status in ("CREATING", "UPDATING"):
            raise table.in_use()
        require_settled_policies(context, state)
        if any(index.status != "ACTIVE" for index in state.global_indexes):
            raise ResourceInUse(f"{IN_USE}Cannot delete table while indexes are being created, updated, or deleted.")
        if state.is_protected:
            raise ValidationError(
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first."
            )
        deleting = replace(state, status="DELETING", status_due_at=context.clock.now() + context.delays.deleting)
        response = {"TableDescription": to_api_deleted(deleting, context.scope, table.sizes)}
        batch = WriteBatch()
        context.catalog.stage(batch, table, deleting)
        context.commit(batch)
    return response
