"""Ordered maps of a shared engine: what a transaction reads, beneath what it has staged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import merge
from operator import itemgetter

from sortedcontainers import SortedDict

from minidynamo.limits import MIB
from minidynamo.storage.ordered_map import record_of

# How many entries are fetched at first; then as many as make about a megabyte.
_FIRST_COUNT, _COUNT_MAX = 110, 5_000

Fetch = Callable[[str, bytes, bytes | None, bool, int], list[tuple[bytes, bytes]]]


class SharedMap:
    """The one map of a keyspace, which covers all keys.

    Parameters:
        keyspace: its name.
        get: gives the record of a key, None for none.
        fetch: gives so many entries of a range; see `Link.range`.
        staged: gives what the transaction has staged in it.
        sizes: gives about how many items and bytes it has.
    """

    start = b""
    stop: bytes | None = None

    def __init__(
        self,
        keyspace: str,
        get: Callable[[str, bytes], bytes | None],
        fetch: Fetch,
        staged: Callable[[str], SortedDict[bytes, bytes | None] | None],
        sizes: Callable[[str], tuple[int, int]],
    ) -> None:
        self._keyspace, self._get, self._fetch, self._staged, self._sizes = keyspace, get, fetch, staged, sizes

    @property
    def item_count(self) -> int:
        """About how many items it has."""
        return max(0, self._sizes(self._keyspace)[0])

    @property
    def size_bytes(self) -> int:
        """About how large they are together."""
        return max(0, self._sizes(self._keyspace)[1])

    def get(self, key: bytes) -> bytes | None:
        """The record of a key, or None."""
        return self._get(self._keyspace, key)

    def range(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """The entries with start <= key < stop, in key order or its reverse."""
        staged, found = self._staged(self._keyspace), self._fetched(start or b"", stop, reverse)
        if not staged:
            return found
        own = [(key, staged[key]) for key in staged.irange(start, stop, (True, False), reverse)]
        return _overlaid(found, own, reverse)

    def records(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[bytes]:
        """The records of these entries."""
        return map(record_of, self.range(start, stop, reverse))

    def _fetched(self, start: bytes, stop: bytes | None, reverse: bool) -> Iterator[tuple[bytes, bytes]]:
        count = _FIRST_COUNT
        while stop is None or start < stop:
            found = self._fetch(self._keyspace, start, stop, reverse, count)
            yield from found
            if len(found) < count:
                return
            last = found[-1][0]
            assert last >= start, f"{self._keyspace} is read from {start!r} on, and gives {last!r}"
            start, stop = (start, last) if reverse else (last + b"\0", stop)
            size = sum(len(record) for _, record in found)
            count = max(1, min(_COUNT_MAX, MIB * len(found) // max(1, size)))


def _overlaid(
    found: Iterator[tuple[bytes, bytes]], own: list[tuple[bytes, bytes | None]], reverse: bool
) -> Iterator[tuple[bytes, bytes]]:
    """Entries below others, which may say that one is gone."""
    hidden = {key for key, _ in own}
    below = (entry for entry in found if entry[0] not in hidden)
    above = ((key, record) for key, record in own if record is not None)
    return merge(below, above, key=itemgetter(0), reverse=reverse)
