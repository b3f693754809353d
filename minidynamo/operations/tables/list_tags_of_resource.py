"""ListTagsOfResource: the tags of a table, all in one page."""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.operations.context import OperationContext
from minidynamo.operations.tables.tagged_table import tagged_table
from minidynamo.values.api_types import Request, Response


def list_tags_of_resource(context: OperationContext, request: Request) -> Response:
    """Answers with the tags. There are never more than a page holds, so that no NextToken is valid."""
    with context.lock:
        tags = tagged_table(context, request["ResourceArn"]).state.tags
    if request.get("NextToken") is not None:
        raise ValidationError("Invalid NextToken")
    return {"Tags": [{"Key": key, "Value": value} for key, value in dict(tags).items()]}
