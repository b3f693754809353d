"""TagResource: adds tags to a table."""

from __future__ import annotations

from dataclasses import replace

from minidynamo.errors import ValidationError
from minidynamo.operations.context import OperationContext
from minidynamo.operations.tables.tagged_table import tagged_table
from minidynamo.schema.tag_rules import check_tags, merged_tags
from minidynamo.tables.changes import WriteBatch
from minidynamo.values.api_types import Request, Response


def tag_resource(context: OperationContext, request: Request) -> Response:
    """Adds tags; the ones with known keys are overwritten."""
    if not request["Tags"]:
        raise ValidationError("Atleast one Tag needs to be provided as Input.")
    check_tags(request["Tags"])
    with context.lock:
        table = tagged_table(context, request["ResourceArn"])
        tags = merged_tags(table.state.tags, request["Tags"])
        batch = WriteBatch()
        context.catalog.stage(batch, table, replace(table.state, tags=tags))
        context.commit(batch)
    return {}
