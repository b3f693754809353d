"""The catalog: which tables there are, what is known of each, and how their statuses change with time.

What the catalog keeps of a table is a dict in the API's shape, with a few members of its own: `StatusDueAt` (when a
passing status ends, epoch seconds), `WasOnDemand`, `Tags`, `TimeToLive`, and times of limited changes. It is stored
in the engine's "system" keyspace under the key "table/<name>", in the same batch as whatever it belongs to. Streams
begin and end with the description that says so.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple

from sortedcontainers import SortedDict

from minidynamo.clock import Clock
from minidynamo.errors import ResourceNotFound
from minidynamo.messages import NOT_FOUND
from minidynamo.schema.arns import ArnScope
from minidynamo.schema.throughput_rules import UNITS, provisioned_units
from minidynamo.storage.engine import Engine
from minidynamo.storage.keyspace import Keyspace
from minidynamo.streams.registry import Streams
from minidynamo.tables.changes import WriteBatch
from minidynamo.tables.table import Description, Table, keyspace_names
from minidynamo.values.key_bytes import after
from minidynamo.values.records import packed_record, record_item

SYSTEM_KEYSPACE = "system"
_TABLE_PREFIX = b"table/"
_TABLES_END = after(_TABLE_PREFIX)
_PASSING = ("CREATING", "UPDATING", "DELETING")


class StatusDelays(NamedTuple):
    """How long tables and indexes stay in their passing statuses, in seconds. At zero they pass at once."""

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
        unknown = set(delays) - set(_PASSING)
        if unknown:
            raise ValueError(f"table_delays knows {', '.join(_PASSING)}, not {', '.join(sorted(unknown))}")
        return cls(**{status.lower(): seconds for status, seconds in delays.items()})


class Catalog:
    """The tables of a database.

    Parameters:
        engine: where tables and their descriptions live; tables found there are opened.
        clock: tells when passing statuses end.
        scope: tells ARNs of this database from others.
        partition_size_bytes_max: the size beyond which partitions split.
    """

    def __init__(self, engine: Engine, clock: Clock, scope: ArnScope, partition_size_bytes_max: int) -> None:
        self._engine = engine
        self._clock = clock
        self._scope = scope
        self._partition_size_bytes_max = partition_size_bytes_max
        self.system = Keyspace(engine, SYSTEM_KEYSPACE, partition_size_bytes_max, keeps_collections=False)
        if engine.io_errors:  # It reads a file, which may be damaged.
            self._require_complete()
        self.streams = Streams(engine, self.system, clock)
        self._tables: SortedDict[str, Table] = SortedDict()
        self._dues: dict[str, float] = {}  # Of the tables that are in passing statuses.
        self._units: dict[str, dict[str, int]] = {}
        self._reserved = dict.fromkeys(UNITS, 0)
        for _, record in self.system.range(_TABLE_PREFIX, _TABLES_END):
            self._open(record_item(record))
        self._drop_leftovers()

    @property
    def next_due(self) -> float | None:
        """When the next passing status ends, in epoch seconds; None where there is none."""
        return min(self._dues.values()) if self._dues else None

    @property
    def tables(self) -> Mapping[str, Table]:
        """All tables by name, in byte order of the names. Costs as much as there are tables."""
        self.advance_statuses()
        return dict(self._tables)

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

    def add(self, description: Description) -> Table:
        """Adds a table."""
        batch = WriteBatch()
        batch.creates += keyspace_names(description)
        self._commit(description, batch)
        table = self._open(description)
        table.align_shards()
        return table

    def change(self, table: Table, description: Description, batch: WriteBatch | None = None) -> None:
        """Commits a new description of a table, with whatever `batch` holds, and only then makes it live.

        Parameters:
            table: the table.
            description: a changed copy of its description.
            batch: further changes that belong to it.
        """
        self._commit(description, WriteBatch() if batch is None else batch)
        table.description = description
        self._count(table.name, description)
        table.change_log = self.streams.of_table(description)
        table.align_shards()

    def advance_statuses(self) -> None:
        """Ends every passing status whose time has come."""
        while (due := self.next_due) is not None and due <= self._clock.now():
            for name in sorted(name for name, each in self._dues.items() if each == due):
                self._advance_table(self._tables[name], due)

    def check(self) -> None:
        """Asserts that all tables are sound and stored as they are."""
        self.system.check()
        stored: list[Any] = [record_item(record) for _, record in self.system.range(_TABLE_PREFIX, _TABLES_END)]
        assert {each["TableName"]: each for each in stored} == {
            name: table.description for name, table in self._tables.items()
        }, "the stored catalog differs from the live one"
        for table in self._tables.values():
            table.check()
            assert self._dues.get(table.name) == _due_of(table.description), f"{table.name} is due at another time"
        for unit, reserved in self._reserved.items():
            total = sum(provisioned_units(table.description)[unit] for table in self._tables.values())
            assert total == reserved, f"{total} {unit} are provisioned, {reserved} are noted"
        self.streams.check()

    def _open(self, description: Description) -> Table:
        table = Table(description, self._engine, self._partition_size_bytes_max)
        table.change_log = self.streams.of_table(description)
        self._tables[table.name] = table
        self._count(table.name, description)
        return table

    def _count(self, name: str, description: Description | None) -> None:
        """Notes what a table, as it is now, reserves and waits for; None for a table that is gone."""
        due = None if description is None else _due_of(description)
        self._dues.pop(name, None)
        if due is not None:
            self._dues[name] = due
        before = self._units.pop(name, {})
        if description is not None:
            self._units[name] = provisioned_units(description)
        for unit in UNITS:
            self._reserved[unit] += self._units.get(name, {}).get(unit, 0) - before.get(unit, 0)

    def _require_complete(self) -> None:
        """Refuses a system keyspace that has lost records: what it does not know of would be dropped."""
        found = sum(1 for _ in self.system.range(b"", None))
        if found != self.system.item_count:
            raise ValueError(f"{self.system.item_count} records of the catalog are noted, {found} are found")

    def _drop_leftovers(self) -> None:
        """Drops the empty keyspaces of indexes that were being created when the process ended."""
        known = {keyspace.name for table in self._tables.values() for keyspace in table.keyspaces}
        known |= self.streams.keyspace_names
        batch = WriteBatch()
        for name in self._engine.keyspaces():
            is_unknown = name != SYSTEM_KEYSPACE and name not in known
            if is_unknown and not any(each.item_count for each in self._engine.maps(name)):
                batch.drops.append(name)
        if batch.drops:
            batch.commit(self._engine)

    def _advance_table(self, table: Table, due: float) -> None:
        description = copy.deepcopy(table.description)
        if description.get("StatusDueAt") == due:
            if description["TableStatus"] == "DELETING":
                self._remove(table)
                return
            description["TableStatus"] = "ACTIVE"
            del description["StatusDueAt"]
        for index in list(description.get("GlobalSecondaryIndexes", ())):
            if index.get("StatusDueAt") == due:
                _advance_index(description, index)
        self.change(table, description)

    def _commit(self, description: Description, batch: WriteBatch) -> None:
        key = _TABLE_PREFIX + description["TableName"].encode()
        self.system.keep(batch, key, packed_record(description, 0))
        streams = self.streams.stage(batch, description["TableName"], description)
        batch.commit(self._engine)
        self.streams.apply(streams)

    def _remove(self, table: Table) -> None:
        batch = WriteBatch()
        self.system.keep(batch, _TABLE_PREFIX + table.name.encode(), None)
        batch.drops += [each.name for each in table.keyspaces]
        streams = self.streams.stage(batch, table.name, None)
        batch.commit(self._engine)
        self.streams.apply(streams)
        self._count(table.name, None)
        del self._tables[table.name]


def _due_of(description: Description) -> float | None:
    described = (description, *description.get("GlobalSecondaryIndexes", ()))
    return min((each["StatusDueAt"] for each in described if "StatusDueAt" in each), default=None)


def _advance_index(description: dict[str, Any], index: dict[str, Any]) -> None:
    if index["IndexStatus"] == "DELETING":
        remaining = [each for each in description["GlobalSecondaryIndexes"] if each is not index]
        if remaining:
            description["GlobalSecondaryIndexes"] = remaining
        else:
            del description["GlobalSecondaryIndexes"]
        return
    if index.get("Backfilling") is False:  # Resources are allocated; now the index is filled.
        index["Backfilling"] = True
        index["StatusDueAt"] += index.pop("BackfillSeconds")
        return
    index["IndexStatus"] = "ACTIVE"
    index.pop("Backfilling", None)
    del index["StatusDueAt"]
