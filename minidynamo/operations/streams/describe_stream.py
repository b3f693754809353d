"""DescribeStream: a stream and its shards, in pages; or the children of one shard."""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.limits import SHARDS_PAGE_MAX
from minidynamo.messages import PARAMETERS_INVALID
from minidynamo.operations.context import OperationContext
from minidynamo.operations.streams.found_stream import find_stream
from minidynamo.streams.shard import Shard
from minidynamo.values.api_types import Request, Response


def describe_stream(context: OperationContext, request: Request) -> Response:
    """Answers with what is known of the stream and with the shards after ExclusiveStartShardId."""
    limit = request.get("Limit", SHARDS_PAGE_MAX)
    if limit > SHARDS_PAGE_MAX:
        raise ValidationError(f"{PARAMETERS_INVALID}Limit cannot be greater than the maximum: {SHARDS_PAGE_MAX}")
    arn = request["StreamArn"]
    with context.lock:
        stream = find_stream(context, arn)
        state = stream.state
        shards = _filtered(stream.visible_shards(), request.get("ShardFilter", {}))
        shown = [each.shown for each in sorted(shards, key=lambda each: each.id)]
    start = request.get("ExclusiveStartShardId", "")
    shown = [each for each in shown if each["ShardId"] > start]
    description: Response = {
        "StreamArn": arn,
        "StreamLabel": state["Label"],
        "StreamStatus": "DISABLED" if "DisabledAt" in state else "ENABLED",
        "StreamViewType": state["ViewType"],
        "CreationRequestDateTime": state["CreatedAt"],
        "TableName": state["TableName"],
        "KeySchema": state["KeySchema"],
        "Shards": shown[:limit],
    }
    if len(shown) > limit:
        description["LastEvaluatedShardId"] = shown[limit - 1]["ShardId"]
    return {"StreamDescription": description}


def _filtered(shards: list[Shard], wanted: Request) -> list[Shard]:
    if wanted.get("Type") != "CHILD_SHARDS":
        return shards
    return [each for each in shards if each.parent == wanted.get("ShardId")]
