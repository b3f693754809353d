"""One stream: its shards and their records, written in the batches of the changes themselves.

Records lie in a keyspace of the stream's own, under keys that `record_keys.py` draws.
What is known of the stream itself is one record in the system keyspace, under "stream/<table>/<label>"; it is written
when shards change. The record written last is never deleted while there is the stream, since numbering goes on from it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from minidynamo.clock import Clock
from minidynamo.limits import SHARD_OPEN_SECONDS_MAX, STREAM_RETENTION_SECONDS
from minidynamo.schema.arns import ArnScope
from minidynamo.storage.engine import Batch, Engine
from minidynamo.storage.keyspace import Keyspace
from minidynamo.streams.change_record import (
    VIEW_TYPES,
    ChangeRecord,
    StreamOrigin,
    change_time,
    is_unchanged,
    recorded_change,
    unpacked_change,
)
from minidynamo.streams.record_keys import number_in, ordinal_in, record_key, record_range
from minidynamo.streams.shard import Shard, check_shards, has_had_id, is_aligned, new_shard
from minidynamo.streams.stream_state import StreamState, keyspace_name, read_state, stage_stream_state, state_key
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import record_size_bytes

_TRIM_INTERVAL_SECONDS = 300.0
_TRIMMED_AT_ONCE_MAX = 10_000


class _Pending(NamedTuple):
    """A batch that shards have been changed for, and what is to come back if it is never committed."""

    batch: Batch
    shards: list[Shard]
    trim_at: float


class Stream:
    """One stream, enabled or disabled.

    Parameters:
        engine: where it lives.
        system: the keyspace of what is known of it.
        clock: tells the time of changes and what is too old.
        state: what is stored of it, see `new_state`.

    Attributes:
        last_number: the highest sequence number that has been given.
    """

    def __init__(self, engine: Engine, system: Keyspace, clock: Clock, state: StreamState) -> None:
        self._system = system
        self._clock = clock
        self._state = state
        self.shards = [Shard(**each) for each in state["Shards"]]
        self._view = VIEW_TYPES[state["ViewType"]]
        self.key_names: tuple[str, ...] = tuple(each["AttributeName"] for each in state["KeySchema"])
        self._keyspace = keyspace_name(state)
        (self._map,) = engine.maps(self._keyspace)
        self.last_number = self._found_last_number()
        self._shard_of_start: dict[bytes, Shard] = {}
        self._align_at = self._trim_at = 0.0
        self._pending: _Pending | None = None
        self._index_open_shards()

    def _found_last_number(self) -> int:
        """The highest number that has been given, as the records tell."""
        last = max((each.first for each in self.shards), default=0)
        for shard in self.shards:
            for key, _ in self._map.range(*record_range(shard.ordinal), True):
                last = max(last, number_in(key))
                break
        return last

    @property
    def next_number(self) -> int:
        """The number from which on changes have not been made yet."""
        return self.last_number + 1

    @property
    def key(self) -> tuple[str, str]:
        """The name of its table, and its label."""
        return self._state["TableName"], self._state["Label"]

    @property
    def state(self) -> StreamState:
        """What is stored of it."""
        return {**self._state, "Shards": [each.stored for each in self.shards]}

    @property
    def is_enabled(self) -> bool:
        """Whether changes are recorded."""
        return "DisabledAt" not in self._state

    def origin(self, scope: ArnScope) -> StreamOrigin:
        """What the stream's records have in common, as the API names it."""
        arn = scope.stream_arn(self._state["TableName"], self._state["Label"])
        return StreamOrigin(arn, scope.region, self._state["ViewType"], self.key_names)

    def is_over(self, now: float) -> bool:
        """Whether the stream has been disabled for so long that nothing is left of it."""
        return now >= float(self._state.get("DisabledAt", now)) + STREAM_RETENTION_SECONDS

    # Writing.

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
        """Stages the record of a change, if it changes anything.

        Parameters:
            batch: the batch of the change.
            keyspace: that of the table.
            key: the key bytes of the item.
            old, new: the item's records before and after; None where there is none.
            item: the new item, where it is known.
            by_service: whether the service itself deletes it.
        """
        if old is not None and new is not None and is_unchanged(old, new):
            return
        now = self._clock.now()
        self._take_up(batch)
        if now >= self._align_at or len(keyspace.partitions) != len(self._shard_of_start):
            self.align(batch, [each.map.start for each in keyspace.partitions])
        packed = recorded_change(self._view, self.key_names, now, old, new, item, by_service)
        self.last_number += 1
        shard = self._shard_of_start[keyspace.partition_of(key).map.start]
        assert shard.first < self.last_number, f"change {self.last_number} goes into {shard.id} from {shard.first} on"
        batch.put(self._keyspace, record_key(shard.ordinal, self.last_number), packed, record_size_bytes(packed), 1)

    def align(self, batch: Batch, starts: Sequence[bytes]) -> None:
        """Ensures that there is one open shard per partition, and trims what is too old.

        Parameters:
            batch: where what has to be stored of that is staged; nothing of it is kept if that is never committed.
            starts: where the table's partitions begin, in key order.
        """
        self._take_up(batch)
        now = self._clock.now()
        staged = len(batch.writes)
        shards = [Shard(**each.stored) for each in self.shards]
        trim_at = self._trim_at
        if self.is_enabled and not is_aligned(shards, starts, now):
            self._reopen(batch, shards, starts, now)
            assert is_aligned(shards, starts, now), f"the shards of {self.key} are {shards}, for partitions at {starts}"
        if now >= self._trim_at:
            is_trimmed = self._stage_trimming(batch, shards, now)
            trim_at = now + _TRIM_INTERVAL_SECONDS if is_trimmed else now
        if [each.stored for each in shards] != [each.stored for each in self.shards] or len(batch.writes) > staged:
            stage_stream_state(batch, self._system, {**self._state, "Shards": [each.stored for each in shards]})
            if self._pending is None:
                self._pending = _Pending(batch, self.shards, self._trim_at)
                batch.after += (self._finish,)
            self.shards = shards
        self._trim_at = trim_at
        self._index_open_shards()

    def _take_up(self, batch: Batch | None) -> None:
        """Goes on with a batch; what was staged into another one that has not been committed never will be."""
        if self._pending is not None and self._pending.batch is not batch:
            _, self.shards, self._trim_at = self._pending
            self._pending = None
            self._index_open_shards()

    def _finish(self) -> None:
        self._pending = None

    def closed_state(self) -> StreamState:
        """What is stored of it once it is disabled, which it is from now on."""
        assert self.is_enabled, f"the stream {self.key} ends again"
        self._take_up(None)
        now = self._clock.now()
        shards = [Shard(**each.stored) for each in self.shards]
        for shard in shards:
            if shard.is_open:
                self._close(shard, now)
        return {**self._state, "DisabledAt": now, "Shards": [each.stored for each in shards]}

    def _reopen(self, batch: Batch, shards: list[Shard], starts: Sequence[bytes], now: float) -> None:
        """Closes the shards whose partitions have split or that have been open too long, and opens their children."""
        opened = sorted((each for each in shards if each.is_open), key=lambda each: each.start)
        begins = [each.start for each in opened]
        children: dict[str, list[bytes]] = {each.id: [] for each in opened}
        orphans = []
        for start in starts:
            position = bisect_right(begins, start) - 1
            if position < 0:
                orphans.append(start)
            else:
                children[opened[position].id].append(start)
        for shard in opened:
            own = children[shard.id]
            if own == [shard.start] and now < shard.opened_at + SHARD_OPEN_SECONDS_MAX:
                continue
            self._close(shard, now, batch)
            for start in own:
                self._open(shards, shard.id, start, now)
        for start in orphans:
            self._open(shards, None, start, now)

    def _open(self, shards: list[Shard], parent: str | None, start: bytes, now: float) -> None:
        self.last_number += 1
        ordinal = max((each.ordinal for each in shards), default=-1) + 1
        shards.append(new_shard(self._state["Label"], ordinal, parent, start, self.last_number, now))

    def _close(self, shard: Shard, now: float, batch: Batch | None = None) -> None:
        """Ends a shard, behind its last change; a batch may hold more of them."""
        assert shard.is_open and shard.last is None, f"{shard.id}, which ended at {shard.last}, ends again"
        shard.closed_at = now
        start, stop = record_range(shard.ordinal)
        keys = [key for key, _ in islice(self._map.range(start, stop, True), 1)]
        if batch is not None:
            keys += [key for name, key, *_ in batch.writes if name == self._keyspace and start <= key < stop]
        shard.last = max([shard.first, *map(number_in, keys)])

    def _stage_trimming(self, batch: Batch, shards: list[Shard], now: float) -> bool:
        """Stages the end of what is too old, up to a bound; returns whether that was all."""
        horizon, most = now - STREAM_RETENTION_SECONDS, len(batch.writes) + _TRIMMED_AT_ONCE_MAX
        for shard in list(shards):
            is_empty = True
            for key, packed in self._map.range(*record_range(shard.ordinal)):
                number = number_in(key)
                if change_time(packed) > horizon or number == self.last_number:
                    is_empty = False
                    break
                if len(batch.writes) >= most:
                    return False
                batch.delete(self._keyspace, key, record_size_bytes(packed))
                shard.trimmed = number
            if is_empty and shard.closed_at is not None and shard.closed_at <= horizon:
                shards.remove(shard)
        return True

    def _index_open_shards(self) -> None:
        opened = [each for each in self.shards if each.is_open]
        self._shard_of_start = {each.start: each for each in opened}
        rolls_at = min((each.opened_at for each in opened), default=0.0) + SHARD_OPEN_SECONDS_MAX
        self._align_at = min(rolls_at, self._trim_at)

    # Reading.

    def visible_shards(self) -> list[Shard]:
        """The shards that may still hold records, oldest first."""
        horizon = self._clock.now() - STREAM_RETENTION_SECONDS
        return [each for each in self.shards if each.closed_at is None or each.closed_at > horizon]

    def shard(self, shard_id: str) -> Shard | None:
        """The shard of an id, None where there is none any more."""
        return next((each for each in self.visible_shards() if each.id == shard_id), None)

    def has_had(self, shard_id: str) -> bool:
        """Whether there is, or has been, a shard of an id, whose number is none that has not been given yet."""
        return has_had_id(self._state["Label"], self.shards, shard_id)

    def changes(self, shard: Shard, number: int) -> Iterator[ChangeRecord]:
        """The changes of a shard from a sequence number on, also those that are too old to be shown."""
        start, stop = record_range(shard.ordinal)
        for key, packed in self._map.range(max(start, record_key(shard.ordinal, number)), stop):
            yield unpacked_change(number_in(key), packed)

    def is_too_old(self, time: float) -> bool:
        """Whether a record of that time has been trimmed, whether it is deleted already or not."""
        return time <= self._clock.now() - STREAM_RETENTION_SECONDS

    def check(self, is_stored: bool = True) -> None:
        """Asserts that every record lies in a shard of the stream, within its numbers, and that shards are in order.

        Parameters:
            is_stored: whether what is stored of it is what it is now.
        """
        self._take_up(None)
        self._check_shards()
        by_ordinal = {each.ordinal: each for each in self.shards}
        for key, _ in self._map.range(None, None):
            ordinal, number = ordinal_in(key), number_in(key)
            shard = by_ordinal.get(ordinal)
            assert shard is not None, f"change {number} of {self.key} lies in shard {ordinal}, of {sorted(by_ordinal)}"
            first, last = shard.first, shard.last
            assert number >= first, f"change {number} of {self.key} comes before its shard, which begins with {first}"
            assert last is None or number <= last, f"change {number} of {self.key} comes after its shard, up to {last}"
            assert number <= self.last_number, f"change {number} of {self.key} comes after its last, {self.last_number}"
        if not is_stored:
            return
        record = self._system.get(state_key(self._state))
        stored = None if record is None else read_state(record)
        assert stored == self.state, f"the stream {self.key} is stored as {stored} and is {self.state}"

    def _check_shards(self) -> None:
        check_shards(self.shards, self.last_number, f"{self.key}")
        opened = {each.start: each for each in self.shards if each.is_open}
        assert opened == self._shard_of_start, f"{self.key} writes to {self._shard_of_start}, and open are {opened}"
        assert bool(opened) == self.is_enabled, f"{self.key} has {len(opened)} open shards; enabled: {self.is_enabled}"
