"""What users see of partitions."""

from __future__ import annotations

from dataclasses import dataclass

from minidynamo.storage.keyspace import Keyspace
from minidynamo.tables.table import Table


@dataclass(frozen=True, slots=True)
class PartitionInfo:
    """One partition of a table or index.

    Attributes:
        index: the name of the index, None for the table itself.
        start, stop: the range of key bytes, start <= key < stop; stop None for no end. The first eight bytes are the
            token, the hash of the partition key.
        size_bytes, item_count: what it holds.
        read_units, write_units: capacity units consumed in it.
    """

    index: str | None
    start: bytes
    stop: bytes | None
    size_bytes: int
    item_count: int
    read_units: float
    write_units: float


def partitions_of(table: Table) -> list[PartitionInfo]:
    """The partitions of a table, then of each of its indexes, in key order."""
    keyspaces: list[tuple[str | None, Keyspace]] = [(None, table.keyspace)]
    keyspaces += [(name, index.keyspace) for name, index in table.indexes.items()]
    return [
        PartitionInfo(
            name,
            each.map.start,
            each.map.stop,
            each.map.size_bytes,
            each.map.item_count,
            each.read_units,
            each.write_units,
        )
        for name, keyspace in keyspaces
        for each in keyspace.partitions
    ]
