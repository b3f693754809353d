"""UntagResource: removes tags from a table."""

from __future__ import annotations

from dataclasses import replace

from minidynamo.errors import ValidationError
from minidynamo.operations.context import OperationContext
from minidynamo.operations.tables.tagged_table import tagged_table
from minidynamo.tables.changes import WriteBatch
from minidynamo.values.api_types import Request, Response


def untag_resource(context: OperationContext, request: Request) -> Response:
    """Removes tags; unknown keys are fine."""
    if not request["TagKeys"]:
        raise ValidationError("Atleast one Tag Key needs to be provided as Input.")
    with context.lock:
        table = tagged_table(context, request["ResourceArn"])
        tags = table.state.tags
        kept = {key: tags[key] for key in tags if key not in request["TagKeys"]}
        batch = WriteBatch()
        context.catalog.stage(batch, table, replace(table.state, tags=kept))
        context.commit(batch)
    return {}
