"""A partition: a contiguous range of the keys of one table or index, with its load and the decision when to split.

Source: DynamoDB Developer Guide, "Partitions and data distribution": a partition holds about 10 GB.
"""

from __future__ import annotations

from minidynamo.storage.cut_search import CutSearch
from minidynamo.storage.ordered_map import OrderedMap

# A partition that holds one indivisible item collection is looked at again when it has grown by this factor.
_RETRY_GROWTH = 1.25


class Partition:
    """A range of keys with its ordered map.

    Attributes:
        map: the engine's ordered map of the range.
        keyspace: the name of the keyspace that it is one of.
        size_bytes_max: the size beyond which it splits.
        search: for where to cut it, as far as it has come; None where none is under way.
        read_units, write_units: capacity units consumed here since the database was opened.
    """

    __slots__ = ("keyspace", "map", "read_units", "search", "size_bytes_max", "write_units")

    def __init__(self, ordered_map: OrderedMap, keyspace: str, size_bytes_max: int) -> None:
        self.map = ordered_map
        self.keyspace = keyspace
        self.read_units = 0.0
        self.write_units = 0.0
        self.size_bytes_max = size_bytes_max
        self.search: CutSearch | None = None

    def __repr__(self) -> str:
        """Which range of which keyspace it is."""
        return f"partition {self.keyspace}[{self.map.start.hex()}:{(self.map.stop or b'').hex()}]"

    @property
    def is_due_to_split(self) -> bool:
        """Whether the partition has outgrown its size."""
        return self.map.size_bytes > self.size_bytes_max and self.map.item_count > 1

    def postpone_split(self) -> None:
        """Remembers that no cut was possible at the present size, which may be a small one: heat asks for cuts too."""
        self.size_bytes_max = max(self.size_bytes_max, int(self.map.size_bytes * _RETRY_GROWTH))

    def share_load(self, upper: Partition) -> None:
        """Divides the load seen so far between the halves of a split, by size."""
        assert self.map.stop == upper.map.start, f"{upper} does not follow {self}"
        total = self.map.size_bytes + upper.map.size_bytes
        share = upper.map.size_bytes / total if total else 0.0
        upper.read_units, upper.write_units = self.read_units * share, self.write_units * share
        self.read_units -= upper.read_units
        self.write_units -= upper.write_units
