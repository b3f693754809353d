"""The engine that keeps everything in memory: one `SortedDict` per partition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, tee
from typing import TYPE_CHECKING

from sortedcontainers import SortedDict

from minidynamo.storage.engine import Batch, OrderedMap
from minidynamo.values.records import record_size_bytes

if TYPE_CHECKING:
    from pathlib import Path


class MemoryMap:
    """An ordered map in memory."""

    __slots__ = ("entries", "get", "item_count", "size_bytes", "start", "stop")

    def __init__(self, start: bytes, stop: bytes | None) -> None:
        self.start = start
        self.stop = stop
        self.size_bytes = 0
        self.item_count = 0
        self._hold(SortedDict())

    def _hold(self, entries: SortedDict[bytes, bytes]) -> None:
        self.entries = entries
        self.get = entries.get

    def range(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        keys, copied = tee(self.entries.irange(start, stop, (True, False), reverse))
        return zip(keys, map(self.entries.__getitem__, copied), strict=False)

    def apply(self, key: bytes, record: bytes | None, size_change: int, count_change: int) -> None:
        """Carries out one write of a batch."""
        if record is None:
            del self.entries[key]
        else:
            self.entries[key] = record
        self.size_bytes += size_change
        self.item_count += count_change

    def split(self, at_key: bytes) -> MemoryMap:
        """Hands the entries from `at_key` on to a new map."""
        position = self.entries.bisect_left(at_key)
        items = list(self.entries.items())
        upper = MemoryMap(at_key, self.stop)
        upper._hold(SortedDict(items[position:]))
        upper.item_count = len(items) - position
        upper.size_bytes = sum(record_size_bytes(record) for _, record in items[position:])
        self._hold(SortedDict(items[:position]))
        self.stop = at_key
        self.item_count -= upper.item_count
        self.size_bytes -= upper.size_bytes
        return upper

    def check(self) -> None:
        """Asserts that counts, sizes, order and range agree with the entries."""
        self.entries._check()  # type: ignore[attr-defined]
        assert self.item_count == len(self.entries), "item count differs from the entries"
        sizes = (record_size_bytes(record) for record in self.entries.values())
        assert self.size_bytes == sum(sizes), "size differs from the entries"
        assert all(key >= self.start for key in self.entries), "a key lies before its map"
        stop = self.stop
        assert stop is None or all(key < stop for key in self.entries), "a key lies behind its map"


class MemoryEngine:
    """Keeps ordered maps in memory; a batch is applied under the database's lock, so nobody sees half of it."""

    is_durable = False
    faults: tuple[type[Exception], ...] = ()

    def __init__(self) -> None:
        self._keyspaces: dict[str, list[MemoryMap]] = {}

    def keyspaces(self) -> list[str]:
        return list(self._keyspaces)

    def maps(self, keyspace: str) -> Sequence[MemoryMap]:
        return self._keyspaces.setdefault(keyspace, [MemoryMap(b"", None)])

    def commit(self, batch: Batch) -> None:
        for target, key, record, size_change, count_change in batch.writes:
            target.apply(key, record, size_change, count_change)  # type: ignore[attr-defined]

    def settle(self) -> None:
        pass

    def split(self, keyspace: str, lower: OrderedMap, at_key: bytes) -> MemoryMap:
        maps = self._keyspaces[keyspace]
        assert isinstance(lower, MemoryMap)
        upper = lower.split(at_key)
        maps.insert(maps.index(lower) + 1, upper)
        return upper

    def drop(self, keyspace: str) -> None:
        self._keyspaces.pop(keyspace, None)

    def backup(self, path: Path) -> None:
        raise ValueError("only a database in a file can be backed up: open one with minidynamo.connect(path)")

    def disown(self) -> None:
        pass

    def close(self) -> None:
        self._keyspaces.clear()

    def check(self) -> None:
        for maps in self._keyspaces.values():
            assert maps[0].start == b"", "the first map does not cover the start of its keyspace"
            assert maps[-1].stop is None, "the last map does not cover the end of its keyspace"
            assert all(one.stop == two.start for one, two in pairwise(maps)), "maps leave a gap or overlap"
            for each in maps:
                each.check()
