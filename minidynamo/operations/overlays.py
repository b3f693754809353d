"""Shadows: a database as a replica shows it, or as it is looked at beforehand.

An operation is carried out on a overlay of the database: its tables are copies that share the engine's maps, maybe with
older records laid over them. What is written there goes nowhere; capacity units are metered there alone.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import cast

from minidynamo.operations.context import OperationContext
from minidynamo.storage.engine import Engine, View
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.memory.layers import Entries, overlaid
from minidynamo.storage.ordered_map import OrderedMap, bounded, record_of
from minidynamo.storage.partition import Partition
from minidynamo.tables.catalog import Catalog
from minidynamo.tables.changes import WriteBatch
from minidynamo.tables.idempotency import IdempotencyTokens, Outcome
from minidynamo.tables.metering import Meter
from minidynamo.tables.table import Index, Table
from minidynamo.values.api_types import Request

# By keyspace, the records that lie over those of its maps; an empty record says that the key is not there.
OlderRecords = Mapping[str, Mapping[bytes, bytes]]
# Stretches of keys that were read: keyspace, start, stop.
KeySpan = tuple[str, bytes, bytes | None]
# By partition, the read and write units that an operation takes.
Load = dict[Partition, tuple[float, float]]


class Overlay:
    """What an operation sees instead of the database; the database's lock is held meanwhile.

    Parameters:
        context: the database.
        overlay: records that lie over its own.
    """

    def __init__(self, context: OperationContext, overlay: OlderRecords | None = None) -> None:
        self.clock, self.scope, self.delays, self.lock = context.clock, context.scope, context.delays, context.lock
        self.wording = context.wording
        self.meter = Meter()
        self.new_uuid = context.new_uuid
        self.spans: list[KeySpan] = []
        self._partitions: list[tuple[Keyspace, Partition, Partition]] = []
        self._overlay = overlay or {}
        # Of these an operation that is carried out here sees no more than they have.
        self.engine = cast(Engine, _WithoutViews(context.engine))
        self.catalog = cast(Catalog, _OverlayCatalog(context.catalog, self))
        self.tokens: IdempotencyTokens = _DiscardingTokens(context.tokens)

    @property
    def is_closed(self) -> bool:
        return False

    def commit(self, batch: WriteBatch) -> None:
        """Counts what the batch would consume, and does nothing else."""
        assert not (batch.states or batch.creates or batch.drops), f"an overlay changes the tables {set(batch.states)}"
        self.meter.written(batch.charges)

    @property
    def load(self) -> Load:
        """The capacity units that have been taken here, by partition of the database."""
        return {
            original: (overlay.read_units, overlay.write_units)
            for _, original, overlay in self._partitions
            if overlay.read_units or overlay.write_units
        }

    def count_for_real(self, meter: Meter) -> None:
        """Counts the units of reading taken here in the database itself: the operation has really been carried out."""
        for _, original, overlay in self._partitions:
            if overlay.read_units:
                meter.read(original, overlay.read_units)

    def table(self, table: Table) -> Table:
        """The overlay of a table."""
        overlay = copy.copy(table)
        overlay.keyspace = self._keyspace(table.keyspace)
        overlay.indexes = {
            name: Index(index.definition, self._keyspace(index.keyspace)) for name, index in table.indexes.items()
        }
        overlay.stream = overlay.expiry = None
        return overlay

    def _keyspace(self, keyspace: Keyspace) -> Keyspace:
        over = self._overlay.get(keyspace.name)
        entries = None if over is None else Entries(over)
        partitions = []
        for partition in keyspace.partitions:
            ordered_map = OverlayMap(partition.map, keyspace.name, entries, self.spans)
            overlay = Partition(ordered_map, keyspace.name, partition.size_bytes_max)
            partitions.append(overlay)
            self._partitions.append((keyspace, partition, overlay))
        return keyspace.with_partitions(partitions)


class OverlayMap:
    """An ordered map with older records over it, which notes what is read.

    Parameters:
        below: the map itself.
        keyspace: the name of its keyspace.
        entries: what lies over it, for the whole keyspace; None for nothing.
        spans: where it notes what is read.
    """

    __slots__ = ("_below", "_entries", "_keyspace", "_ranges", "item_count", "size_bytes", "start", "stop")

    def __init__(self, below: OrderedMap, keyspace: str, entries: Entries | None, spans: list[KeySpan]) -> None:
        self.start, self.stop = below.start, below.stop
        self.size_bytes, self.item_count = below.size_bytes, below.item_count
        self._below, self._keyspace, self._entries, self._ranges = below, keyspace, entries, spans

    def get(self, key: bytes) -> bytes | None:
        assert self.start <= key, f"a map of {self._keyspace} that begins at {self.start!r} is asked for {key!r}"
        self._ranges.append((self._keyspace, key, key + b"\x00"))
        record = None if self._entries is None else self._entries.get(key)
        return self._below.get(key) if record is None else record or None

    def range(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        low, high = bounded(self, start, stop)
        self._ranges.append((self._keyspace, low, high))
        if self._entries is None:
            return self._below.range(low, high, reverse)
        return overlaid(self._entries.range(low, high, reverse), self._below.range(low, high, reverse), reverse)

    def records(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[bytes]:
        return map(record_of, self.range(start, stop, reverse))


class _OverlayCatalog:
    """Gives overlays of tables."""

    def __init__(self, catalog: Catalog, overlay: Overlay) -> None:
        self._catalog, self._shadow = catalog, overlay
        self._tables: dict[int, Table] = {}

    def table(self, name_or_arn: str) -> Table:
        table = self._catalog.table(name_or_arn)
        if id(table) not in self._tables:
            self._tables[id(table)] = self._shadow.table(table)
        return self._tables[id(table)]


class _WithoutViews:
    """An engine all of whose pages are read at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def view(self) -> View | None:
        return None

    def __getattr__(self, name: str) -> object:
        present: object = getattr(self._engine, name)
        return present


class _DiscardingTokens(IdempotencyTokens):
    """Idempotency tokens that are looked up and not kept."""

    def __init__(self, tokens: IdempotencyTokens) -> None:
        self._tokens = tokens

    def outcome(self, operation: str, request: Request, now: float) -> Outcome | None:
        return self._tokens.outcome(operation, request, now)

    def stage(self, batch: WriteBatch, operation: str, request: Request, outcome: Outcome, now: float) -> None:
        pass
