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
from minidynamo.operations.overlays import Load
from minidynamo.simulation.faults.chance import Detail
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.partition import Partition
from minidynamo.tables.table import Table

# How long a partition is throttled before it splits. How long it takes the service is not documented.
HEAT_SECONDS = 60.0
# Units per second of a partition; its buckets hold as many.
_PARTITION_UNITS = {"Read": float(PARTITION_READ_UNITS), "Write": float(PARTITION_WRITE_UNITS)}


@dataclass
class Bucket:
    """Units that may be used now.

    Attributes:
        units: what is in it; a large request may leave it below zero.
        filled_at: when that was.
        most: what it can hold.
    """

    units: float
    filled_at: float
    most: float

    def fill(self, rate: float, most: float, now: float) -> None:
        """Adds what has come in since."""
        assert now >= self.filled_at, f"a bucket filled at {self.filled_at} is filled at {now}"
        assert rate >= 0 <= most, f"a bucket of at most {most} units is filled at the rate {rate}"
        self.units = min(most, self.units + rate * (now - self.filled_at))
        self.filled_at, self.most = now, most


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
        self._now = 0.0  # The latest time that the clock has told: for buckets it does not turn back.
        self._buckets: dict[tuple[str, bytes | None, str], Bucket] = {}
        # When each hot partition began to be throttled, and when it last was.
        self._hot: dict[Partition, tuple[float, float]] = {}

    def take(self, load: Load, tables: list[Table]) -> Detail | None:
        """Takes the units of a request, or says which throttle refuses it.

        Parameters:
            load: by partition, its read and write units.
            tables: those that the partitions belong to.
        """
        self._now = now = max(self._now, self._clock.now())
        debits = [each for table in tables for each in self._debits(table, load, now)]
        empty = next((each for each in debits if each.bucket.units <= 0), None)
        if empty is not None:
            self._heat(load, tables, now)
            return empty.detail
        for each in debits:
            assert each.units > 0, f"{each.units} units are taken from {each.detail}"
            each.bucket.units -= each.units
        return None

    def check(self) -> None:
        """Asserts that no bucket holds more than it can or was filled later than now, and that no heat is left over."""
        for name, bucket in self._buckets.items():
            resource, start, operation = name
            assert operation in _PARTITION_UNITS, f"the bucket {name} is of neither reads nor writes"
            units, most, filled_at = bucket.units, bucket.most, bucket.filled_at
            assert units <= most, f"the bucket {name} holds {units} units of {most}"
            assert filled_at <= self._now, f"the bucket {name} was filled at {filled_at}, after {self._now}"
            limit = _PARTITION_UNITS[operation]
            is_right = start is None or most == limit
            assert is_right, f"the bucket {name} of a partition of {resource} holds {most} units instead of {limit}"
        for partition, (since, last) in self._hot.items():
            assert since <= last <= self._now, f"{partition} is hot from {since} to {last}, and it is {self._now}"
            assert last - since < HEAT_SECONDS, f"{partition} is hot for {last - since} s and has not split"
            names = {(partition.keyspace, partition.map.start, each) for each in _PARTITION_UNITS}
            assert names & self._buckets.keys(), f"{partition} is hot and has no bucket"

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
        rate = _PARTITION_UNITS[operation]
        for keyspace, partition in parts:
            if load[partition][side] > 0:
                bucket = self._bucket((keyspace.name, partition.map.start, operation), rate, 1.0, now)
                detail = {"table": table.name, "index": index, "cause": "KeyRangeThroughput"}
                yield Debit(bucket, load[partition][side], detail)

    def _bucket(self, name: tuple[str, bytes | None, str], rate: float, seconds: float, now: float) -> Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket(rate * seconds, now, rate * seconds)
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
