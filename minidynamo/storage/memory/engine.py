"""The engine that keeps everything in memory: one `SortedDict` per partition, above what it shares with its forks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from weakref import WeakSet

from minidynamo.storage.cut_search import Cut, check_cut
from minidynamo.storage.engine import Batch, Engine, Snapshot
from minidynamo.storage.memory.layers import TOMBSTONE, Entries, FrozenMap, MapLayer, overlaid
from minidynamo.storage.ordered_map import OrderedMap, bounded, check_map, check_tiling, map_of, record_of


class MemoryMap:
    """An ordered map in memory: entries of its own and, after a snapshot, what lies below them.

    After a split two maps keep their entries in one place.

    Parameters:
        start, stop: the range it covers.
        below: a map that never changes any more and covers that range at least.
    """

    __slots__ = ("_is_shared", "below", "entries", "get", "item_count", "size_bytes", "start", "stop")

    def __init__(self, start: bytes, stop: bytes | None, below: OrderedMap | None = None) -> None:
        self.start = start
        self.stop = stop
        self.size_bytes = 0 if below is None else below.size_bytes
        self.item_count = 0 if below is None else below.item_count
        self._hold(Entries(), below)

    def _hold(self, entries: Entries, below: OrderedMap | None) -> None:
        if below is not None:
            is_covered = below.stop is None or (self.stop is not None and self.stop <= below.stop)
            assert below.start <= self.start and is_covered, (
                f"a map from {self.start!r} to {self.stop!r} lies above one from {below.start!r} to {below.stop!r}"
            )
        self.entries = entries
        self.below = below
        self._is_shared = False
        self.get = entries.get if below is None else self._get_above

    def _get_above(self, key: bytes) -> bytes | None:
        record = self.entries.get(key)
        if record is None:
            assert self.below is not None, f"a map that begins at {self.start!r} reads what lies below nothing"
            return self.below.get(key)
        return record or None

    def range(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        if self.below is None and not self._is_shared:
            return self.entries.range(start, stop, reverse)
        low, high = bounded(self, start, stop)
        if self.below is None:
            return self.entries.range(low, high, reverse)
        return overlaid(self.entries.range(low, high, reverse), self.below.range(low, high, reverse), reverse)

    def records(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[bytes]:
        if self.below is None:
            low, high = bounded(self, start, stop) if self._is_shared else (start, stop)
            return self.entries.records(low, high, reverse)
        return map(record_of, self.range(start, stop, reverse))

    def apply(self, key: bytes, record: bytes | None, size_change: int, count_change: int) -> None:
        """Carries out one write of a batch."""
        if record is not None:
            self.entries[key] = record
        elif self.below is None:
            del self.entries[key]
        else:
            self.entries[key] = TOMBSTONE
        self.size_bytes += size_change
        self.item_count += count_change
        assert self.item_count >= 0 <= self.size_bytes, f"{self.item_count} items of {self.size_bytes} bytes are left"

    def split(self, cut: Cut) -> MemoryMap:
        """Hands the entries above a cut on to a new map. Both keep them in one place until the next snapshot."""
        check_cut(self, cut)
        upper = MemoryMap(cut.key, self.stop)
        upper._hold(self.entries, self.below)
        self._is_shared = upper._is_shared = True
        upper.item_count, upper.size_bytes = self.item_count - cut.item_count, self.size_bytes - cut.size_bytes
        self.stop, self.item_count, self.size_bytes = cut
        return upper

    def frozen(self) -> OrderedMap:
        """What it holds now, as a map that never changes; further changes go on above that."""
        self._take_own()
        below = self.below
        if below is None or self.entries or (below.start, below.stop) != (self.start, self.stop):
            layers: tuple[MapLayer, ...] = (below,) if below is not None else ()
            if isinstance(below, FrozenMap):
                layers = below.layers
            if self.entries or not layers:
                layers = (*layers, self.entries)
            below = FrozenMap(self.start, self.stop, self.item_count, self.size_bytes, layers)
            self._hold(Entries(), below)
        return below

    def _take_own(self) -> None:
        """Keeps its entries in a place of its own again."""
        if self._is_shared:
            self._hold(Entries(self.entries.range(self.start, self.stop)), self.below)

    def release(self) -> None:
        """Releases what it holds: below there may be a file, whose log stays as long as it is read."""
        self._hold(Entries(), None)

    def check(self) -> None:
        """Asserts that counts, sizes, order and range agree with the entries."""
        name = f"the map that begins at {self.start!r}"
        self.entries._check()  # type: ignore[attr-defined]
        gone = [] if self.below is not None else [key for key, record in self.entries.items() if record == TOMBSTONE]
        assert not gone, f"{name} lies above nothing, and says that {gone} are gone from there"
        check_map(self, name)
        if self.entries and not self._is_shared:
            first, last, stop = self.entries.keys()[0], self.entries.keys()[-1], self.stop
            assert first >= self.start, f"{name} holds the key {first!r} before it"
            assert stop is None or last < stop, f"{name} ends at {stop!r} and holds the key {last!r}"
        if isinstance(self.below, FrozenMap):
            self.below.check()


class MemoryEngine(Engine):
    """Keeps ordered maps in memory; a batch is applied under the database's lock, so that none sees half of it.

    Parameters:
        snapshot: what it begins with and shares, None for nothing.
    """

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.io_errors: tuple[type[Exception], ...] = ()
        self._keyspaces: dict[str, list[MemoryMap]] = {}
        self._dropped: list[MemoryMap] = []  # They may still be read.
        self._snapshots = WeakSet[Snapshot]()  # Those still held, to be checked.
        if snapshot is not None:
            self.restore(snapshot)

    def keyspaces(self) -> list[str]:
        return list(self._keyspaces)

    def maps(self, keyspace: str) -> Sequence[MemoryMap]:
        return self._keyspaces.setdefault(keyspace, [MemoryMap(b"", None)])

    def commit(self, batch: Batch) -> None:
        for name in batch.creates:
            assert name not in self._keyspaces, f"{name} begins and is there already"
            self.maps(name)
        for name in batch.drops:
            self._dropped += self._keyspaces.pop(name)
        keyspaces = self._keyspaces
        for keyspace, key, record, size_change, count_change in batch.writes:
            maps = keyspaces[keyspace]
            # Most have one map: a call less for every write.
            target = maps[0] if len(maps) == 1 else map_of(maps, key)
            target.apply(key, record, size_change, count_change)

    def split(self, keyspace: str, lower: OrderedMap, cut: Cut) -> MemoryMap:
        maps = self._keyspaces[keyspace]
        assert isinstance(lower, MemoryMap), f"{keyspace} has a map of another engine: {lower!r}"
        upper = lower.split(cut)
        maps.insert(maps.index(lower) + 1, upper)
        return upper

    def snapshot(self) -> Snapshot:
        frozen = {name: tuple(each.frozen() for each in maps) for name, maps in self._keyspaces.items()}
        snapshot = Snapshot(frozen, self.io_errors, self.skipped)
        self._snapshots.add(snapshot)
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        self.io_errors, self.skipped = snapshot.io_errors, snapshot.skipped
        self._release()
        self._keyspaces = {
            name: [MemoryMap(each.start, each.stop, each) for each in maps] for name, maps in snapshot.keyspaces.items()
        }

    def close(self) -> None:
        self._release()
        self._keyspaces.clear()

    def _release(self) -> None:
        for maps in (self._dropped, *self._keyspaces.values()):
            for each in maps:
                each.release()
        self._dropped.clear()

    def check(self) -> None:
        for name, maps in self._keyspaces.items():
            check_tiling(maps, name)
            for each in maps:
                each.check()
        for snapshot in list(self._snapshots):
            snapshot.check()
