"""The catalog: which tables there are, what is known of each, and how their statuses change with time.

What is known of a table is its `TableState`, whose record is stored in the engine's "system" keyspace under the key
"table/<name>", in the same batch as whatever it belongs to. Streams begin and end with the state that says so.

A status that ends as time passes needs no commit: it follows from the record and the time. It is live as soon as
anybody looks, and its record joins the next batch of whatever operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from sortedcontainers import SortedDict

from minidynamo.clock import Clock
from minidynamo.errors import ResourceNotFound
from minidynamo.messages import NOT_FOUND
from minidynamo.schema.arns import ArnScope
from minidynamo.schema.table_forms import from_record, to_record
from minidynamo.schema.table_state import TableState
from minidynamo.schema.throughput_rules import UNITS
from minidynamo.storage.engine import Batch, Engine, RecordDamaged
from minidynamo.storage.keyspace import Keyspace
from minidynamo.streams.registry import StreamChange, Streams
from minidynamo.tables.changes import WriteBatch
from minidynamo.tables.table import Table, keyspace_names
from minidynamo.tables.table_checks import Advance, check_table
from minidynamo.values.key_bytes import after
from minidynamo.values.records import packed_record, record_item

SYSTEM_KEYSPACE = "system"
_TABLE_PREFIX = b"table/"
_TABLES_END = after(_TABLE_PREFIX)
TRANSITIONAL = ("CREATING", "UPDATING", "DELETING")


class StatusDelays(NamedTuple):
    """How long tables and indexes stay in their transitional statuses, in seconds. At zero they end at once."""

    creating: float = 0.0
    updating: float = 0.0
    deleting: float = 0.0

    @classmethod
    def of(cls, delays: float | Mapping[str, float] | StatusDelays | None) -> StatusDelays:
        """The delays of one number for all, or of a mapping from statuses such as "CREATING"."""
        if isinstance(delays, StatusDelays):
            return delays
        if delays is None:
            return cls()
        if not isinstance(delays, Mapping):
            return cls(delays, delays, delays)
        return cls(**{status.lower(): seconds for status, seconds in delays.items()})


def damaged_definition(error: RecordDamaged) -> str | None:
    """The name of the table whose definition an error is about; None where it is about something else."""
    if error.keyspace != SYSTEM_KEYSPACE or not error.key.startswith(_TABLE_PREFIX):
        return None
    return error.key.removeprefix(_TABLE_PREFIX).decode(errors="replace")


class _Unsaved(NamedTuple):
    """A table that time has changed and whose record does not say so yet; with what its end has meant for streams."""

    table: Table
    ended: StreamChange | None


class Catalog:
    """The tables of a database.

    Parameters:
        engine: where tables and their descriptions live; tables found there are opened.
        clock: tells when transitional statuses end.
        scope: tells ARNs of this database from others.
        partition_size_bytes_max: the size beyond which partitions split.
    """

    def __init__(self, engine: Engine, clock: Clock, scope: ArnScope, partition_size_bytes_max: int) -> None:
        self._engine = engine
        self._clock = clock
        self._scope = scope
        self._partition_size_bytes_max = partition_size_bytes_max
        self.system = Keyspace(engine, SYSTEM_KEYSPACE, partition_size_bytes_max, keeps_collections_whole=False)
        if engine.io_errors:  # It reads a file, which may be damaged.
            self._require_complete()
        self.streams = Streams(engine, self.system, clock)
        self._tables: SortedDict[str, Table] = SortedDict()
        self._dues: dict[str, float] = {}  # Of the tables that are in transitional statuses.
        self._units: dict[str, dict[str, int]] = {}
        self._reserved = dict.fromkeys(UNITS, 0)
        self._with_policies: set[str] = set()
        self.unsaved: list[_Unsaved] = []  # What time has changed since it was stored.
        for state in self.stored_states():
            self._open(state)
        if not engine.is_shared:  # Else it may be another process that is about to use them.
            self._drop_leftovers()

    def stored_states(self) -> Iterator[TableState]:
        """What is stored of all tables, in the order of their names."""
        for _, record in self.system.range(_TABLE_PREFIX, _TABLES_END):
            yield from_record(record_item(record))

    @staticmethod
    def key_of(name: str) -> bytes:
        """Where the record of a table lies in the system keyspace."""
        return _TABLE_PREFIX + name.encode()

    @property
    def next_due(self) -> float | None:
        """When the next transitional status ends, in epoch seconds; None where there is none."""
        return min(self._dues.values()) if self._dues else None

    @property
    def tables(self) -> Mapping[str, Table]:
        """All tables by name, in byte order of the names. Costs as much as there are tables."""
        self.advance_statuses()
        return dict(self._tables)

    @property
    def has_policies(self) -> bool:
        """Whether any table or stream has a policy, or has had one."""
        return bool(self._with_policies)

    @property
    def reserved_units(self) -> Mapping[str, int]:
        """The provisioned units of all tables and GSIs, by their kind."""
        self.advance_statuses()
        return self._reserved

    def find(self, name: str) -> Table | None:
        """The table of a name, in any status."""
        self.advance_statuses()
        return self._tables.get(name)

    def names_after(self, name: str, count: int) -> list[str]:
        """So many names of tables behind a name, in byte order."""
        self.advance_statuses()
        return list(islice(self._tables.irange(name, None, (False, True)), count))

    def table(self, name_or_arn: str) -> Table:
        """The table whose items an operation works on; raises ResourceNotFound if there is none, or not yet."""
        if self._dues:
            self.advance_statuses()
        table = self._tables.get(name_or_arn)
        if table is None and name_or_arn.startswith("arn:"):
            table = self._tables.get(self._scope.table_name(name_or_arn) or "")
        if table is None or not table.is_usable:
            raise ResourceNotFound(NOT_FOUND)
        return table

    def described_table(self, name_or_arn: str) -> Table:
        """The table that an operation describes or changes, in any status; raises ResourceNotFound if there is none."""
        self.advance_statuses()
        name = self._scope.table_name(name_or_arn)
        table = self._tables.get(name or "")
        if table is None:
            raise ResourceNotFound(f"{NOT_FOUND}: Table: {name or name_or_arn} not found")
        return table

    def stage_new(self, batch: WriteBatch, state: TableState) -> None:
        """Stages a new table, which is live once the batch has been committed."""
        batch.creates += keyspace_names(state)
        current = self._current(state)
        assert current is not None, f"table {state.name} begins with its end"
        self._stage(batch, state.name, current, [b""], lambda: self._open(current))

    def stage(self, batch: WriteBatch, table: Table, state: TableState) -> None:
        """Stages a new state of a table, which is live once the batch has been committed.

        Parameters:
            batch: with whatever else belongs to the change, the keyspaces of new and ended indexes among it.
            table: the table.
            state: its new state; what is due in it is staged as having ended already.
        """
        live = self._tables.get(table.name)
        assert live is table, f"a new state of {table.name} ({table.state.id}) is staged, and live is {live}"
        current = self._current(state)
        if current is None:
            batch.drops += table.keyspace_names
        self._stage(
            batch,
            table.name,
            current,
            table.partition_starts,
            lambda: self._forget(table.name) if current is None else self._apply(table, current),
        )

    def advance_statuses(self) -> None:
        """Ends every transitional status whose time has come."""
        while (due := self.next_due) is not None and due <= self._clock.now():
            for name in sorted(name for name, each in self._dues.items() if each == due):
                table = self._tables[name]
                state = table.state.advanced(due)
                next_due = None if state is None else state.next_due
                assert next_due is None or next_due >= due, f"{name} was due at {due} and then is at {next_due}"
                if state is None:
                    ended = self.streams.ended(name)
                    self.streams.apply(ended)
                    self.unsaved.append(_Unsaved(table, ended))
                    self._forget(name)
                else:
                    self.unsaved.append(_Unsaved(table, None))
                    self._apply(table, state)

    def join(self, batch: WriteBatch) -> None:
        """Stages into a batch what time has changed, so that it is stored with what is changed next."""
        for table, ended in self.unsaved:
            if ended is not None:
                batch.drops += table.keyspace_names
                self.streams.restage(batch, ended)
            if table.name not in batch.states:
                live = self._tables.get(table.name)
                self._keep(batch, table.name, None if live is None else live.state)
        batch.after += (self.unsaved.clear,)

    def check(self, advance: Advance | None = None) -> None:
        """Asserts that all tables are sound and stored as they are; tells how many more items have been looked at."""
        self.system.check()
        stored = {state.name: state for state in self.stored_states()}
        unsaved = {each.table.name for each in self.unsaved}
        for name in stored.keys() | self._tables.keys():
            live = self._tables.get(name)
            is_same = stored.get(name) == (None if live is None else live.state)
            assert is_same or name in unsaved, f"{name} is stored as {stored.get(name)}, and live as {live}"
        for table in self._tables.values():
            check_table(table, advance)
            noted, due = self._dues.get(table.name), table.state.next_due
            assert noted == due, f"{table.name} is noted as due at {noted}, and is at {due}"
        gone = self._dues.keys() - self._tables.keys()
        assert not gone, f"{gone} are noted as due, and are no tables"
        for unit, reserved in self._reserved.items():
            total = sum(table.state.provisioned_units[unit] for table in self._tables.values())
            assert total == reserved, f"{total} {unit} are provisioned, {reserved} are noted"
        self.streams.check(unsaved)

    def _current(self, state: TableState) -> TableState | None:
        """A state with everything ended that is due by now; None where the table ends."""
        now, current = self._clock.now(), state
        while current.next_due is not None and current.next_due <= now:
            advanced = current.advanced(current.next_due)
            if advanced is None:
                return None
            current = advanced
        return current

    def _stage(
        self,
        batch: WriteBatch,
        name: str,
        state: TableState | None,
        starts: list[bytes],
        make_live: Callable[[], None],
    ) -> None:
        """Stages the state of a table, None for its end, and what that means for streams."""
        self._keep(batch, name, state)
        streams = self.streams.stage(batch, name, state, starts)
        batch.after += (lambda: self.streams.apply(streams), make_live)

    def _keep(self, batch: WriteBatch, name: str, state: TableState | None) -> None:
        batch.states |= {name}
        record = None if state is None else packed_record(to_record(state), 0)
        self.system.keep(batch, self.key_of(name), record)

    def _forget(self, name: str) -> None:
        self._count(name, None)
        del self._tables[name]

    def _apply(self, table: Table, state: TableState) -> None:
        table.apply(state)
        table.stream = self.streams.of_table(state)
        self._count(table.name, state)

    def _open(self, state: TableState) -> None:
        assert state.name not in self._tables, f"{state.name} begins as {state.id} and is there already"
        table = Table(state, self._engine, self._partition_size_bytes_max)
        self._tables[table.name] = table
        self._apply(table, state)

    def _count(self, name: str, state: TableState | None) -> None:
        """Notes what a table, as it is now, reserves and waits for; None for a table that is gone."""
        due = None if state is None else state.next_due
        self._dues.pop(name, None)
        if due is not None:
            self._dues[name] = due
        (self._with_policies.add if state is not None and state.policies else self._with_policies.discard)(name)
        before = self._units.pop(name, {})
        if state is not None:
            self._units[name] = state.provisioned_units
        for unit in UNITS:
            self._reserved[unit] += self._units.get(name, {}).get(unit, 0) - before.get(unit, 0)
            assert self._reserved[unit] >= 0, (
                f"{self._reserved[unit]} {unit} are left when {name} changes from {before}"
            )

    def _require_complete(self) -> None:
        """Refuses a system keyspace that has lost records: what it does not know of would be dropped."""
        found = sum(1 for _ in self.system.range(b"", None))
        if found != self.system.item_count:
            raise ValueError(f"{self.system.item_count} records of the catalog are noted, {found} are found")

    def _drop_leftovers(self) -> None:
        """Drops the empty keyspaces of indexes that were being created when the process ended."""
        known = {name for table in self._tables.values() for name in table.keyspace_names}
        known |= self.streams.keyspace_names
        batch = Batch()
        for name in self._engine.keyspaces():
            is_unknown = name != SYSTEM_KEYSPACE and name not in known
            if is_unknown and not any(each.item_count for each in self._engine.maps(name)):
                batch.drops.append(name)
        if batch.drops:
            self._engine.commit(batch)
