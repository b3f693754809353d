"""Layers: how maps in memory share what has not changed.

A fork or snapshot takes what a map holds as it is; from then on that is not changed any more, and what the map is
changed by lies in entries of its own above it. An empty record, which no item has, says that the key below is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, tee
from typing import Protocol

from sortedcontainers import SortedDict

from minidynamo.storage.memory.untracking import note
from minidynamo.storage.ordered_map import bounded, check_map, record_of

TOMBSTONE = b""

Entry = tuple[bytes, bytes]


class MapLayer(Protocol):
    """Entries that can be read: those of a map in memory, or of a map in a file."""

    def get(self, key: bytes) -> bytes | None:
        """The record of a key, TOMBSTONE where the layer deletes it, None where it says nothing of it."""
        ...

    def range(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[Entry]:
        """The entries with start <= key < stop, in key order or its reverse."""
        ...


class Entries(SortedDict[bytes, bytes]):
    """Entries in memory, in key order."""

    def __init__(self, entries: Iterable[Entry] | Mapping[bytes, bytes] = ()) -> None:
        super().__init__(entries)  # type: ignore[call-arg]  # Its stubs have __new__ alone.
        note(self)

    @property
    def containers(self) -> list[object]:
        """What it keeps keys and records in, itself among it."""
        lists: list[list[bytes]] = self._list._lists  # type: ignore[attr-defined]
        return [self, lists, *lists]

    def range(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[Entry]:
        keys, copied = tee(self.irange(start, stop, (True, False), reverse))
        return zip(keys, map(self.__getitem__, copied), strict=False)

    def records(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[bytes]:
        """The records of these entries."""
        return map(self.__getitem__, self.irange(start, stop, (True, False), reverse))


class FrozenMap:
    """An ordered map that never changes: what a map held at one moment.

    Parameters:
        start, stop, item_count, size_bytes: those of the map.
        layers: what it consists of, oldest first. They may reach beyond the map's own bounds.
    """

    __slots__ = ("item_count", "layers", "size_bytes", "start", "stop")

    def __init__(
        self, start: bytes, stop: bytes | None, item_count: int, size_bytes: int, layers: Sequence[MapLayer]
    ) -> None:
        self.start, self.stop = start, stop
        self.item_count, self.size_bytes = item_count, size_bytes
        assert layers, f"the map that begins at {start!r} has no layer"
        assert item_count >= 0 <= size_bytes, f"the map that begins at {start!r} has {item_count} items, {size_bytes} B"
        self.layers = compacted(layers)

    def get(self, key: bytes) -> bytes | None:
        for layer in reversed(self.layers):
            record = layer.get(key)
            if record is not None:
                return record or None
        return None

    def check(self) -> None:
        """Asserts that counts, sizes and order agree with the entries, and that layers are few."""
        name = f"the frozen map that begins at {self.start!r}"
        lowest = self.layers[0]
        gone = [key for key, record in lowest.items() if not record] if isinstance(lowest, Entries) else []
        assert not gone, f"the lowest layer of {name} says that {gone} are gone from below it"
        check_map(self, name)
        sizes = [len(layer) for layer in self.layers if isinstance(layer, Entries)]
        assert all(one > two for one, two in pairwise(sizes)), f"layers of {sizes} entries are not merged"

    def range(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[Entry]:
        low, high = bounded(self, start, stop)
        found = self.layers[0].range(low, high, reverse)
        for layer in self.layers[1:]:
            found = overlaid(layer.range(low, high, reverse), found, reverse)
        return found

    def records(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[bytes]:
        return map(record_of, self.range(start, stop, reverse))


def overlaid(upper: Iterator[Entry], lower: Iterator[Entry], reverse: bool) -> Iterator[Entry]:
    """The entries of two layers in one order; where both have a key, the upper one's counts."""
    first = next(upper, None)
    return lower if first is None else _merged(first, upper, lower, reverse)


def _merged(entry: Entry | None, upper: Iterator[Entry], lower: Iterator[Entry], reverse: bool) -> Iterator[Entry]:
    below = next(lower, None)
    while entry is not None:
        key = entry[0]
        while below is not None and (below[0] > key if reverse else below[0] < key):
            yield below
            below = next(lower, None)
        if below is not None and below[0] == key:
            below = next(lower, None)
        if entry[1]:
            yield entry
        entry = next(upper, None)
    if below is not None:
        yield below
        yield from lower


def compacted(layers: Sequence[MapLayer]) -> tuple[MapLayer, ...]:
    """The same entries in few layers: each is larger than all that lie above it, so that few keys are moved often."""
    found = list(layers)
    while len(found) > 1:
        lower, upper = found[-2:]
        if not (isinstance(lower, Entries) and isinstance(upper, Entries)) or len(upper) < len(lower):
            break
        both = {**lower, **upper}
        if len(found) == 2:  # Below there is nothing to delete.
            both = {key: record for key, record in both.items() if record}
        found[-2:] = [Entries(both)]
    assert found, "a map without layers"
    return tuple(found)
