"""What the operations on streams share: finding a stream by its ARN, with its shards in order."""

from __future__ import annotations

import re

from minidynamo.errors import ResourceNotFound, ValidationError
from minidynamo.operations.context import OperationContext
from minidynamo.streams.stream import Stream
from minidynamo.tables.changes import WriteBatch

_ARN = re.compile(r"arn:[^:]+:dynamodb:[^:]*:[^:]*:table/(?P<table>[^/]+)/stream/(?P<label>[^/]+)")


def find_stream(context: OperationContext, arn: str) -> Stream:
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
    stream = context.catalog.streams.find(*key) if arn == context.scope.stream_arn(*key) else None
    if stream is None:
        raise ResourceNotFound(f"Requested resource not found: Stream: {arn} not found")
    if stream.is_enabled:
        align_stream(context, match["table"])
    return stream


def align_stream(context: OperationContext, table_name: str) -> None:
    """Ensures that a stream has one open shard per partition of its table, and stores that; with the lock held."""
    batch = WriteBatch()
    context.catalog.described_table(table_name).align_shards(batch)
    if batch.writes:
        context.commit(batch)
