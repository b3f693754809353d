"""Metering: the one place where consumed capacity units are counted, once what consumes them has happened.

Each partition knows what has been consumed in it. Whoever wants to keep more (a ledger, say) listens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.partition import Partition


class Charge(NamedTuple):
    """Units that one request has consumed in one partition.

    Attributes:
        partition: where; it names its keyspace.
        read_units, write_units: how many.
    """

    partition: Partition
    read_units: float
    write_units: float


Listener = Callable[[Sequence[Charge]], None]


class Meter:
    """Counts what is consumed.

    Attributes:
        listeners: called with the charges of each read and each commit, under the database's lock or, for long pages,
            without it.
    """

    __slots__ = ("listeners",)

    def __init__(self) -> None:
        self.listeners: tuple[Listener, ...] = ()

    def read(self, partition: Partition, units: float) -> None:
        """Counts units of reading."""
        assert units >= 0, f"{units} units are read in {partition}"
        partition.read_units += units
        if self.listeners:
            self._tell([Charge(partition, units, 0.0)])

    def written(self, charges: Sequence[tuple[Keyspace, Partition, float, bytes]]) -> None:
        """Counts the units of a batch that has been committed."""
        for _, partition, units, _ in charges:
            partition.write_units += units
        if self.listeners:
            self._tell([Charge(partition, 0.0, units) for _, partition, units, _ in charges])

    def _tell(self, charges: Sequence[Charge]) -> None:
        for listener in self.listeners:
            listener(charges)
