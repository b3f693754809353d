"""Expiry: deletes items whose time to live is over, as the service does by itself.

Source: DynamoDB Developer Guide, "Using time to live (TTL)": a number of epoch seconds in the past, though not by more
than five years; the change record names the service. Until it is deleted an item is read and written like any other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from minidynamo.operations.context import OperationContext
from minidynamo.tables.changes import WriteBatch, stage_change
from minidynamo.tables.expiry_times import Expiry, ExpiryTimes
from minidynamo.tables.table import Table
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import record_item

logger = logging.getLogger("minidynamo.expiry")

# Items looked at in one turn under the lock.
_TURN_ITEMS = 250
_warned: set[str] = set()


# How many seconds after its time an item of a table is deleted, by its key bytes.
Lateness = Callable[[Table, bytes], float]
# Told the name of a table and how many of its items have been deleted.
Note = Callable[[str, int], None]
# Does some of the work on a table that has not ended: how many items it deleted, and whether there is more to do.
Turn = Callable[[Table, ExpiryTimes], tuple[int, bool]]


def expire_items(context: OperationContext, lateness: Lateness | None = None, note: Note | None = None) -> int:
    """Deletes all items of all tables that have expired by now; how many they were.

    Parameters:
        context: the database.
        lateness: how late each item goes; None for not at all.
        note: told of each table; None for nobody.
    """
    with context.lock:
        names = [name for name, table in context.catalog.tables.items() if table.expiry is not None]
    count = 0
    for name in names:
        _take_turns(context, name, _Walk(context))
        deleted = _take_turns(context, name, _Sweep(context, lateness))
        count += deleted
        if note is not None:
            note(name, deleted)
    return count


def _take_turns(context: OperationContext, name: str, turn: Turn) -> int:
    """Has turns taken at a table, each under the lock, until nothing is left to do; how many items were deleted."""
    count, is_more = 0, True
    while is_more:
        with context.lock:
            table = context.catalog.find(name)
            if table is None or not table.is_usable or table.expiry is None:
                return count
            deleted, is_more = turn(table, table.expiry)
        count += deleted
    return count


class _Walk:
    """Gives entries to items that were there before their expiry times were noted."""

    def __init__(self, context: OperationContext) -> None:
        self._context = context

    def __call__(self, table: Table, expiry: ExpiryTimes) -> tuple[int, bool]:
        batch = WriteBatch()
        is_over = expiry.stage_walk(batch, _TURN_ITEMS)
        if batch.writes:
            self._context.commit(batch)
        return 0, not is_over


class _Sweep:
    """Deletes items whose time is over."""

    def __init__(self, context: OperationContext, lateness: Lateness | None) -> None:
        self._context = context
        self._lateness = lateness
        self._behind: bytes | None = None
        self._now = context.clock.now()

    def __call__(self, table: Table, expiry: ExpiryTimes) -> tuple[int, bool]:
        if self._behind is None:
            _warn_of_milliseconds(table, expiry)
        found = expiry.due(self._now, self._behind, _TURN_ITEMS)
        batch = WriteBatch()
        count = sum(self._stage(batch, table, expiry, each) for each in found)
        if batch.writes:
            self._context.commit(batch)
        if found:
            self._behind = found[-1].entry
        return count, len(found) == _TURN_ITEMS

    def _stage(self, batch: WriteBatch, table: Table, expiry: ExpiryTimes, due: Expiry) -> bool:
        """Stages the end of an item, unless it is late; whether it ends."""
        record = table.record(due.key)
        item = None if record is None else record_item(record)
        if item is None or expiry.entry_key(due.key, item) != due.entry:
            batch.delete(expiry.keyspace.name, due.entry, 0)
            return False
        if self._lateness is not None and _moment(item, expiry) + self._lateness(table, due.key) > self._now:
            return False
        moment = _moment(item, expiry)
        assert moment <= self._now + 1, f"an item of {table.name} ends at {self._now}, and is to expire at {moment}"
        stage_change(batch, table, due.key, record, item, None, None, by_service=True)
        return True


def _moment(item: Item, expiry: ExpiryTimes) -> float:
    return float(item[expiry.attribute]["N"])


def _warn_of_milliseconds(table: Table, expiry: ExpiryTimes) -> None:
    """Says once of a table that a time in it is none in seconds."""
    found = None if table.state.id in _warned else expiry.in_milliseconds()
    record = None if found is None else table.record(found.key)
    if record is None:
        return
    _warned.add(table.state.id)
    value = record_item(record).get(expiry.attribute, {}).get("N")
    text = "table %s: %s is %s, which is no time in seconds (in milliseconds?): such items will not expire"
    logger.warning(text, table.name, expiry.attribute, value)
