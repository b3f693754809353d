"""Expiry: deletes items whose time to live is over, as the service does by itself.

Source: DynamoDB Developer Guide, "Using time to live (TTL)": a number of epoch seconds in the past, though not by more
than five years; the change record names the service. Until it is deleted an item is read and written like any other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import islice

from minidynamo.limits import TIME_TO_LIVE_AGE_SECONDS_MAX
from minidynamo.operations.context import OperationContext
from minidynamo.tables.changes import WriteBatch, stage_change
from minidynamo.tables.table import Table
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import record_item

logger = logging.getLogger("minidynamo.expiry")

# Items looked at in one turn under the lock.
_TURN_ITEMS = 1_000
# A time in seconds beyond this, in the year 5138, was probably meant in milliseconds.
_MILLISECONDS_FROM = 10**11
_warned: set[str] = set()


# How many seconds after its time an item of a table is deleted, by its key bytes.
Lateness = Callable[[Table, bytes], float]


def expire_items(context: OperationContext, lateness: Lateness | None = None) -> int:
    """Deletes all items of all tables that have expired by now; how many they were.

    Parameters:
        store: the database.
        lateness: how late each item goes; None for not at all.
    """
    with context.lock:
        names = [name for name, table in context.catalog.tables.items() if _attribute_of(table) is not None]
    return sum(_expire_table(context, name, lateness) for name in names)


def _expire_table(context: OperationContext, name: str, lateness: Lateness | None) -> int:
    count = 0
    start: bytes | None = b""
    while start is not None:
        with context.lock:
            table = context.catalog.find(name)
            attribute = None if table is None else _attribute_of(table)
            if table is None or attribute is None:
                return count
            deleted, start = _take_turn(context, table, attribute, start, lateness)
        count += deleted
    return count


def _attribute_of(table: Table) -> str | None:
    """The attribute that holds the time at which items of a table expire, None where none does."""
    if not table.is_usable:
        return None
    return table.state.expiry_attribute


def _take_turn(
    context: OperationContext, table: Table, attribute: str, start: bytes, lateness: Lateness | None
) -> tuple[int, bytes | None]:
    """Looks at some items from a key on: how many were deleted, and where to go on, None at the end."""
    now = context.clock.now()
    name = attribute.encode()
    entries = list(islice(table.keyspace.range(start, None), _TURN_ITEMS))
    batch = WriteBatch()
    count = 0
    for key, record in entries:
        if name not in record:  # Most items need not be decoded.
            continue
        item = record_item(record)
        if _is_expired(item, attribute, now, table) and (
            lateness is None or _is_expired(item, attribute, now - lateness(table, key), table)
        ):
            stage_change(batch, table, key, record, item, None, None, by_service=True)
            count += 1
    if count:
        context.commit(batch)
    is_end = len(entries) < _TURN_ITEMS
    return count, None if is_end else entries[-1][0] + b"\x00"


def _is_expired(item: Item, attribute: str, now: float, table: Table) -> bool:
    value = item.get(attribute, {})
    if "N" not in value:
        return False
    moment = float(value["N"])
    table_id = table.state.id
    if moment > _MILLISECONDS_FROM and table_id not in _warned:
        _warned.add(table_id)
        logger.warning(
            "table %s: %s is %s, which is no time in seconds (in milliseconds?): such items will not expire",
            table.name,
            attribute,
            value["N"],
        )
    return now - TIME_TO_LIVE_AGE_SECONDS_MAX < moment <= now
