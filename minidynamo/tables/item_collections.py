"""Item collections of tables with LSIs: their size, which is bounded and reported.

A collection is all items with one partition key and their LSI entries. Sizes are counted on demand and kept up to date
from then on, so that tables far from the bound pay nothing.
Source: DynamoDB Developer Guide, "Item collection size limit".
"""

from __future__ import annotations

from collections.abc import Sequence

from minidynamo.limits import ITEM_COLLECTION_SIZE_BYTES_MAX, KIB, MIB
from minidynamo.storage.keyspace import Keyspace
from minidynamo.values.api_types import Response
from minidynamo.values.attribute_value import Item
from minidynamo.values.key_bytes import after
from minidynamo.values.records import record_size_bytes


class ItemCollections:
    """The collections of one table.

    Parameters:
        keyspaces: the table's and its LSIs'. Without an LSI nothing is bounded.
        size_bytes_max: the size at which a partition is full.
        keeps_sizes: whether a size once counted is known from then on, since nobody else writes.

    Attributes:
        are_bounded: whether the table has an LSI.
    """

    def __init__(self, keyspaces: Sequence[Keyspace], size_bytes_max: int, keeps_sizes: bool = True) -> None:
        assert keyspaces, "the item collections of no keyspace"
        self._keyspaces = keyspaces
        self._size_bytes_max = min(size_bytes_max, ITEM_COLLECTION_SIZE_BYTES_MAX)
        self._keeps_sizes = keeps_sizes
        self._sizes: dict[bytes, int] = {}
        self.are_bounded = len(keyspaces) > 1

    def have_room(self, prefix: bytes, growth: int) -> bool:
        """Whether a collection may grow.

        Parameters:
            prefix: what the key bytes of the collection begin with.
            growth: the change of its size in bytes about to happen.
        """
        if growth <= 0 or self._size_bound(prefix) + growth <= self._size_bytes_max:
            return True
        return self.size_bytes(prefix) + growth <= self._size_bytes_max

    def record_growth(self, prefix: bytes, growth: int) -> None:
        """Keeps a known size up to date after a commit."""
        if prefix in self._sizes:
            self._sizes[prefix] += growth
            assert self._sizes[prefix] >= 0, f"a collection of {self._sizes[prefix]} bytes has grown by {growth}"

    def size_bytes(self, prefix: bytes) -> int:
        """The size of the collection whose key bytes begin with `prefix`."""
        if not self._keeps_sizes:
            return self._counted(prefix)
        if prefix not in self._sizes:
            self._sizes[prefix] = self._counted(prefix)
        return self._sizes[prefix]

    def metrics(self, key: Item, prefix: bytes) -> Response:
        """The ItemCollectionMetrics of a response: the partition key and a range of two gigabyte figures."""
        lower = self.size_bytes(prefix) // (KIB * MIB)
        return {"ItemCollectionKey": key, "SizeEstimateRangeGB": [float(lower), float(lower + 1)]}

    def check(self) -> None:
        """Asserts that the known sizes are right."""
        for prefix, size in self._sizes.items():
            counted, name = self._counted(prefix), self._keyspaces[0].name
            assert size == counted, f"the item collection {prefix!r} of {name} is known as {size} bytes, has {counted}"

    def _size_bound(self, prefix: bytes) -> int:
        """At least the size of the collection, without counting: the size of the partitions it lies in."""
        return sum(keyspace.partition_of(prefix).map.size_bytes for keyspace in self._keyspaces)

    def _counted(self, prefix: bytes) -> int:
        return sum(
            record_size_bytes(record)
            for keyspace in self._keyspaces
            for _, record in keyspace.range(prefix, after(prefix))
        )
