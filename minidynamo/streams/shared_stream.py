"""A stream in a store that several processes share: the engine numbers its changes, and some are not shown yet.

A change has the number of its transaction, and transactions end in another order than they begin. So only what lies
below the horizon is shown: nothing can join it any more. Per item that is the order of commits, since whoever changes
an item has read it in a state that holds the commit before. Shards do not follow partitions, of which there is one:
each has its part of all tokens, for as long as the stream is enabled.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from minidynamo.clock import Clock
from minidynamo.storage.engine import Batch, Engine
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.shared.engine import SessionEngine
from minidynamo.storage.shared.link import Append
from minidynamo.streams.change_record import ChangeRecord, is_unchanged, recorded_change, unpacked_change
from minidynamo.streams.record_keys import number_in, record_key, record_range, shard_prefix
from minidynamo.streams.shard import Shard
from minidynamo.streams.stream import Stream
from minidynamo.streams.stream_state import StreamState
from minidynamo.values.attribute_value import Item


class SharedStream(Stream):
    """One stream of a shared store; see `Stream`."""

    def __init__(self, engine: Engine, system: Keyspace, clock: Clock, state: StreamState) -> None:
        assert isinstance(engine, SessionEngine), f"{engine!r} numbers no changes"
        self._session = engine
        super().__init__(engine, system, clock, state)
        opened = sorted((each for each in self.shards if each.is_open), key=lambda each: each.start)
        self._opened, self._starts = opened, [each.start for each in opened]

    def _found_last_number(self) -> int:
        return 0

    @property
    def next_number(self) -> int:
        return self._session.horizon

    def stage(
        self,
        batch: Batch,
        keyspace: Keyspace,
        key: bytes,
        old: bytes | None,
        new: bytes | None,
        item: Item | None,
        by_service: bool = False,
    ) -> None:
        if old is not None and new is not None and is_unchanged(old, new):
            return
        assert self.is_enabled, f"{self.key} is written to, and is disabled"
        shard = self._opened[bisect_right(self._starts, key) - 1]
        packed = recorded_change(self._view, self.key_names, self._clock.now(), old, new, item, by_service)
        self._session.append(batch, Append(self._keyspace, shard_prefix(shard.ordinal), packed))

    def align(self, batch: Batch, starts: Sequence[bytes]) -> None:
        """Nothing: shards stay as they are."""

    def changes(self, shard: Shard, number: int) -> Iterator[ChangeRecord]:
        start, stop = record_range(shard.ordinal)
        for key, packed in self._map.range(max(start, record_key(shard.ordinal, number)), stop):
            found = number_in(key)
            if found >= self._session.horizon:
                return
            yield unpacked_change(found, packed)

    def check(self, is_stored: bool = True) -> None:
        """Asserts that there is a shard for every token while the stream is enabled."""
        assert bool(self._opened) == self.is_enabled, f"{self.key} has {len(self._opened)} open shards"
        assert not self._opened or self._starts[0] == b"", f"{self.key} begins at {self._starts[0]!r}"
