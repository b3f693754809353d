"""A live table: its definition, its keyspace, its indexes.

Owns where items and index entries are; what a write changes is `writing.py`'s, how pages are read `reading.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from minidynamo.errors import ResourceInUse, ValidationError
from minidynamo.messages import IN_USE
from minidynamo.schema.index import IndexDefinition
from minidynamo.schema.key_schema import PrimaryKey
from minidynamo.storage.engine import Engine
from minidynamo.storage.keyspace import Keyspace
from minidynamo.tables.item_collections import ItemCollections
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import record_item, record_size_bytes

if TYPE_CHECKING:
    from minidynamo.streams.stream import ChangeLog

Description = dict[str, Any]

_KEYS_ARE_SCALARS = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
_STATUS_VERBS = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}
_LOCAL, _GLOBAL = "LocalSecondaryIndexes", "GlobalSecondaryIndexes"
_ITEMS, _ENTRIES = "table", "index/"


class Index:
    """A live index: its definition and the keyspace of its entries."""

    __slots__ = ("definition", "is_local", "keyspace", "name")

    def __init__(self, definition: IndexDefinition, keyspace: Keyspace) -> None:
        self.definition = definition
        self.keyspace = keyspace
        self.name = definition.name
        self.is_local = definition.is_local


class Table:
    """A live table.

    Parameters:
        description: what the catalog keeps of it; see `catalog.py`. Its stream is set by the catalog.
        engine: where its keyspaces live.
        partition_size_bytes_max: the size beyond which its partitions split, and of an item collection with LSIs.
    """

    def __init__(self, description: Description, engine: Engine, partition_size_bytes_max: int) -> None:
        self.description = description
        self.name: str = description["TableName"]
        self._engine = engine
        self._partition_size_bytes_max = partition_size_bytes_max
        self.primary_key = PrimaryKey.of(description["KeySchema"], self._attribute_types())
        self.keyspace = self._open_keyspace(_ITEMS, keeps_collections=bool(description.get(_LOCAL)))
        self.indexes: dict[str, Index] = {}
        for member in (_LOCAL, _GLOBAL):
            for index in description.get(member, ()):
                if index.get("IndexStatus") != "DELETING":
                    self.open_index(index, is_local=member == _LOCAL)
        self.change_log: ChangeLog | None = None
        self.collections = ItemCollections(
            [self.keyspace, *(index.keyspace for index in self.local_indexes)], partition_size_bytes_max
        )

    @property
    def keyspaces(self) -> list[Keyspace]:
        """Those of the table and of its indexes."""
        return [self.keyspace, *(index.keyspace for index in self.indexes.values())]

    @property
    def local_indexes(self) -> list[Index]:
        """The LSIs."""
        return [index for index in self.indexes.values() if index.is_local]

    @property
    def is_usable(self) -> bool:
        """Whether items can be read and written."""
        return bool(self.description["TableStatus"] != "CREATING")

    def record(self, key: bytes) -> bytes | None:
        """The record of a key, or None."""
        return self.keyspace.get(key)

    def index(self, name: str) -> Index:
        """The index of a name, ready to be read; raises ValidationError for any other name."""
        index = self.indexes.get(name)
        if index is None:
            raise ValidationError(f"The table does not have the specified index: {name}")
        if not index.is_local and self.index_description(name)["IndexStatus"] == "CREATING":
            raise ValidationError(f"Cannot read from backfilling global secondary index: {name}")
        return index

    def index_description(self, name: str) -> Description:
        """The description of an index that exists."""
        return next(
            each
            for member in (_LOCAL, _GLOBAL)
            for each in self.description.get(member, ())
            if each["IndexName"] == name
        )

    def open_index(self, description: Description, is_local: bool) -> Index:
        """Makes an index live; its entries are whatever the engine holds."""
        types = self._attribute_types()
        definition = IndexDefinition(description, types, self.primary_key, is_local)
        keyspace = self._open_keyspace(_ENTRIES + definition.name, keeps_collections=is_local)
        index = Index(definition, keyspace)
        # Several violated indexes are reported in the order of their names.
        self.indexes = dict(sorted({**self.indexes, index.name: index}.items()))
        return index

    def close_index(self, name: str) -> None:
        """Forgets an index, if it is open; its entries are the engine's business."""
        self.indexes.pop(name, None)

    def in_use(self) -> ResourceInUse:
        """The error for a change while the table is in a passing status."""
        verb = _STATUS_VERBS[self.description["TableStatus"]]
        return ResourceInUse(f"{IN_USE}Table is being {verb}: {self.name}")

    def align_shards(self) -> None:
        """Sees to it that the table's stream, if it has one, has one open shard per partition."""
        if self.change_log is not None:
            self.change_log.align([each.map.start for each in self.keyspace.partitions])

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

    def check(self) -> None:
        """Asserts that every item has its entries, every entry its item, and all partitions their order."""
        self.keyspace.check()
        expected: dict[str, dict[bytes, Item]] = {name: {} for name in self.indexes}
        for key, record in self.keyspace.range(b"", None):
            item = record_item(record)
            assert self.primary_key.key_bytes(item) == key, "an item lies under another key"
            for name, index in self.indexes.items():
                entry_key = index.definition.entry_key(item, key)
                if entry_key is not None:
                    expected[name][entry_key] = index.definition.projected(item)
        for name, index in self.indexes.items():
            index.keyspace.check()
            found = {key: record_item(record) for key, record in index.keyspace.range(b"", None)}
            assert found == expected[name], f"index {name} differs from the items of {self.name}"
        self.collections.check()

    def _attribute_types(self) -> dict[str, str]:
        definitions: Iterable[Any] = self.description["AttributeDefinitions"]
        return {each["AttributeName"]: each["AttributeType"] for each in definitions}

    def _open_keyspace(self, part: str, keeps_collections: bool) -> Keyspace:
        return Keyspace(
            self._engine, _keyspace_name(self.description, part), self._partition_size_bytes_max, keeps_collections
        )


def keyspace_names(description: Description) -> list[str]:
    """The engine's names for the keyspaces of a table and of its indexes."""
    indexes = [each["IndexName"] for member in (_LOCAL, _GLOBAL) for each in description.get(member, ())]
    return [_keyspace_name(description, part) for part in (_ITEMS, *(_ENTRIES + name for name in indexes))]


def _keyspace_name(description: Description, part: str) -> str:
    return f"{description['TableId']}/{part}"


def stored_size_bytes(record: bytes | None) -> int:
    """The item size of a record; 0 where there is none."""
    return 0 if record is None else record_size_bytes(record)
