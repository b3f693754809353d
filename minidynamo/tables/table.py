"""A live table: its definition, its keyspace, its indexes.

Owns where items and index entries are; what a write changes is `changes.py`'s, how pages are read `pages.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from minidynamo.errors import ResourceInUse, ValidationError
from minidynamo.messages import IN_USE
from minidynamo.schema.index import IndexDefinition
from minidynamo.schema.table_forms import Sizes
from minidynamo.schema.table_state import IndexState, TableState
from minidynamo.storage.engine import Batch, Engine
from minidynamo.storage.keyspace import Keyspace
from minidynamo.tables.expiry_times import ExpiryTimes
from minidynamo.tables.item_collections import ItemCollections
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import record_size_bytes

if TYPE_CHECKING:
    from minidynamo.streams.stream import Stream

_KEYS_ARE_SCALARS = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
_STATUS_VERBS = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}
_ITEMS, _ENTRIES, _EXPIRY = "table", "index/", "expiry"


class Index:
    """A live index: its definition and the keyspace of its entries."""

    __slots__ = ("definition", "keyspace", "kind", "name")

    def __init__(self, definition: IndexDefinition, keyspace: Keyspace) -> None:
        self.definition = definition
        self.keyspace = keyspace
        self.name = definition.name
        self.kind = definition.kind


class Table:
    """A live table.

    Parameters:
        state: what is known of it. Its stream is set by the catalog.
        engine: where its keyspaces live.
        partition_size_bytes_max: the size beyond which its partitions split, and of an item collection with LSIs.

    Attributes:
        is_usable: whether its items can be read and written.
        expiry: when its items expire; None where they do not.
    """

    def __init__(self, state: TableState, engine: Engine, partition_size_bytes_max: int) -> None:
        self.state = state
        self.name = state.name
        self._engine = engine
        self._partition_size_bytes_max = partition_size_bytes_max
        self.primary_key = state.primary_key()
        self.keyspace = self._open_keyspace(_ITEMS, state.keeps_collections_whole)
        self.indexes: dict[str, Index] = {}
        self.expiry: ExpiryTimes | None = None
        self.stream: Stream | None = None
        self.apply(state)
        self.collections = ItemCollections(
            [self.keyspace, *(index.keyspace for index in self.local_indexes)],
            partition_size_bytes_max,
            keeps_sizes=not engine.is_shared,
        )

    def apply(self, state: TableState) -> None:
        """Makes a state live, in which indexes may have begun or ended; the engine holds the keyspaces of new ones."""
        same, other = self.state, state
        assert (same.name, same.id) == (other.name, other.id), f"{same} becomes {other}"
        self.state = state
        self.is_usable = state.status != "CREATING"
        known = {each.name: each for each in state.indexes if each.status != "DELETING"}
        # Several violated indexes are reported in the order of their names.
        self.indexes = {name: self.indexes.get(name) or self._open_index(known[name]) for name in sorted(known)}
        if state.expiry_attribute is None:
            self.expiry = None
        elif self.expiry is None:  # Another attribute comes only after an end.
            keyspace = self._open_keyspace(_EXPIRY, keeps_collections_whole=False)
            self.expiry = ExpiryTimes(keyspace, self.keyspace, state.expiry_attribute)

    def index_definition(self, state: TableState, index: IndexState) -> IndexDefinition:
        """The definition of an index of some state of the table."""
        return IndexDefinition(index, state.index_key(index), self.primary_key)

    def _open_index(self, index: IndexState) -> Index:
        keyspace = self._open_keyspace(_ENTRIES + index.name, index.kind.shares_collections)
        return Index(self.index_definition(self.state, index), keyspace)

    @property
    def keyspaces(self) -> list[Keyspace]:
        """The keyspaces of the table and of its indexes."""
        return [self.keyspace, *(index.keyspace for index in self.indexes.values())]

    @property
    def keyspace_names(self) -> list[str]:
        """The engine's names for all that the table has there, what is not read by requests included."""
        names = [each.name for each in self.keyspaces]
        return names if self.expiry is None else [*names, self.expiry.keyspace.name]

    @property
    def local_indexes(self) -> list[Index]:
        """The indexes whose entries count to the item collections."""
        return [index for index in self.indexes.values() if index.kind.shares_collections]

    def record(self, key: bytes) -> bytes | None:
        """The record of a key, or None."""
        return self.keyspace.get(key)

    def index(self, name: str) -> Index:
        """The index of a name, ready to be read; raises ValidationError for any other name."""
        index = self.indexes.get(name)
        if index is None:
            raise ValidationError(f"The table does not have the specified index: {name}")
        state = self.state.index(name)
        assert state is not None, f"index {name} of {self.name} is live, and not in its state"
        if state.status == "CREATING":
            raise ValidationError(f"Cannot read from backfilling global secondary index: {name}")
        return index

    @property
    def sizes(self) -> Sizes:
        """Size in bytes and number of items, of the table under None and of each index under its name."""
        keyspaces: dict[str | None, Keyspace] = {name: index.keyspace for name, index in self.indexes.items()}
        keyspaces[None] = self.keyspace
        return {name: (keyspace.size_bytes, keyspace.item_count) for name, keyspace in keyspaces.items()}

    def in_use(self) -> ResourceInUse:
        """The error for a change while the table is in a transitional status."""
        verb = _STATUS_VERBS[self.state.status]
        return ResourceInUse(f"{IN_USE}Table is being {verb}: {self.name}")

    @property
    def partition_starts(self) -> list[bytes]:
        """Where its partitions begin, as key bytes, in order."""
        return [each.map.start for each in self.keyspace.partitions]

    def align_shards(self, batch: Batch) -> None:
        """Ensures that the table's stream, if it has one, has one open shard per partition."""
        if self.stream is not None:
            self.stream.align(batch, self.partition_starts)

    def check_nested_paths(self, attributes: Iterable[str]) -> None:
        """Refuses document paths that reach into a key attribute of the table or of an index."""
        for name in attributes:
            if name in self.primary_key.names:
                raise ValidationError(f"{_KEYS_ARE_SCALARS}Key: {name}")
            if any(name in index.definition.key_schema.names for index in self.indexes.values()):
                raise ValidationError(f"{_KEYS_ARE_SCALARS}IndexKey: {name}")

    def check_index_keys(self, item: Item) -> None:
        """Refuses an item to be put whose index key attributes are not what an index demands."""
        for index in self.indexes.values():
            index.definition.check_put(item)

    def _open_keyspace(self, part: str, keeps_collections_whole: bool) -> Keyspace:
        return Keyspace(
            self._engine, _keyspace_name(self.state, part), self._partition_size_bytes_max, keeps_collections_whole
        )


def keyspace_names(state: TableState) -> list[str]:
    """The engine's names for the keyspaces of a table and of its indexes."""
    return [_keyspace_name(state, _ITEMS), *(index_keyspace_name(state, each.name) for each in state.indexes)]


def index_keyspace_name(state: TableState, name: str) -> str:
    """The engine's name for the keyspace of an index."""
    return _keyspace_name(state, _ENTRIES + name)


def expiry_keyspace_name(state: TableState) -> str:
    """The engine's name for the keyspace of a table's expiry times."""
    return _keyspace_name(state, _EXPIRY)


def _keyspace_name(state: TableState, part: str) -> str:
    return f"{state.id}/{part}"


def stored_size_bytes(record: bytes | None) -> int:
    """The item size of a record; 0 where there is none."""
    return 0 if record is None else record_size_bytes(record)
