"""All streams of a database: those of its tables, and those that have been disabled less than a day ago."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from minidynamo.clock import Clock
from minidynamo.schema.table_state import TableState
from minidynamo.storage.engine import Batch, Engine
from minidynamo.storage.keyspace import Keyspace
from minidynamo.streams.stream_state import (
    STREAM_PREFIX,
    StreamState,
    keyspace_name,
    new_state,
    read_state,
    stage_stream_state,
    state_key,
)
from minidynamo.values.key_bytes import after

if TYPE_CHECKING:
    from minidynamo.streams.stream import Stream

_Key = tuple[str, str]


class StreamChange:
    """How the streams change with a commit; made live by `Streams.apply` when that has succeeded."""

    def __init__(self) -> None:
        self.stored: dict[_Key, StreamState] = {}
        self.ended: list[_Key] = []


class Streams:
    """The streams of a database.

    Parameters:
        engine: where they live; those found there are opened.
        system: the keyspace of what is known of them.
        clock: tells the time.
    """

    def __init__(self, engine: Engine, system: Keyspace, clock: Clock) -> None:
        self._engine = engine
        self._system = system
        self._clock = clock
        self._streams: dict[_Key, Stream] = {}
        self._enabled: dict[str, Stream] = {}  # By table.
        self._disabled: set[_Key] = set()
        self._reserved: dict[str, str] = {}  # Labels by table.
        for _, record in system.range(STREAM_PREFIX, after(STREAM_PREFIX)):
            self._open(read_state(record))

    @property
    def keyspace_names(self) -> set[str]:
        """The engine's names for the keyspaces of their records."""
        return {keyspace_name(each.state) for each in self._streams.values()}

    def all(self) -> dict[tuple[str, str], Stream]:
        """Every stream that can be read, by table name and label, in the order of these."""
        now = self._clock.now()
        return {key: stream for key, stream in sorted(self._streams.items()) if not stream.is_over(now)}

    def find(self, table_name: str, label: str) -> Stream | None:
        """A stream that can be read, None where there is none."""
        stream = self._streams.get((table_name, label))
        return None if stream is None or stream.is_over(self._clock.now()) else stream

    def of_table(self, state: TableState) -> Stream | None:
        """The enabled stream of a table, None where it has none."""
        if not state.has_stream or state.stream_label is None:
            return None
        return self._streams[state.name, state.stream_label]

    def new_label(self, table_name: str) -> str:
        """The label of a stream enabled now: the time in UTC with milliseconds, moved on where it is taken."""
        now, reserved = self._clock.now(), self._reserved.get(table_name)
        if reserved is not None and (table_name, reserved) not in self._streams:
            return reserved
        while (label := _label(now)) and (table_name, label) in self._streams:
            now += 0.001
        return label

    @contextmanager
    def reserved(self, table_name: str, label: str | None) -> Iterator[None]:
        """A stream of a table that is enabled meanwhile has a label that was given out; None for one of its own."""
        assert table_name not in self._reserved, f"the label of {table_name}'s stream has been given out twice"
        if label is not None:
            self._reserved[table_name] = label
        try:
            yield
        finally:
            self._reserved.pop(table_name, None)

    def stage(self, batch: Batch, table_name: str, new: TableState | None, starts: Sequence[bytes]) -> StreamChange:
        """Stages what a new state of a table means for streams, and the end of old ones.

        Parameters:
            batch: the batch of the new state.
            table_name: the table.
            new: its new state; None where it ends.
            starts: where its partitions begin, in key order.
        """
        change = StreamChange()
        present = self._enabled.get(table_name)
        has = new is not None and new.has_stream
        if present is not None and not has:
            self._stage_state(batch, change, present.closed_state())
        if has and present is None:
            assert new is not None, f"{table_name} has a stream and no state"
            state = new_state(new, self._engine.shard_starts or starts, self._clock.now())
            batch.creates.append(keyspace_name(state))
            self._stage_state(batch, change, state)
        now = self._clock.now()
        for key in sorted(self._disabled):
            stream = self._streams[key]
            if stream.is_over(now):
                self._system.keep(batch, state_key(stream.state), None)
                batch.drops.append(keyspace_name(stream.state))
                change.ended.append(key)
        return change

    def ended(self, table_name: str) -> StreamChange:
        """What the end of a table means for streams, before anything of it is stored."""
        change = StreamChange()
        present = self._enabled.get(table_name)
        if present is not None:
            change.stored[present.key] = present.closed_state()
        return change

    def restage(self, batch: Batch, change: StreamChange) -> None:
        """Stages a change that is live already."""
        for key in change.stored:
            if key in self._streams:
                stage_stream_state(batch, self._system, self._streams[key].state)

    def apply(self, change: StreamChange) -> None:
        """Makes a change live that has been committed."""
        for key in change.ended:
            del self._streams[key]
            self._disabled.discard(key)
        for state in change.stored.values():
            self._open(state)

    def check(self, unsaved: Collection[str] = ()) -> None:
        """Asserts that all of them are sound; those of some tables may be stored differently."""
        for stream in self._streams.values():
            stream.check(is_stored=stream.key[0] not in unsaved)
        enabled = {key: stream for key, stream in self._streams.items() if stream.is_enabled}
        noted = {name: stream.key for name, stream in self._enabled.items()}
        found = {key[0]: key for key in enabled}
        assert noted == found, f"the streams {noted} are noted as enabled by table, and {found} are"
        assert len(found) == len(enabled), f"several streams of a table are enabled: {sorted(enabled)}"
        disabled = self._streams.keys() - enabled.keys()
        assert disabled == self._disabled, f"the streams {self._disabled} are noted as disabled, and {disabled} are"

    def _open(self, state: StreamState) -> None:
        key: _Key = (state["TableName"], state["Label"])
        stream = self._streams[key] = self._stream_type()(self._engine, self._system, self._clock, state)
        if stream.is_enabled:
            present = self._enabled.get(key[0])
            assert present is None or present.key == key, f"{key} is enabled while there is {present.key}"
            self._enabled[key[0]] = stream
        else:
            self._disabled.add(key)
            if key[0] in self._enabled and self._enabled[key[0]].state["Label"] == key[1]:
                del self._enabled[key[0]]

    def _stream_type(self) -> type[Stream]:
        """What streams are; most databases have none, and do not import it."""
        if self._engine.is_shared:
            from minidynamo.streams.shared_stream import SharedStream

            return SharedStream
        from minidynamo.streams.stream import Stream

        return Stream

    def _stage_state(self, batch: Batch, change: StreamChange, state: StreamState) -> None:
        stage_stream_state(batch, self._system, state)
        change.stored[state["TableName"], state["Label"]] = state


def _label(time: float) -> str:
    from datetime import UTC, datetime  # Slow to import.

    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
