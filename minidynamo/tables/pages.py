"""Reading: the one paging loop of Query and Scan.

A page is read in key order as undecoded records of one state, bounded by Limit and 1 MB before any filter. Decoding,
filtering and projecting happen on the reader's own copies, without the lock.
Source: DynamoDB Developer Guide, "Paginating table query results"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import compress

from minidynamo.errors import StorageFailure
from minidynamo.expressions.bound import Filter
from minidynamo.limits import PAGE_SIZE_BYTES_MAX
from minidynamo.schema.key_schema import KeySchema
from minidynamo.storage.engine import Engine, View
from minidynamo.storage.keyspace import Page, read_page
from minidynamo.tables.capacity import Consumption, read_units
from minidynamo.tables.metering import Meter
from minidynamo.tables.table import Index, Table, stored_size_bytes
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import DECODES_PARTS, partial_items, record_item, record_items

# A page of no more items is read so quickly that others may as well wait.
_SHORT_LIMIT = 100


@dataclass(slots=True)
class Reading:
    """What to read.

    Attributes:
        table, index: where; index None for the table itself.
        start, stop: the range of key bytes, start <= key < stop.
        is_reversed: whether to read from the end.
        limit: how many items to read at most.
        is_consistent: whether to charge for a consistent read.
        is_fetching: whether whole items are fetched from the table for the entries of an LSI.
        size_bytes_max: how many bytes to read at most.
    """

    table: Table
    index: Index | None
    start: bytes
    stop: bytes | None
    is_reversed: bool = False
    limit: int | None = None
    is_consistent: bool = False
    is_fetching: bool = False
    size_bytes_max: int = PAGE_SIZE_BYTES_MAX

    def resume_after(self, key: bytes) -> None:
        """Narrows the range to what follows a key in the direction of reading."""
        if self.is_reversed:
            self.stop = key if self.stop is None else min(self.stop, key)
        else:
            self.start = max(self.start, key + b"\x00")  # No key is a prefix of another.


@dataclass(slots=True)
class ReadPage:
    """A page of undecoded records and what it cost.

    Attributes:
        records: the records in the order read, fetched from the table where the reading says so.
        last_record: the last entry read, from which the LastEvaluatedKey is taken, where there may be more.
        consumption: what reading it consumed.
        size_bytes: how large the items are that were read.
    """

    records: list[bytes]
    last_record: bytes | None
    consumption: Consumption
    size_bytes: int


def find_and_read(
    lock: AbstractContextManager[object, None], engine: Engine, meter: Meter, find: Callable[[], Reading]
) -> tuple[Reading, ReadPage]:
    """Finds what to read and reads one page of it, all of one state.

    A page that may be long is read without the lock, where the engine offers a view of the state it began with.

    Parameters:
        lock, engine, meter: the database's.
        find: called with the lock held.
    """
    with lock:
        reading = find()
        is_short = reading.limit is not None and reading.limit <= _SHORT_LIMIT
        view = None if is_short else engine.view()
        source = _Source(reading, view)
        if view is None:
            page = source.page()
            return reading, _charged(meter, reading, page, source.record)
    try:
        page = source.page()
        response = _charged(meter, reading, page, source.record)
    finally:
        view.close()
    return reading, response


class _Source:
    """Where a page is read: the maps themselves, or a view of them. To be made with the lock held."""

    def __init__(self, reading: Reading, view: View | None) -> None:
        self._reading = reading
        table = reading.table
        keyspace = table.keyspace if reading.index is None else reading.index.keyspace
        self._ranges = keyspace.map_ranges(reading.start, reading.stop, reading.is_reversed, view)
        self.record = table.record if view is None else view.of(table.keyspace.partitions[0].map).get

    def page(self) -> Page:
        reading = self._reading
        return read_page(
            self._ranges, reading.start, reading.stop, reading.is_reversed, reading.limit, reading.size_bytes_max
        )


def _charged(meter: Meter, reading: Reading, page: Page, record_of: Callable[[bytes], bytes | None]) -> ReadPage:
    """A page with what it costs and, where the reading says so, with whole items instead of its entries."""
    consumption = Consumption()
    units = read_units(page.size_bytes, reading.is_consistent)
    if reading.index is None:
        consumption.table = units
    else:
        consumption.add_index(reading.index.name, reading.index.kind, units)
    _count(meter, page, units)
    assert page.records or not page.is_cut, f"a page of {page.size_bytes} bytes is cut before its first record"
    last_record = page.records[-1] if page.is_cut else None
    records = page.records
    if reading.is_fetching:
        index = reading.index
        is_local = index is not None and index.kind.shares_collections
        assert is_local, f"items of {reading.table.name} are fetched for {None if index is None else index.name}"
        records = [_fetched(reading, record, record_of, consumption) for record in records]
    return ReadPage(records, last_record, consumption, page.size_bytes)


def _count(meter: Meter, page: Page, units: float) -> None:
    if page.size_bytes == 0:
        if page.segments:
            meter.read(page.segments[0][0], units)
        return
    for partition, size_bytes in page.segments:
        meter.read(partition, units * size_bytes / page.size_bytes)


def _fetched(
    reading: Reading, entry: bytes, record_of: Callable[[bytes], bytes | None], consumption: Consumption
) -> bytes:
    """The record of the item of an LSI entry; each fetch is rounded up on its own."""
    record = record_of(reading.table.primary_key.key_bytes(record_item(entry)))
    if record is None:
        raise StorageFailure(f"The data are damaged: an entry of an index of {reading.table.name} has no item.")
    consumption.table += read_units(stored_size_bytes(record), reading.is_consistent)
    return record


def position_key(table: Table, index: Index | None, item: Item) -> Item:
    """The LastEvaluatedKey of an item or entry: the keys of the index read, then those of the table."""
    names = table.primary_key.names if index is None else (*index.definition.key_schema.names, *table.primary_key.names)
    return {name: dict(item[name]) for name in names}  # A copy, since the item itself is part of the response.


def position_bytes(table: Table, index: Index | None, key: Item) -> bytes:
    """The key bytes of an ExclusiveStartKey that matches its schema."""
    table_key = table.primary_key.key_bytes(key)
    if index is None:
        return table_key
    entry_key = index.definition.entry_key(key, table_key)
    assert entry_key is not None, f"no key of index {index.name}, though checked against it: {key}"
    return entry_key


def count_kept(records: list[bytes], only: Filter | None) -> int:
    """How many items of a page pass its filter."""
    return len(records) if only is None else sum(map(only.keep, partial_items(records, only.attributes)))


def shown_items(records: list[bytes], only: Filter | None, project: Callable[[Item], Item] | None) -> list[Item]:
    """The items of a page that pass its filter, projected.

    Parameters:
        records: those of the page.
        only: the filter; None for all of them.
        project: what is shown of an item; None for all.
    """
    if only is None:
        items = record_items(records)
    else:
        looked = partial_items(records, only.attributes)
        passed = list(map(only.keep, looked))
        items = record_items(list(compress(records, passed))) if DECODES_PARTS else list(compress(looked, passed))
    return items if project is None else list(map(project, items))


def schema_of(table: Table, index: Index | None) -> KeySchema:
    """The key schema that is read: the index's or the table's."""
    return table.primary_key if index is None else index.definition.key_schema
