"""Changes of a database's tables, read from the streams that they have, as they come.

They are looked up where they are kept: reading them is no request, takes no shard from anybody and moves no clock.
"""

from __future__ import annotations

from typing import NamedTuple

from minidynamo.console.subject import Subject
from minidynamo.streams.change_record import KINDS, ChangeRecord
from minidynamo.streams.stream import Stream
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import record_item

# What one look takes from a stream; of what has come since the last one before that, nothing is shown.
CHANGES_AT_ONCE_MAX = 2_000
# How many changes are shown of the streams that there are when the first look is taken.
_FIRST_CHANGES = 50


class Change(NamedTuple):
    """A change of one item.

    Attributes:
        table: the name of its table.
        key_names: the attributes of its key.
        record: the change as it is kept; its images are unpacked when they are shown.
    """

    table: str
    key_names: tuple[str, ...]
    record: ChangeRecord

    @property
    def kind(self) -> str:
        """INSERT, MODIFY or REMOVE."""
        return KINDS[self.record.kind]

    @property
    def key(self) -> Item:
        """The key of the item."""
        return self.record.key(self.key_names)

    @property
    def images(self) -> tuple[Item | None, Item | None]:
        """The item before and after it; None where there is none, or the stream does not keep it."""
        old, new = self.record.old_image, self.record.new_image
        return None if old is None else record_item(old), None if new is None else record_item(new)


class ChangeReader:
    """Reads all streams of a database on, from where it was.

    Parameters:
        subject: whose streams.

    Attributes:
        skipped: how many changes came too fast to be taken up.
        streams: how many there were at the last look.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._next: dict[tuple[str, str], int] = {}
        self._is_first = True
        self.skipped = 0
        self.streams = 0

    def read(self) -> list[Change]:
        """What has changed since the last look, in the order of time."""
        context = self._subject.context
        if context is None:
            return []
        found: list[Change] = []
        with context.lock:
            streams = context.catalog.streams.all()
            self.streams = len(streams)
            for gone in self._next.keys() - streams.keys():
                del self._next[gone]
            for stream in streams.values():
                found += self._read(stream)
            self._is_first = False
        return sorted(found, key=lambda each: each.record.time)

    def _read(self, stream: Stream) -> list[Change]:
        last = stream.last_number
        first = max(last - _FIRST_CHANGES, 0)
        start = self._next.get(stream.key, first if self._is_first else 0)
        if start > last + 1:
            start = first  # The database has been restored: numbers are given again.
        if last - start >= CHANGES_AT_ONCE_MAX:
            self.skipped += last - start + 1 - CHANGES_AT_ONCE_MAX
            start = last + 1 - CHANGES_AT_ONCE_MAX
        self._next[stream.key] = last + 1
        if start > last:
            return []
        records = [each for shard in stream.shards for each in stream.changes(shard, start)]
        assert all(each.number <= last for each in records), f"{stream.key} has changes after its last, {last}"
        return [Change(stream.key[0], stream.key_names, each) for each in sorted(records, key=lambda one: one.number)]
