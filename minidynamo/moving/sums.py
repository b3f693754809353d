"""Sums of items: equal where two tables hold the same items, in whatever order these are read.

Each item has a digest of its normal form: names sorted, numbers canonical, sets in order. An item belongs to the bucket
that the digest of its key says; of each bucket there is the count of its items and the sum of their digests.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import msgpack

from minidynamo.errors import DynamoError
from minidynamo.values.api_types import JsonValue
from minidynamo.values.attribute_value import AttributeValue, Item, checked_item

BUCKET_COUNT = 4096
_DIGEST_BYTES = 16
_NESTED = frozenset({"M", "L"})

_pack = msgpack.Packer(autoreset=True).pack


def item_digest(item: Item) -> bytes:
    """The digest of an item, or of a key."""
    try:
        normal = checked_item(item)[0]
    except DynamoError:  # What another store takes and the service does not is compared as it is.
        normal = item
    content = [(name, _ordered(value)) for name, value in sorted(normal.items())]
    return blake2b(_packed(content), digest_size=_DIGEST_BYTES).digest()


def key_digest(item: Item, key_names: tuple[str, ...]) -> bytes:
    """The digest of the key of an item."""
    return item_digest({name: item[name] for name in key_names if name in item})


def bucket_of(digest: bytes) -> int:
    """The bucket of a key with this digest."""
    assert len(digest) == _DIGEST_BYTES, f"{digest!r} is no digest"
    return int.from_bytes(digest[:2], "big") % BUCKET_COUNT


class Sums:
    """The sums of the items of one table.

    Attributes:
        counts: how many items there are, by bucket.
        totals: the sums of their digests, by bucket.
    """

    def __init__(self) -> None:
        self.counts = [0] * BUCKET_COUNT
        self.totals = [0] * BUCKET_COUNT

    @property
    def item_count(self) -> int:
        """How many items there are."""
        return sum(self.counts)

    def add(self, items: Iterable[Item], key_names: tuple[str, ...]) -> None:
        """Adds items."""
        for item in items:
            bucket = bucket_of(key_digest(item, key_names))
            self.counts[bucket] += 1
            self.totals[bucket] += int.from_bytes(item_digest(item), "big")

    def merge(self, other: Sums) -> None:
        """Adds the items of other sums."""
        self.counts = [one + two for one, two in zip(self.counts, other.counts, strict=True)]
        self.totals = [one + two for one, two in zip(self.totals, other.totals, strict=True)]

    def differing(self, other: Sums) -> list[int]:
        """The buckets in which two tables differ."""
        return [
            bucket
            for bucket in range(BUCKET_COUNT)
            if (self.counts[bucket], self.totals[bucket]) != (other.counts[bucket], other.totals[bucket])
        ]


def _packed(content: JsonValue) -> bytes:
    packed: bytes = _pack(content)
    return packed


def _ordered(value: AttributeValue) -> JsonValue:
    """A value whose maps have their names in order."""
    if value.keys().isdisjoint(_NESTED):
        return value
    ((tag, payload),) = value.items()
    if tag == "L":
        return [tag, [_ordered(each) for each in payload]]
    return [tag, [(name, _ordered(each)) for name, each in sorted(payload.items())]]
