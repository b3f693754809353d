"""When the items of a table expire: an index of their times, so that what is due is found without reading the rest.

    entry   key bytes of the time | key bytes of the item
    mark    FF, in a record that says up to which key the items have entries that were there before the index

Entries come and go with their items, in the same batch. Items that were there before get theirs by a walk over the
table, in turns. An entry may outlive what it tells, where a damaged record is replaced: whoever follows it looks at the
item.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from minidynamo.limits import TIME_TO_LIVE_AGE_SECONDS_MAX
from minidynamo.storage.engine import Batch, RecordDamaged
from minidynamo.storage.keyspace import Keyspace
from minidynamo.values.attribute_value import Item
from minidynamo.values.key_bytes import after, encoded_number
from minidynamo.values.key_decoding import decoded_number
from minidynamo.values.numbers import canonical_number
from minidynamo.values.records import packed_record, record_item

# Above every number.
_MARK = b"\xff"
_ENTRY = packed_record({}, 0)
# A time in seconds beyond this, in the year 5138, was probably meant in milliseconds.
_MILLISECONDS_FROM = "100000000000"


class Expiry(NamedTuple):
    """An entry: its key, and the key bytes of the item that is to expire."""

    entry: bytes
    key: bytes


class ExpiryTimes:
    """The times at which the items of a table expire.

    Parameters:
        keyspace: of the entries.
        items: the keyspace of the items.
        attribute: which of their attributes tells the time.
    """

    def __init__(self, keyspace: Keyspace, items: Keyspace, attribute: str) -> None:
        self.keyspace = keyspace
        self.attribute = attribute
        self._items = items
        self._name = attribute.encode()

    def entry_key(self, key: bytes, item: Item | None) -> bytes | None:
        """The key of an item's entry; None where it does not expire."""
        value = None if item is None else item.get(self.attribute)
        if value is None or "N" not in value:
            return None
        return encoded_number(value["N"]) + key

    def timed_item(self, record: bytes | None) -> Item | None:
        """The item of a record if it may tell a time: most that do not need not be decoded."""
        return None if record is None or self._name not in record else record_item(record)

    def stage(self, batch: Batch, key: bytes, old_item: Item | None, new_item: Item | None) -> None:
        """Stages what a change of an item, whose key bytes are given, means; None for no item."""
        old = self.entry_key(key, old_item)
        new = self.entry_key(key, new_item)
        if old == new:
            return
        if old is not None and self._holds(old):
            batch.delete(self.keyspace.name, old, 0)
        if new is not None:
            batch.put(self.keyspace.name, new, _ENTRY, 0, 0 if self._holds(new) else 1)

    def stage_walk(self, batch: Batch, count: int) -> bool:
        """Stages the entries of so many more items that were there before the index; whether none is left."""
        assert count > 0, f"a walk over {count} items"
        if self._is_complete:
            return True
        mark = self._mark
        start = b"" if mark is None else mark["Next"]["B"]
        items = list(islice(self._items.range(start, None), count))
        for key, record in items:
            entry = self.entry_key(key, self.timed_item(record))
            if entry is not None and not self._holds(entry):
                batch.put(self.keyspace.name, entry, _ENTRY, 0, 1)
        is_over = len(items) < count
        mark = {} if is_over else {"Next": {"B": items[-1][0] + b"\x00"}}
        self.keyspace.keep(batch, _MARK, packed_record(mark, 0))
        return is_over

    def due(self, now: float, behind: bytes | None, count: int) -> list[Expiry]:
        """So many items that have expired by now, and not by more than five years, behind an entry; in their order."""
        assert count > 0, f"{count} items that are due are asked for"
        start = after(_encoded(now - TIME_TO_LIVE_AGE_SECONDS_MAX)) if behind is None else behind + b"\x00"
        return list(islice(self._range(start, after(_encoded(now))), count))

    def in_milliseconds(self) -> Expiry | None:
        """One entry, if there is any, whose time was probably meant in milliseconds."""
        return next(self._range(after(encoded_number(_MILLISECONDS_FROM)), _MARK), None)

    def check_item(self, key: bytes, item: Item) -> bool:
        """Asserts that an item which expires has its entry; whether it expires."""
        entry = self.entry_key(key, item)
        assert entry is None or not self._is_complete or self._holds(entry), f"{self.keyspace.name} lacks {item}"
        return entry is not None

    def check(self, expiring: int) -> None:
        """Asserts that the entries are in order, and as many at least as there are items that expire."""
        self.keyspace.check()
        found = sum(1 for _ in self._range(b"", _MARK))
        assert not self._is_complete or found >= expiring, f"{self.keyspace.name} has {found} entries of {expiring}"

    @property
    def _is_complete(self) -> bool:
        """Whether all items that expire have entries, those of before the index among them."""
        mark = self._mark
        return mark is not None and "Next" not in mark

    @property
    def _mark(self) -> Item | None:
        record = self.keyspace.get(_MARK)
        return None if record is None else record_item(record)

    def _holds(self, entry: bytes) -> bool:
        try:
            return self.keyspace.get(entry) is not None
        except RecordDamaged:  # It is there, and says nothing that its key does not.
            return True

    def _range(self, start: bytes, stop: bytes) -> Iterator[Expiry]:
        for entry, _ in self.keyspace.range(start, stop):
            yield Expiry(entry, decoded_number(entry)[1])


def stage_index(batch: Batch, name: str, items: Keyspace) -> None:
    """Stages the keyspace of the expiry times of a table, which are to be noted from now on."""
    batch.creates.append(name)
    if items.item_count == 0:
        batch.put(name, _MARK, packed_record({}, 0), 0, 1)


def _encoded(moment: float) -> bytes:
    return encoded_number(canonical_number(f"{moment:.6f}"))
