"""What would have been written: items and index entries before and after, and why an entry changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from minidynamo.insight.explaining.explanation import Change
from minidynamo.insight.explaining.ranges import Place
from minidynamo.insight.explaining.values_shown import shown_value
from minidynamo.tables.changes import WriteBatch
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import record_item, record_size_bytes

_NAMES_MAX = 5


class _Write(NamedTuple):
    """A record before and after, None for none, and what writing it takes."""

    before: bytes | None
    after: bytes | None
    units: float

    @property
    def item(self) -> Item:
        """What is in it, of the later one if there are both; nothing where there are none."""
        record = self.after or self.before
        return {} if record is None else record_item(record)


def changes_of(batches: list[WriteBatch], places: dict[str, Place], table_factor: float = 1.0) -> tuple[Change, ...]:
    """The changes of items and entries that batches would make, and the records in streams.

    Parameters:
        batches: what would be committed.
        places: the tables and indexes by their keyspaces.
        table_factor: by which a transaction takes more units in tables.
    """
    found: list[Change] = []
    for batch in batches:
        records = {(name, key): record for name, key, record, _, _ in batch.writes}
        writes: defaultdict[str, list[_Write]] = defaultdict(list)
        for keyspace, _, units, key in batch.charges:
            place = places.get(keyspace.name)
            if place is not None:
                factor = table_factor if place.index is None else 1.0
                after = records.get((keyspace.name, key))
                writes[keyspace.name].append(_Write(place.keyspace.get(key), after, units * factor))
        for name, place in places.items():
            found += _changes(place, writes[name])
        found += _streams(places, writes)
    return tuple(found)


def _changes(place: Place, writes: list[_Write]) -> Iterator[Change]:
    for each in writes if place.index is None else _moves(place, writes):
        if isinstance(each, _Write):
            yield Change(place.name, _what(place, each), each.units, _size(each.before), _size(each.after))
        else:
            old, new = each
            units = old.units + new.units
            yield Change(place.name, _moved(place, old, new), units, _size(old.before), _size(new.after))


def _moves(place: Place, writes: list[_Write]) -> list[_Write | tuple[_Write, _Write]]:
    """Writes of entries; those of one item of which one goes and the other comes are a pair."""
    by_item: dict[str, list[_Write]] = {}
    for each in writes:
        item = each.item
        key = repr([item.get(name) for name in place.table.primary_key.names])
        by_item.setdefault(key, []).append(each)
    found: list[_Write | tuple[_Write, _Write]] = []
    for group in by_item.values():
        if len(group) == 2 and group[0].after is None and group[1].before is None:
            found.append((group[0], group[1]))
        else:
            found += group
    return found


def _moved(place: Place, old: _Write, new: _Write) -> str:
    before, after = old.item, new.item
    parts = [
        f"{name} {shown_value(before.get(name))} -> {shown_value(after.get(name))}"
        for name in place.schema.names
        if before.get(name) != after.get(name)
    ]
    return f"the entry moves: {', '.join(parts)}"


def _what(place: Place, write: _Write) -> str:
    thing = "item" if place.index is None else "entry"
    if write.before is None and write.after is None:
        return "nothing is there, and nothing changes"
    if write.after is None:
        return f"the {thing} goes"
    if write.before is None:
        why = "" if place.index is None else f": the item has {', '.join(place.schema.names)}"
        return f"a new {thing}{why}"
    names = changed_attributes(record_item(write.before), record_item(write.after))
    return f"the {thing} changes{f': {names}' if names else ' in nothing'}"


def changed_attributes(before: Item, after: Item) -> str:
    """The names of the attributes that differ, some of them where they are many."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    shown = ", ".join(names[:_NAMES_MAX])
    return shown if len(names) <= _NAMES_MAX else f"{shown} and {len(names) - _NAMES_MAX} more"


def _streams(places: dict[str, Place], writes: dict[str, list[_Write]]) -> Iterator[Change]:
    for name, place in places.items():
        view = place.table.state.stream_view
        count = sum(each.before != each.after for each in writes.get(name, ()))
        if place.index is None and view is not None and count:
            records = "a record" if count == 1 else f"{count} records"
            yield Change(f"stream of {place.table.name}", f"{records} ({view})")


def _size(record: bytes | None) -> int:
    return 0 if record is None else record_size_bytes(record)
