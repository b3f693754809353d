"""ListTagsOfResource: the tags of a table, in pages."""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.limits import TAGS_PER_PAGE
from minidynamo.operations.context import OperationContext
from minidynamo.operations.tables.tagged_table import tagged_table
from minidynamo.values.api_types import Request, Response


def list_tags_of_resource(context: OperationContext, request: Request) -> Response:
    """Answers with the tags, ten per page; NextToken is the key of the last one."""
    with context.lock:
        tags = dict(tagged_table(context, request["ResourceArn"]).state.tags)
    keys = list(tags)
    token = request.get("NextToken")
    if token is not None and token not in tags:
        raise ValidationError("Invalid NextToken")
    start = 0 if token is None else keys.index(token) + 1
    page = keys[start : start + TAGS_PER_PAGE]
    response: Response = {"Tags": [{"Key": key, "Value": tags[key]} for key in page]}
    if start + TAGS_PER_PAGE < len(keys):
        response["NextToken"] = page[-1]
    return response
