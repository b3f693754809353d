"""UntagResource: removes tags from a table."""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.operations.context import OperationContext, Request, Response
from minidynamo.operations.tables.tagged_table import tagged_table


def untag_resource(context: OperationContext, request: Request) -> Response:
    """Removes tags; unknown keys are fine."""
    if not request["TagKeys"]:
        raise ValidationError("Atleast one Tag Key needs to be provided as Input.")
    with context.lock:
        table = tagged_table(context, request["ResourceArn"])
        tags = table.description["Tags"]
        kept = {key: tags[key] for key in tags if key not in request["TagKeys"]}
        context.catalog.change(table, {**table.description, "Tags": kept})
    return {}
