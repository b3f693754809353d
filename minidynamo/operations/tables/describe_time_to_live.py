"""DescribeTimeToLive: whether items expire, and by which attribute."""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.operations.context import OperationContext
from minidynamo.values.api_types import Request, Response


def describe_time_to_live(context: OperationContext, request: Request) -> Response:
    """Answers with the status and, where items expire, the name of the attribute."""
    with context.lock:
        state = context.catalog.described_table(request["TableName"]).state
    if state.status == "CREATING":
        raise ValidationError(
            "Cannot describe time to live while table is in CREATING state: Current table state is CREATING"
        )
    name = state.expiry_attribute
    if name is None:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": name}}
