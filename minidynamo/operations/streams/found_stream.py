"""What the operations on streams share: finding a stream by its ARN, with its shards in order."""

from __future__ import annotations

import re

from minidynamo.errors import ResourceNotFound, ValidationError
from minidynamo.operations.context import OperationContext
from minidynamo.streams.stream import ChangeLog

_ARN = re.compile(r"arn:[^:]+:dynamodb:[^:]*:[^:]*:table/(?P<table>[^/]+)/stream/(?P<label>[^/]+)")


def find_stream(context: OperationContext, arn: str) -> ChangeLog:
    """The stream of an ARN, with one open shard per partition; to be called with the lock held.

    Raises:
        ValidationError: a malformed ARN.
        ResourceNotFound: there is no such stream, or none any more.
    """
    match = _ARN.fullmatch(arn)
    if match is None:
        raise ValidationError("Invalid StreamArn")
    context.catalog.advance_statuses()
    key = match["table"], match["label"]
    log = context.catalog.streams.find(*key) if arn == context.scope.stream_arn(*key) else None
    if log is None:
        raise ResourceNotFound(f"Requested resource not found: Stream: {arn} not found")
    if log.is_enabled:
        context.catalog.described_table(match["table"]).align_shards()
    return log
