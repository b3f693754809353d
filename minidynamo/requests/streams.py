"""The requests of DynamoDB Streams.

Source: the API model of DynamoDB Streams, version 2012-08-10.
"""

from __future__ import annotations

from dataclasses import replace

from minidynamo.requests.shapes import INDEX_NAME, TIMESTAMP, Shape, enum, integer, string, structure

_ARN = string(37, 1024)
_SHARD_ID = string(28, 65)
_LIMIT = integer(1)  # Its largest value is refused in words of each operation's own.
_SHARD_FILTER = replace(
    structure("ShardFilter", Type=enum("CHILD_SHARDS"), ShardId=_SHARD_ID), needed=frozenset({"Type", "ShardId"})
)

STREAMS: dict[str, Shape] = {
    "ListStreams": structure("ListStreamsInput", TableName=INDEX_NAME, Limit=_LIMIT, ExclusiveStartStreamArn=_ARN),
    "DescribeStream": structure(
        "DescribeStreamInput",
        "StreamArn",
        StreamArn=_ARN,
        Limit=_LIMIT,
        ExclusiveStartShardId=_SHARD_ID,
        ShardFilter=_SHARD_FILTER,
    ),
    "GetShardIterator": structure(
        "GetShardIteratorInput",
        "StreamArn ShardId ShardIteratorType",
        StreamArn=_ARN,
        ShardId=_SHARD_ID,
        ShardIteratorType=enum("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"),
        SequenceNumber=string(21, 40),
        Timestamp=TIMESTAMP,
    ),
    "GetRecords": structure("GetRecordsInput", "ShardIterator", ShardIterator=string(1, 2048), Limit=_LIMIT),
}
