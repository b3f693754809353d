"""The shards of a stream, as DescribeStream lists them.

Source: DynamoDB Developer Guide, "Change data capture for DynamoDB Streams", reading and processing a stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from minidynamo.values.api_types import RequestDraft, Response

# Carries out a request of the API, as `Endpoint.execute` does.
Execute = Callable[[str, RequestDraft], Response]


class ListedShard(NamedTuple):
    """A shard.

    Attributes:
        id: its ShardId.
        parent: that of the shard it goes on from; None where there is none.
        is_open: whether changes are still added to it.
    """

    id: str
    parent: str | None
    is_open: bool


def listed_shards(execute: Execute, stream_arn: str) -> list[ListedShard]:
    """All shards of a stream, parents before their children.

    Raises:
        ResourceNotFound: there is no such stream any more.
    """
    request: RequestDraft = {"StreamArn": stream_arn}
    shards: dict[str, ListedShard] = {}
    while True:
        described = execute("DescribeStream", request)["StreamDescription"]
        for shard in described["Shards"]:
            is_open = "EndingSequenceNumber" not in shard["SequenceNumberRange"]
            shards[shard["ShardId"]] = ListedShard(shard["ShardId"], shard.get("ParentShardId"), is_open)
        last = described.get("LastEvaluatedShardId")
        if last is None:
            return sorted(shards.values(), key=lambda each: (_depth(each, shards), each.id))
        request["ExclusiveStartShardId"] = last


def beginnable(shards: Iterable[ListedShard], done: set[str]) -> list[ListedShard]:
    """The shards that may be read: those whose parent is done, or gone.

    Parameters:
        shards: all that there are.
        done: the ids of those that have been read to their end.
    """
    listed = list(shards)
    known = {each.id for each in listed}
    assert len(known) == len(listed), "a shard is listed twice"
    return [each for each in listed if each.id not in done and (each.parent not in known or each.parent in done)]


def _depth(shard: ListedShard, shards: dict[str, ListedShard]) -> int:
    depth, parent = 0, shard.parent
    while parent is not None and parent in shards and depth <= len(shards):
        depth, parent = depth + 1, shards[parent].parent
    return depth
