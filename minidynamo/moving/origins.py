"""Where an item comes from that only the target has: deleted at the source since, or a second copy of another item."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from minidynamo.consumers.cursor import OLDEST, ShardCursor
from minidynamo.consumers.shards import Execute, listed_shards
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.moving.facts import told
from minidynamo.moving.sides import Side
from minidynamo.moving.sums import item_digest
from minidynamo.values.attribute_value import Item


def removed_digests(execute: Execute, stream_arn: str, side: Side, digests: Collection[bytes]) -> set[bytes]:
    """Which of some keys have been deleted at the source, as far as its stream tells.

    Parameters:
        execute: carries out requests at the source.
        stream_arn: of its stream.
        side: the source.
        digests: of the keys, as the target has them.

    Raises:
        DynamoError: the stream cannot be read.
    """
    found: set[bytes] = set()
    for shard in listed_shards(execute, stream_arn):
        cursor = ShardCursor(execute, stream_arn, shard.id, OLDEST)
        for records in cursor.pages(shard.is_open):
            removed = (each.record["dynamodb"]["Keys"] for each in records if each.record["eventName"] == "REMOVE")
            found.update(digest for digest in map(side.digest, removed) if digest in digests)
    return found


def doubled_contents(side: Side, contents: Collection[bytes]) -> set[bytes]:
    """Which of some contents, as `content_digest` gives them, an item of a side has."""

    def found(items: Iterator[Item]) -> set[bytes]:
        digests = (content_digest(side.edit(item), side.key_names) for item in items)
        return {each for each in digests if each is not None and each in contents}

    return set().union(*side.each_segment(found)) if contents else set()


def content_digest(item: Item, key_names: tuple[str, ...]) -> bytes | None:
    """The digest of what an item holds besides its key; None where that is nothing."""
    rest = {name: value for name, value in item.items() if name not in key_names}
    return item_digest(rest) if rest else None


def is_readable(endpoint: Endpoint, stream_arn: str | None) -> bool:
    """Whether there is a stream that can be read; raises DynamoError where the endpoint fails."""
    return stream_arn is not None and told(endpoint, "DescribeStream", {"StreamArn": stream_arn}) is not None
