"""Tables whose definition is damaged: what is left of them, and which of the tables that are declared they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from minidynamo.schema.table_forms import to_record
from minidynamo.schema.table_state import TableState
from minidynamo.storage.engine import Batch, Snapshot
from minidynamo.storage.sqlite.salvaging import readable_rows
from minidynamo.tables.catalog import SYSTEM_KEYSPACE, Catalog
from minidynamo.values.records import packed_record, record_item

_ITEMS = "/table"
_ITEMS_HELD_AGAINST_KEYS = 100


class LostTable(NamedTuple):
    """What is left of a table.

    Attributes:
        id: its TableId.
        item_count: the number of its items, as noted.
        names: what it may have been called.
    """

    id: str
    item_count: int
    names: Collection[str]

    @property
    def keyspace(self) -> str:
        """The name of the keyspace of its items."""
        return self.id + _ITEMS


def lost_tables(catalog: Catalog, snapshot: Snapshot, names: Collection[str]) -> list[LostTable]:
    """The tables that have items and no definition.

    Parameters:
        catalog: of what can be read.
        snapshot: of the file, with all its keyspaces.
        names: whose definitions are damaged.
    """
    known = {state.id for state in catalog.stored_states()}
    by_stream = {stream.state["TableId"]: stream.state["TableName"] for stream in catalog.streams.all().values()}
    found = []
    for keyspace, maps in snapshot.keyspaces.items():
        table_id, count = keyspace.removesuffix(_ITEMS), sum(each.item_count for each in maps)
        if keyspace.endswith(_ITEMS) and table_id not in known and count:
            found.append(LostTable(table_id, count, {by_stream[table_id]} if table_id in by_stream else names))
    return found


def stage_recovered(
    batch: Batch, catalog: Catalog, snapshot: Snapshot, lost: list[LostTable], declared: Mapping[str, TableState]
) -> list[LostTable]:
    """Stages the definitions of lost tables that are told by their keys and indexes; those that are not.

    Parameters:
        batch: where to stage them.
        catalog: of what can be read.
        snapshot: of the file.
        lost: the tables.
        declared: those that they may be, by name.
    """
    left, unknown = {name: state for name, state in declared.items() if catalog.find(name) is None}, []
    for table in lost:
        name = _name_of(table, snapshot, left)
        if name is None:
            unknown.append(table)
            continue
        state = replace(left.pop(name), id=table.id, stream_view=None, stream_label=None)
        for (_, label), stream in catalog.streams.all().items():
            if stream.is_enabled and stream.state["TableId"] == table.id:
                state = replace(state, stream_view=stream.state["ViewType"], stream_label=label)
        batch.put(SYSTEM_KEYSPACE, catalog.key_of(name), packed_record(to_record(state), 0), 0, 1)
    return unknown


def _name_of(table: LostTable, snapshot: Snapshot, declared: Mapping[str, TableState]) -> str | None:
    """The one declared table that a lost one can be; None where there is none, or more than one."""
    items = list(islice(readable_rows(snapshot.keyspaces[table.keyspace]), _ITEMS_HELD_AGAINST_KEYS))
    found = [name for name, state in declared.items() if all(_has_key(state, *each) for each in items)]
    indexes = set(_index_names(table.id, snapshot))
    found = [name for name in found if name in table.names] or found
    found = [name for name in found if {each.name for each in declared[name].indexes} == indexes] or found
    return found[0] if len(found) == 1 else None


def _has_key(state: TableState, key: bytes, record: bytes) -> bool:
    try:
        return state.primary_key().key_bytes(record_item(record)) == key
    except KeyError:
        return False


def _index_names(table_id: str, snapshot: Snapshot) -> Iterator[str]:
    head = f"{table_id}/index/"
    return (name.removeprefix(head) for name in snapshot.keyspaces if name.startswith(head))
