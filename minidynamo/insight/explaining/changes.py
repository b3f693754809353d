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
    """A record before and after; None for none."""

    key: bytes
    before: bytes | None
    after: bytes | None


def changes_of(batches: list[WriteBatch], places: dict[str, Place]) -> tuple[Change, ...]:
    """The changes of items and entries that batches would make, and the records in streams."""
    found: list[Change] = []
    for batch in batches:
        units: defaultdict[str, float] = defaultdict(float)
        for keyspace, _, each in batch.charges:
            units[keyspace.name] += each
        writes: defaultdict[str, list[_Write]] = defaultdict(list)
        for name, key, record, _, _ in batch.writes:
            if name in places:
                writes[name].append(_Write(key, places[name].keyspace.get(key), record))
        for name, place in places.items():
            if name in units:
                found += _changes(place, writes[name], units[name])
        found += _streams(places, writes)
    return tuple(found)


def _changes(place: Place, writes: list[_Write], units: float) -> Iterator[Change]:
    if not writes:
        yield Change(place.name, "nothing is there, and nothing changes", units)
        return
    if len(writes) == 2 and place.index is not None and _is_move(place, writes):
        old = next(each for each in writes if each.after is None)
        new = next(each for each in writes if each.after is not None)
        yield Change(place.name, _moved(place, old, new), units, _size(old.before), _size(new.after))
        return
    for each in writes:
        yield Change(place.name, _what(place, each), units / len(writes), _size(each.before), _size(each.after))


def _is_move(place: Place, writes: list[_Write]) -> bool:
    """Whether an entry goes and another one comes, both of one item."""
    table = place.table.primary_key.names
    gone, come = [each for each in writes if each.after is None], [each for each in writes if each.before is None]
    if len(gone) != 1 or len(come) != 1 or gone[0].before is None or come[0].after is None:
        return False
    old, new = record_item(gone[0].before), record_item(come[0].after)
    return all(old.get(name) == new.get(name) for name in table)


def _moved(place: Place, old: _Write, new: _Write) -> str:
    assert old.before is not None and new.after is not None, f"an entry of {place.name} moves from or to nowhere"
    before, after = record_item(old.before), record_item(new.after)
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
