"""Writing: what one change of an item does to the table and to every index, staged into one batch.

Source: DynamoDB Developer Guide, "Write capacity unit consumption" and "Item updates and local secondary indexes";
observed responses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from minidynamo.errors import ItemCollectionSizeLimitExceeded, ValidationError
from minidynamo.limits import ITEM_SIZE_BYTES_MAX
from minidynamo.messages import ITEM_TOO_LARGE
from minidynamo.schema.index import IndexDefinition
from minidynamo.storage.engine import Batch, Engine
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.partition import Partition
from minidynamo.tables.capacity import Consumption, write_units
from minidynamo.tables.metering import Meter
from minidynamo.tables.table import Index, Table, stored_size_bytes
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import checked_record, record_item, record_size_bytes


class WriteBatch(Batch):
    """A batch that remembers which partitions and item collections it changes.

    Attributes:
        charges: the partitions that it writes to, with the units that each write costs, and its key.
        states: the names of the tables whose state it stores.
    """

    __slots__ = ("_growth", "charges", "states")

    def __init__(self) -> None:
        # What the base class does, spelled out: every write makes a batch, and a call more would show.
        self.writes, self.creates, self.drops, self.after = [], [], [], ()
        self._growth: dict[tuple[Table, bytes], int] = {}
        self.charges: list[tuple[Keyspace, Partition, float, bytes]] = []
        self.states: frozenset[str] = frozenset()

    def stage(
        self, keyspace: Keyspace, key: bytes, record: bytes | None, size: int, old_size: int | None, units: float
    ) -> int:
        """Stages a put or (record None) a delete in a keyspace.

        Parameters:
            keyspace, key: where.
            record, size: the new record, and the size of its item; 0 for none.
            old_size: the item size of the present record, None where there is none.
            units: the capacity units it costs.

        Returns:
            The change of the keyspace's size in bytes.
        """
        partition = keyspace.partition_of(key)
        self.charges.append((keyspace, partition, units, key))
        if record is not None:
            assert size <= ITEM_SIZE_BYTES_MAX, f"{keyspace.name} gets an item of {size} bytes"
            size_change = size - (old_size or 0)
            self.writes.append((keyspace.name, key, record, size_change, 1 if old_size is None else 0))
            return size_change
        if old_size is not None:
            self.delete(keyspace.name, key, old_size)
        return -(old_size or 0)

    def note_growth(self, table: Table, prefix: bytes, size_change: int) -> None:
        """Counts the change of an item collection, whose key bytes begin with `prefix`."""
        self._growth[table, prefix] = self._growth.get((table, prefix), 0) + size_change

    def overfull_collections(self) -> list[tuple[Table, bytes]]:
        """The item collections, as table and prefix, that the whole batch would make too large."""
        return [
            (table, prefix)
            for (table, prefix), growth in self._growth.items()
            if not table.collections.have_room(prefix, growth)
        ]

    def require_room(self) -> None:
        """Raises ItemCollectionSizeLimitExceeded where the batch makes an item collection too large."""
        if self._growth and self.overfull_collections():
            raise ItemCollectionSizeLimitExceeded("Item collection size limit of 10 gigabytes exceeded")

    def commit(self, engine: Engine, meter: Meter) -> None:
        """Commits everything at once; then counts what it has cost, and splits the partitions that are too large."""
        engine.commit(self)
        meter.written(self.charges)
        for finish in self.after:
            finish()
        for (table, prefix), growth in self._growth.items():
            table.collections.record_growth(prefix, growth)
        due: dict[Partition, Keyspace] = {}
        for keyspace, partition, _, _ in self.charges:
            if partition.search is not None or partition.is_due_to_split:
                due[partition] = keyspace
        for partition, keyspace in due.items():
            keyspace.split_where_due(partition, self)


def stage_change(
    batch: WriteBatch,
    table: Table,
    key: bytes,
    old_record: bytes | None,
    old_item: Item | None,
    new_item: Item | None,
    record: bytes | None,
    by_service: bool = False,
) -> Consumption:
    """Stages the change of one item, of all its index entries and its time of expiry, and its record in the stream.

    Parameters:
        batch: where to stage it.
        table: the table of the item.
        key: its key bytes.
        old_record: its record before the change, None where there is none.
        old_item: the same, decoded; needed only if the table has indexes.
        new_item: the normal item after the change, None to delete it.
        record: the record of `new_item`.
        by_service: whether the service itself deletes the item.

    Returns:
        What the change consumes.

    Raises:
        ValidationError: the item and its entry in an LSI are too large together.
    """
    assert (new_item is None) == (record is None), f"what {table.name} gets is {record!r}: {new_item}"
    old_size = None if old_record is None else record_size_bytes(old_record)
    new_size = 0 if record is None else record_size_bytes(record)
    consumption = Consumption(write_units(max(old_size or 0, new_size)))
    size_change = batch.stage(table.keyspace, key, record, new_size, old_size, consumption.table)
    if table.stream is not None and (old_record is not None or record is not None):
        table.stream.stage(batch, table.keyspace, key, old_record, record, new_item, by_service)
    if table.expiry is not None:
        table.expiry.stage(batch, key, old_item or table.expiry.timed_item(old_record), new_item)
    if table.indexes:
        assert (old_record is None) == (old_item is None), f"{table.name} has {old_record!r}, decoded as {old_item}"
        for index in table.indexes.values():
            entry = _EntryChange(index, key, old_item, new_item, record, new_size)
            units = entry.stage(batch)
            if units:
                consumption.add_index(index.name, index.kind, units)
            if index.kind.shares_collections:
                size_change += entry.size_change
        if table.collections.are_bounded:
            item = new_item if new_item is not None else old_item
            if item is not None:
                batch.note_growth(table, table.primary_key.partition_prefix(item), size_change)
    return consumption


def stage_backfill(batch: WriteBatch, table: Table, keyspace: str, definition: IndexDefinition) -> None:
    """Stages the entries of a new index, which cost nothing.

    Items whose index key is invalid are left out, as the service does.

    Parameters:
        batch: which makes the keyspace as well.
        table: the table.
        keyspace: the name of the keyspace of the index.
        definition: of the index.
    """
    assert definition.kind.has_own_throughput, f"index {definition.name} is filled, and begins with its table"
    for entry_key, entry in index_entries(definition, table.keyspace.range(b"", None)):
        batch.put(keyspace, entry_key, entry, record_size_bytes(entry), 1)


def index_entries(definition: IndexDefinition, items: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Keys and records of the entries that an index has of items, given as keys and records, in the order of these."""
    for key, record in items:
        item = record_item(record)
        entry_key = definition.entry_key(item, key)
        if entry_key is not None:
            yield entry_key, entry_record(definition, item, record, record_size_bytes(record))


class _EntryChange:
    """The change of one index entry that follows from the change of its item."""

    def __init__(
        self,
        index: Index,
        key: bytes,
        old_item: Item | None,
        new_item: Item | None,
        record: bytes | None,
        item_size: int,
    ) -> None:
        self._index = index
        definition = index.definition
        self._old_key = None if old_item is None else definition.entry_key(old_item, key)
        self._new_key = None if new_item is None else definition.entry_key(new_item, key)
        self._old_item = old_item
        self._new_item = new_item
        self._record = record
        self._item_size = item_size
        self.size_change = 0

    def stage(self, batch: WriteBatch) -> float:
        """Stages the change and returns the units it consumes; 0 where the entry stays as it is."""
        old_key, new_key, keyspace = self._old_key, self._new_key, self._index.keyspace
        if old_key is None and new_key is None:
            return 0.0
        # An item that the backfill left out has no entry, whatever its attributes.
        old_record = None if old_key is None else keyspace.get(old_key)
        if old_key == new_key and old_record is not None and self._is_unchanged():
            return 0.0
        new_record = None if new_key is None else self._new_record()
        old_size, new_size = stored_size_bytes(old_record), stored_size_bytes(new_record)
        if old_key == new_key:
            return self._stage_one(batch, new_key, new_record, old_record, max(old_size, new_size))
        units = 0.0
        if old_record is not None:
            units += self._stage_one(batch, old_key, None, old_record, old_size)
        if new_record is not None:
            units += self._stage_one(batch, new_key, new_record, None, new_size)
        return units

    def _stage_one(
        self, batch: WriteBatch, key: bytes | None, record: bytes | None, old: bytes | None, size: int
    ) -> float:
        assert key is not None, f"an entry of index {self._index.name} of {size} bytes is staged under no key"
        units = write_units(size)
        old_size = None if old is None else record_size_bytes(old)
        self.size_change += batch.stage(self._index.keyspace, key, record, stored_size_bytes(record), old_size, units)
        return units

    def _is_unchanged(self) -> bool:
        assert self._old_item is not None and self._new_item is not None, f"index {self._index.name} lacks an item"
        definition = self._index.definition
        return definition.projected(self._old_item) == definition.projected(self._new_item)

    def _new_record(self) -> bytes:
        assert self._new_item is not None and self._record is not None, f"index {self._index.name} lacks the new item"
        return entry_record(self._index.definition, self._new_item, self._record, self._item_size)


def entry_record(definition: IndexDefinition, item: Item, record: bytes, item_size: int) -> bytes:
    """The record of an index entry; raises ValidationError where an LSI's and its item are too large together."""
    size = item_size
    if not definition.projects_all:  # Else it is shared with the item, and costs no memory.
        entry = definition.projected(item)
        record = checked_record(entry)[1]
        size = record_size_bytes(record)
    if definition.kind.shares_collections and item_size + size > ITEM_SIZE_BYTES_MAX:
        raise ValidationError(ITEM_TOO_LARGE)
    return record
