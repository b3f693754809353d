"""Ordered maps, of which every engine keeps one per partition, and what holds of them whatever engine they are of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Protocol, TypeVar

from minidynamo.values.records import record_size_bytes


class OrderedMap(Protocol):
    """A sorted map from key bytes to records, covering the keys from `start` up to `stop` (None: no end)."""

    start: bytes
    stop: bytes | None

    @property
    def size_bytes(self) -> int:
        """The total size of its items; of a store that several processes share, about."""
        ...

    @property
    def item_count(self) -> int:
        """How many there are; in the same way."""
        ...

    def get(self, key: bytes) -> bytes | None:
        """The record of a key, or None."""
        ...

    def range(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """The entries with start <= key < stop, in key order or its reverse."""
        ...

    def records(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[bytes]:
        """The records of these entries."""
        ...


Map = TypeVar("Map", bound=OrderedMap)


record_of = itemgetter(1)  # Of an entry.


def bounded(ordered_map: OrderedMap, start: bytes | None, stop: bytes | None) -> tuple[bytes, bytes | None]:
    """The part of a range that lies in a map."""
    low = ordered_map.start if start is None else max(start, ordered_map.start)
    high = ordered_map.stop if stop is None else stop if ordered_map.stop is None else min(stop, ordered_map.stop)
    return low, high


def check_map(ordered_map: OrderedMap, name: str) -> None:
    """Asserts that the count, the size and the order of a map agree with its entries.

    Parameters:
        name: which map it is, for the message.
    """
    count = size = 0
    last: bytes | None = None
    for key, record in ordered_map.range(None, None):
        assert last is None or last < key, f"{name} has {key!r} behind {last!r}"
        last = key
        count += 1
        size += record_size_bytes(record)
    assert ordered_map.item_count == count, f"{name} counts {ordered_map.item_count} items, holds {count}"
    assert ordered_map.size_bytes == size, f"{name} counts {ordered_map.size_bytes} bytes, holds {size}"


def check_tiling(maps: Sequence[OrderedMap], name: str) -> None:
    """Asserts that maps cover all keys without gap or overlap.

    Parameters:
        name: which keyspace they are of, for the message.
    """
    assert maps, f"{name} has no map"
    assert maps[0].start == b"", f"the first map of {name} begins at {maps[0].start!r}"
    assert maps[-1].stop is None, f"the last map of {name} ends at {maps[-1].stop!r}"
    for one, two in pairwise(maps):
        assert one.stop == two.start, f"maps of {name} end at {one.stop!r} and begin at {two.start!r}"


def map_of(maps: Sequence[Map], key: bytes) -> Map:
    """The one of a keyspace's maps, which are in key order, that covers a key."""
    return maps[0] if len(maps) == 1 else maps[bisect_right(maps, key, key=_start) - 1]


def _start(ordered_map: OrderedMap) -> bytes:
    return ordered_map.start
