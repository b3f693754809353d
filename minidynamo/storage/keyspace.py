"""A keyspace: the ordered partitions of one table or index. Routes keys, reads pages across partitions, splits.

Partitions tile the key space: the first begins at the empty key, each ends where the next begins, the last has no end
(`check`). A key is looked up in the list of starts. Key bytes begin with a token, the hash of the partition key; so
tiles are ranges of tokens, and items of one partition key lie beside each other.

A partition splits when it has outgrown its size, after the commit that made it so and in a step of its own: a split
changes no record, only which map holds it, so that a crash between the two loses nothing. Where to cut is looked for by
that commit and, in large partitions, by those that follow, each going a step. It is cut at the middle of its size;
where item collections must stay whole (tables with a local index), at the nearest change of token, and not at all where
there is none: then it is looked at again when it has grown by a quarter. The halves share the load of the whole by
size. Reads of pages go on across splits, since they resume by key and not by partition.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from minidynamo.compiled import compiled
from minidynamo.errors import StorageFailure
from minidynamo.limits import MIB
from minidynamo.storage.cut_search import CutSearch
from minidynamo.storage.engine import Batch, Engine, View
from minidynamo.storage.ordered_map import OrderedMap, check_tiling
from minidynamo.storage.partition import Partition

# What one commit looks at of a partition that is to be cut: it takes a millisecond or two.
_STEP_RECORDS = 250
_STEP_BYTES = 1 * MIB


class Page(NamedTuple):
    """What one read of a range found.

    Attributes:
        records: the records in the order read.
        size_bytes: the total size of their items.
        is_cut: whether a bound ended the page, so that there may be more.
        segments: which partitions were read, with the bytes read from each.
    """

    records: list[bytes]
    size_bytes: int
    is_cut: bool
    segments: list[tuple[Partition, int]]


# A partition and its map, or what a view shows of it.
MapRange = tuple[Partition, OrderedMap]


def read_page(
    ranges: Sequence[MapRange],
    start: bytes,
    stop: bytes | None,
    reverse: bool,
    limit: int | None,
    size_bytes_max: int,
) -> Page:
    """Reads records from one end of a range until `limit` records or `size_bytes_max` bytes are reached.

    The record that reaches a bound is still part of the page.
    """
    assert limit is None or limit > 0, f"a page of {limit} records is read"
    records: list[bytes] = []
    segments: list[tuple[Partition, int]] = []
    size = 0
    for partition, ordered_map in ranges:
        size_before = size
        left = None if limit is None else limit - len(records)
        size = taken(islice(ordered_map.records(start, stop, reverse), left), records, size, size_bytes_max)
        segments.append((partition, size - size_before))
        if size >= size_bytes_max or len(records) == limit:
            return Page(records, size, True, segments)
    return Page(records, size, False, segments)


@compiled
def taken(found: Iterator[bytes], records: list[bytes], size: int, size_bytes_max: int, /) -> int:
    """Adds records to a page until it is full; returns its size then.

    Parameters:
        found: the records that may follow.
        records: those of the page.
        size, size_bytes_max: how large their items are together, and when the page is full.
    """
    for record in found:
        records.append(record)
        size += record[0] << 16 | record[1] << 8 | record[2]
        if size >= size_bytes_max:
            break
    return size


class Keyspace:
    """The partitions of one table or index, in key order.

    Parameters:
        engine: where the maps live.
        name: the engine's name for this keyspace.
        partition_size_bytes_max: the size beyond which a partition splits.
        keeps_collections_whole: whether an item collection must not span partitions.
        partitions: those of the engine's maps by default.
    """

    def __init__(
        self,
        engine: Engine,
        name: str,
        partition_size_bytes_max: int,
        keeps_collections_whole: bool,
        partitions: list[Partition] | None = None,
    ) -> None:
        self.name = name
        self._engine = engine
        self._size_bytes_max = partition_size_bytes_max
        self._keeps_collections_whole = keeps_collections_whole
        if partitions is None:
            partitions = [Partition(each, name, partition_size_bytes_max) for each in engine.maps(name)]
        assert partitions and partitions[0].map.start == b"", f"keyspace {name} does not begin with the first key"
        self.partitions = partitions
        self._starts = [each.map.start for each in self.partitions]

    def with_partitions(self, partitions: list[Partition]) -> Keyspace:
        """A keyspace like this one of other partitions, which begin where its own do."""
        starts = [partition.map.start for partition in partitions]
        assert starts == self._starts, f"partitions of {self.name} begin at {starts} instead of {self._starts}"
        return Keyspace(self._engine, self.name, self._size_bytes_max, self._keeps_collections_whole, partitions)

    @property
    def size_bytes(self) -> int:
        """The total size of the items."""
        return sum(each.map.size_bytes for each in self.partitions)

    @property
    def item_count(self) -> int:
        """The number of items."""
        return sum(each.map.item_count for each in self.partitions)

    def partition_of(self, key: bytes) -> Partition:
        """The partition in whose range a key lies."""
        if len(self._starts) == 1:
            return self.partitions[0]
        return self.partitions[bisect_right(self._starts, key) - 1]

    def get(self, key: bytes) -> bytes | None:
        """The record of a key, or None."""
        return self.partition_of(key).map.get(key)

    def range(self, start: bytes, stop: bytes | None, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """The entries with start <= key < stop across all partitions, in key order or its reverse."""
        for partition in self._partitions_between(start, stop, reverse):
            yield from partition.map.range(start, stop, reverse)

    def map_ranges(self, start: bytes, stop: bytes | None, reverse: bool, view: View | None = None) -> list[MapRange]:
        """The partitions that hold a range, in the order of reading, with their maps as a view, if any, sees them."""
        found = self._partitions_between(start, stop, reverse)
        if view is None:
            return [(each, each.map) for each in found]
        return [(each, view.of(each.map)) for each in found]

    def keep(self, batch: Batch, key: bytes, record: bytes | None) -> None:
        """Stages a record whose item size is 0, or (None) the end of one that is there: the system's own are such."""
        if record is None:
            batch.delete(self.name, key, 0)
        else:
            batch.put(self.name, key, record, 0, self.get(key) is None)

    def split_where_due(self, partition: Partition, batch: Batch) -> None:
        """Splits a partition until none of its parts is too large, or no cut is allowed any more; or goes a step there.

        A split that fails leaves its partition whole, for a later write to try again: the write that made it due has
        taken effect and must not fail.

        Parameters:
            partition: which is due to split, or has been.
            batch: what has just been committed.
        """
        if not partition.is_due_to_split:
            partition.search = None
            return
        if partition.search is not None:
            self._tell(partition, partition.search, batch)
        pending = [partition]
        errors: tuple[type[Exception], ...] = (StorageFailure, *self._engine.io_errors)
        while pending:
            lower = pending.pop()
            if lower.is_due_to_split:
                try:
                    pending += self.split(lower, _STEP_RECORDS)
                except errors:
                    lower.postpone_split()

    def split(self, lower: Partition, step_records: int | None = None) -> tuple[Partition, ...]:
        """Splits a partition at the middle of its size.

        Parameters:
            lower: the partition, which holds more than one item.
            step_records: how many records are looked at now; None for as many as it takes.

        Returns:
            Its halves; nothing where no cut is allowed, or none is known yet.
        """
        search = lower.search or CutSearch(lower.map, self._keeps_collections_whole)
        lower.search = None
        if not search.advance(step_records, None if step_records is None else _STEP_BYTES):
            lower.search = search
            return ()
        if search.cut is None:
            lower.postpone_split()
            return ()
        upper = Partition(self._engine.split(self.name, lower.map, search.cut), self.name, self._size_bytes_max)
        lower.share_load(upper)
        assert upper.map.start == search.cut.key, f"{upper} does not begin at {search.cut.key!r}"
        position = self.partitions.index(lower) + 1
        self.partitions.insert(position, upper)
        self._starts.insert(position, search.cut.key)
        return lower, upper

    def _tell(self, partition: Partition, search: CutSearch, batch: Batch) -> None:
        """Tells a search of what has been written to its partition."""
        for name, key, _, size_change, count_change in batch.writes:
            if name == self.name and self.partition_of(key) is partition:
                search.note(key, size_change, count_change)

    def check(self) -> None:
        """Asserts that the partitions tile the key space in order and are those of the engine."""
        maps, of_engine = [partition.map for partition in self.partitions], list(self._engine.maps(self.name))
        assert maps == of_engine, f"{self.name} has {len(maps)} partitions, its engine {len(of_engine)} maps"
        starts = [each.start for each in maps]
        assert self._starts == starts, f"{self.name} routes by {self._starts}, its partitions begin at {starts}"
        check_tiling(maps, self.name)
        for each in self.partitions:
            assert each.keyspace == self.name, f"{each} is one of {self.name}"
            if each.search is not None:
                each.search.check()
            most = each.size_bytes_max
            assert most >= self._size_bytes_max, f"{each} splits at {most} bytes, {self.name} at {self._size_bytes_max}"
            reads, writes = each.read_units, each.write_units
            assert reads >= 0 <= writes, f"{reads} units were read and {writes} written in {each}"

    def _partitions_between(self, start: bytes, stop: bytes | None, reverse: bool) -> list[Partition]:
        if len(self._starts) == 1:
            return self.partitions
        first = bisect_right(self._starts, start) - 1
        last = len(self._starts) if stop is None else max(bisect_right(self._starts, stop), first + 1)
        assert 0 <= first < last, f"{self.name} has no partition from {start!r} to {stop!r}"
        found = self.partitions[first:last]
        return found[::-1] if reverse else found
