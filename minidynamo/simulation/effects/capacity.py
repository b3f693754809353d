"""Capacity: what tables, indexes and partitions can take, and when they are throttled.

Every table and every global index has one bucket of read units and one of write units, filled at the rate it is given
and holding 300 seconds of it; every partition has its own, filled at 3,000 and 1,000 units per second. Within that a
partition may use all its table has, which is what adaptive capacity comes to. A request is admitted while no bucket
that it draws from is empty. A write draws from the buckets of all indexes it changes, so that a slow index holds writes
back. A partition that is throttled for long splits, so that its halves have a partition's throughput each.
Source: DynamoDB Developer Guide, "Burst and adaptive capacity" and "Throttling diagnosis".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from minidynamo.clock import Clock
from minidynamo.limits import (
    BURST_SECONDS,
    ON_DEMAND_WARM_READ_UNITS,
    ON_DEMAND_WARM_WRITE_UNITS,
    PARTITION_READ_UNITS,
    PARTITION_WRITE_UNITS,
)
from minidynamo.simulation.effects.overlays import Load
from minidynamo.simulation.faults.chance import Detail
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.partition import Partition
from minidynamo.tables.table import Table

# How long a partition is throttled before it splits. How long it takes the service is not documented.
HEAT_SECONDS = 60.0


@dataclass
class Bucket:
    """Units that may be used now.

    Attributes:
        units: what is in it; a large request may leave it below zero.
        filled_at: when that was.
    """

    units: float
    filled_at: float

    def fill(self, rate: float, most: float, now: float) -> None:
        """Adds what has come in since."""
        self.units = min(most, self.units + rate * (now - self.filled_at))
        self.filled_at = now


@dataclass(frozen=True)
class Debit:
    """Units that a request draws from one bucket.

    Attributes:
        bucket: the bucket.
        units: how many.
        detail: what a throttle names where it is empty.
    """

    bucket: Bucket
    units: float
    detail: Detail


class Capacity:
    """The buckets of a database.

    Parameters:
        clock: the database's.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, bytes | None, str], Bucket] = {}
        # When each hot partition began to be throttled, and when it last was.
        self._hot: dict[Partition, tuple[float, float]] = {}

    def take(self, load: Load, tables: list[Table]) -> Detail | None:
        """Takes the units of a request, or says which throttle refuses it.

        Parameters:
            load: by partition, its read and write units.
            tables: those that the partitions belong to.
        """
        now = self._clock.now()
        debits = [each for table in tables for each in self._debits(table, load, now)]
        empty = next((each for each in debits if each.bucket.units <= 0), None)
        if empty is not None:
            self._heat(load, tables, now)
            return empty.detail
        for each in debits:
            each.bucket.units -= each.units
        return None

    def _debits(self, table: Table, load: Load, now: float) -> Iterator[Debit]:
        indexes = [("", [table.keyspace, *(index.keyspace for index in table.local_indexes)])]
        indexes += [(name, [each.keyspace]) for name, each in table.indexes.items() if each.kind.has_own_throughput]
        for index, keyspaces in indexes:
            for side, operation in enumerate(("Read", "Write")):
                parts = [(keyspace, each) for keyspace in keyspaces for each in keyspace.partitions if each in load]
                units = sum(load[each][side] for _, each in parts)
                if units > 0:
                    yield self._of_resource(table, index, operation, units, now)
                    yield from self._of_partitions(table, index, operation, parts, load, side, now)

    def _of_resource(self, table: Table, index: str, operation: str, units: float, now: float) -> Debit:
        rate, cause = _rate(table, index, operation)
        bucket = self._bucket((f"{table.state.id}/{index}", None, operation), rate, BURST_SECONDS, now)
        return Debit(bucket, units, {"table": table.name, "index": index, "cause": cause})

    def _of_partitions(
        self,
        table: Table,
        index: str,
        operation: str,
        parts: list[tuple[Keyspace, Partition]],
        load: Load,
        side: int,
        now: float,
    ) -> Iterator[Debit]:
        rate = PARTITION_READ_UNITS if operation == "Read" else PARTITION_WRITE_UNITS
        for keyspace, partition in parts:
            if load[partition][side] > 0:
                bucket = self._bucket((keyspace.name, partition.map.start, operation), rate, 1.0, now)
                detail = {"table": table.name, "index": index, "cause": "KeyRangeThroughput"}
                yield Debit(bucket, load[partition][side], detail)

    def _bucket(self, name: tuple[str, bytes | None, str], rate: float, seconds: float, now: float) -> Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket(rate * seconds, now)
        bucket.fill(rate, rate * seconds, now)
        return bucket

    def _heat(self, load: Load, tables: list[Table], now: float) -> None:
        """Splits the partitions of a throttled request that have been hot for long."""
        for table in tables:
            for keyspace in table.keyspaces:
                for partition in [each for each in keyspace.partitions if each in load]:
                    names = [(keyspace.name, partition.map.start, operation) for operation in ("Read", "Write")]
                    if all(name not in self._buckets or self._buckets[name].units > 0 for name in names):
                        continue
                    since, last = self._hot.get(partition, (now, now))
                    self._hot[partition] = (since if now - last < HEAT_SECONDS else now, now)
                    if now - self._hot[partition][0] >= HEAT_SECONDS:
                        del self._hot[partition]
                        keyspace.split(partition)


def _rate(table: Table, index: str, operation: str) -> tuple[float, str]:
    """The units per second of a table or global index, and what a throttle for them is called."""
    described = table.state.index(index) if index else table.state
    assert described is not None and described.throughput is not None, f"{table.name} has no throughput for {index}"
    if table.state.is_provisioned:
        return float(described.throughput.units[f"{operation}CapacityUnits"]), "ProvisionedThroughput"
    most = (described.on_demand or {}).get(f"Max{operation}RequestUnits", -1)
    if most > 0:
        return float(most), "MaxOnDemandThroughput"
    warm = ON_DEMAND_WARM_READ_UNITS if operation == "Read" else ON_DEMAND_WARM_WRITE_UNITS
    return float(warm), "KeyRangeThroughput"
