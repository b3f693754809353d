"""Shards: ranges of a stream, each of which carries the changes of one partition while it is open.

The theory of lineage. Open shards and partitions correspond one to one: `is_aligned` says when they do not, and
`Stream.align` closes and opens shards until they do. It has two occasions.

    a partition splits         its shard is closed and each half gets a child with the shard as its parent
    a shard is four hours old  it is closed and gets one child

Sequence numbers are given by the stream, not by the shard, and a shard's range of numbers ends before its children's
begin. So all changes of an item lie along one line of shards, parents before children, and a reader that finishes a
shard before it begins its children sees them in order. Nothing is promised between lines.

A closed shard is visible as long as it may hold a record, which is 24 hours after its last; a shard without a visible
parent has its oldest records trimmed. Source: DynamoDB Developer Guide, "Change data capture for DynamoDB Streams".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypedDict

from minidynamo.limits import SHARD_OPEN_SECONDS_MAX
from minidynamo.streams.change_record import sequence_text
from minidynamo.values.api_types import Response


class StoredShard(TypedDict):
    """A shard as it is kept: see `Shard`."""

    ordinal: int
    id: str
    parent: str | None
    start: bytes
    first: int
    opened_at: float
    last: int | None
    closed_at: float | None
    trimmed: int


@dataclass(slots=True)
class Shard:
    """One shard.

    Attributes:
        ordinal: its number within the stream, which its records' keys begin with.
        id: its name in the API.
        parent: the id of the shard it follows, if any.
        start: where the partition begins whose changes it carries, as key bytes.
        first: the sequence number it begins with.
        opened_at, closed_at: when, in epoch seconds; `closed_at` None while it is open.
        last: the sequence number it ended with, None while it is open.
        trimmed: the highest sequence number that has been trimmed; 0 for none.
    """

    ordinal: int
    id: str
    parent: str | None
    start: bytes
    first: int
    opened_at: float
    last: int | None = None
    closed_at: float | None = None
    trimmed: int = 0

    @property
    def is_open(self) -> bool:
        """Whether changes are still written to it."""
        return self.closed_at is None

    @property
    def shown(self) -> Response:
        """The shard as DescribeStream shows it."""
        numbers = {"StartingSequenceNumber": sequence_text(self.first)}
        if self.last is not None:
            numbers["EndingSequenceNumber"] = sequence_text(self.last)
        shown: Response = {"ShardId": self.id, "SequenceNumberRange": numbers}
        if self.parent is not None:
            shown["ParentShardId"] = self.parent
        return shown

    @property
    def stored(self) -> StoredShard:
        """The shard as it is kept."""
        return {
            "ordinal": self.ordinal,
            "id": self.id,
            "parent": self.parent,
            "start": self.start,
            "first": self.first,
            "opened_at": self.opened_at,
            "last": self.last,
            "closed_at": self.closed_at,
            "trimmed": self.trimmed,
        }


def new_shard(label: str, ordinal: int, parent: str | None, start: bytes, first: int, now: float) -> Shard:
    """A shard that opens now."""
    return Shard(ordinal, f"shardId-{int(now * 1000):020d}-{id_tail(label, ordinal)}", parent, start, first, now)


def id_tail(label: str, ordinal: int) -> str:
    """What the id of a shard ends with, whenever it is opened."""
    return blake2b(f"{label} {ordinal}".encode(), digest_size=4).hexdigest()


def has_had_id(label: str, shards: Sequence[Shard], shard_id: str) -> bool:
    """Whether an id is of a shard of a stream, or of one that was before the latest of them."""
    tail, highest = shard_id.rpartition("-")[2], max((each.ordinal for each in shards), default=-1)
    return any(id_tail(label, ordinal) == tail for ordinal in range(highest, -1, -1))


def check_shards(shards: Sequence[Shard], last_number: int, stream: str) -> None:
    """Asserts that the shards of a stream have names of their own and follow one another.

    Parameters:
        shards: all of them.
        last_number: the highest sequence number that has been given.
        stream: which it is, for the message.
    """
    by_id = {each.id: each for each in shards}
    ordinals = [each.ordinal for each in shards]
    assert len(by_id) == len(set(ordinals)) == len(shards), f"shards of {stream} share names: {shards}"
    for shard in shards:
        name, last, parent = f"{shard.id} of {stream}", shard.last, by_id.get(shard.parent or "")
        assert shard.is_open == (last is None), f"{name} was closed at {shard.closed_at} and ended with {last}"
        assert shard.first <= last_number, f"{name} begins with {shard.first}, of {last_number} numbers"
        assert last is None or shard.first <= last, f"{name} goes from {shard.first} to {last}"
        assert shard.trimmed <= last_number, f"{name} is trimmed up to {shard.trimmed}, of {last_number} numbers"
        if parent is not None:
            end = parent.last
            assert end is not None and end < shard.first, (
                f"{name} begins with {shard.first}, its parent ends with {end}"
            )


def is_aligned(shards: Iterable[Shard], starts: Sequence[bytes], now: float) -> bool:
    """Whether there is one open shard per partition, none of them open for too long.

    Parameters:
        shards: all of a stream.
        starts: where the partitions begin, in key order.
        now: epoch seconds.
    """
    opened = sorted((each for each in shards if each.is_open), key=lambda each: each.start)
    return [each.start for each in opened] == list(starts) and all(
        now < each.opened_at + SHARD_OPEN_SECONDS_MAX for each in opened
    )
