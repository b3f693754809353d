"""Looks for the key at which a partition is halved, a few records at a time, so that no write waits for it.

The search walks from the first key on and counts what lies behind it; of what is written there meanwhile it is told.
So the halves are known exactly when it ends, though the partition was written to all the while.
"""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from minidynamo.storage.ordered_map import OrderedMap
from minidynamo.values.key_bytes import TOKEN_BYTES
from minidynamo.values.records import record_size_bytes


class Cut(NamedTuple):
    """Where a map may be cut: the first key above the cut, the count and total item size of the records below it."""

    key: bytes
    item_count: int
    size_bytes: int


def check_cut(ordered_map: OrderedMap, cut: Cut) -> None:
    """Asserts that a map can be cut there."""
    start, stop = ordered_map.start, ordered_map.stop
    is_within = start < cut.key and (stop is None or cut.key < stop)
    assert is_within, f"a map from {start!r} to {stop!r} is split at {cut.key!r}"
    count, size = ordered_map.item_count, ordered_map.size_bytes
    assert 0 <= cut.item_count <= count, f"{cut.item_count} items, of {count}, lie below {cut.key!r}"
    assert 0 <= cut.size_bytes <= size, f"{cut.size_bytes} bytes, of {size}, lie below {cut.key!r}"


class CutSearch:
    """A search in one map.

    Parameters:
        ordered_map: the map.
        keeps_collections_whole: whether item collections stay whole, so that only a change of token may be cut.

    Attributes:
        cut: the best one found so far; None where none is allowed.
    """

    def __init__(self, ordered_map: OrderedMap, keeps_collections_whole: bool) -> None:
        self._map = ordered_map
        self._keeps_collections_whole = keeps_collections_whole
        self._next = ordered_map.start
        self._count = self._size = 0
        self._token: bytes | None = None  # Of the last record; the first one is not to be cut off from nothing.
        self.cut: Cut | None = None

    def advance(self, records: int | None, size_bytes: int | None = None) -> bool:
        """Walks on, by so many records and so many bytes at most, None for any; whether the search has ended."""
        assert records is None or records > 0, f"a step of {records} records"
        walked, size_before = 0, self._size
        for key, record in islice(self._map.range(self._next, None), records):
            # A collection that stays whole is cut off with all that will ever come into it.
            at_key = key[:TOKEN_BYTES] if self._keeps_collections_whole else key
            if self._may_cut_before(key) and not self._improves(Cut(at_key, self._count, self._size)):
                return True
            self._count += 1
            self._size += record_size_bytes(record)
            self._token = key[:TOKEN_BYTES]
            self._next = key + b"\x00"
            walked += 1
            if size_bytes is not None and self._size - size_before >= size_bytes:
                return False
        return walked != records

    def note(self, key: bytes, size_change: int, count_change: int) -> None:
        """Takes account of a write that has been committed."""
        if key < self._next:
            self._count += count_change
            self._size += size_change
            assert self._count >= 0 <= self._size, f"{self._count} items, {self._size} bytes are behind {self._next!r}"
        if self.cut is not None and key < self.cut.key:
            self.cut = Cut(self.cut.key, self.cut.item_count + count_change, self.cut.size_bytes + size_change)

    def check(self) -> None:
        """Asserts that it has counted what lies behind it, and below its cut."""
        own = Cut(self._next, self._count, self._size)
        for each in (own,) if self.cut is None else (own, self.cut):
            sizes = [record_size_bytes(record) for _, record in self._map.range(None, each.key)]
            is_right = (each.item_count, each.size_bytes) == (len(sizes), sum(sizes))
            assert is_right, f"a search counts {each}, and there are {len(sizes)} items of {sum(sizes)} bytes"

    def _may_cut_before(self, key: bytes) -> bool:
        if self._token is None:
            return False
        return not self._keeps_collections_whole or key[:TOKEN_BYTES] != self._token

    def _improves(self, cut: Cut) -> bool:
        """Takes a cut for the best one, unless it is no better: then none of those that follow is."""
        half = self._map.size_bytes / 2
        if self.cut is not None and abs(cut.size_bytes - half) >= abs(self.cut.size_bytes - half):
            return False
        self.cut = cut
        return True
