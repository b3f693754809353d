"""ListStreams: the streams of all tables or of one, also those disabled less than a day ago, in pages."""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.limits import STREAMS_PAGE_MAX
from minidynamo.messages import PARAMETERS_INVALID
from minidynamo.operations.context import OperationContext
from minidynamo.values.api_types import Request, Response


def list_streams(context: OperationContext, request: Request) -> Response:
    """Answers with ARN, table name and label of each, those after ExclusiveStartStreamArn."""
    limit = request.get("Limit", STREAMS_PAGE_MAX)
    if limit > STREAMS_PAGE_MAX:
        text = f"Limit cannot be greater than the maximum allowed size: {STREAMS_PAGE_MAX}"
        raise ValidationError(PARAMETERS_INVALID + text)
    with context.lock:
        context.catalog.advance_statuses()
        keys = list(context.catalog.streams.all())
    wanted = request.get("TableName")
    streams = [
        {"StreamArn": context.scope.stream_arn(table, label), "TableName": table, "StreamLabel": label}
        for table, label in keys
        if wanted is None or table == wanted
    ]
    start = request.get("ExclusiveStartStreamArn", "")
    streams = [each for each in streams if each["StreamArn"] > start]
    response: Response = {"Streams": streams[:limit]}
    if len(streams) > limit:
        response["LastEvaluatedStreamArn"] = streams[limit - 1]["StreamArn"]
    return response
