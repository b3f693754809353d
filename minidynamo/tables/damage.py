"""Damaged records: what their errors say, and how a write that needs nothing of them replaces them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import suppress

from minidynamo.errors import StorageFailure
from minidynamo.storage.engine import KeyspaceDamaged, RecordDamaged
from minidynamo.storage.ordered_map import OrderedMap
from minidynamo.tables.catalog import Catalog, damaged_definition
from minidynamo.tables.table import Table
from minidynamo.values.attribute_value import Item
from minidynamo.values.json_form import to_json
from minidynamo.values.records import packed_record, record_size_bytes

logger = logging.getLogger("minidynamo.storage")

_REMEDY = "PutItem and DeleteItem replace it, where they need nothing of what was there: no condition, no ReturnValues"


def read_failure(catalog: Catalog, error: Exception) -> StorageFailure:
    """What a request fails with that cannot read the data; of a damaged record it says which it is."""
    if isinstance(error, KeyspaceDamaged):
        return StorageFailure(f"{_keyspace_text(catalog, error.keyspace)} is damaged: {error}.")
    if not isinstance(error, RecordDamaged):
        return StorageFailure(f"The data could not be read: {error}.")
    return StorageFailure(damage_text(catalog, error))


def damage_text(catalog: Catalog, error: RecordDamaged) -> str:
    """Which item, or entry of an index, is damaged, and what can be done."""
    text = f"{damaged_place(catalog, error)} is damaged: it is not what was written."
    for table in catalog.tables.values():
        if error.keyspace == table.keyspace.name:
            return f"{text} {_REMEDY}{', and the table no index' if table.indexes else ''}."
    return text


def damaged_place(catalog: Catalog, error: RecordDamaged) -> str:
    """Which item, or entry of an index, an error is about."""
    for table in catalog.tables.values():
        if error.keyspace == table.keyspace.name:
            return _item_text(table, error.key)
        for index in table.indexes.values():
            if error.keyspace == index.keyspace.name:
                named = _item_text(table, index.definition.item_key(error.key) or b"")
                return f"The entry of index {index.name} for {named[0].lower()}{named[1:]}"
    return _system_place(error)


def opening_failure(error: Exception) -> str:
    """Why a database cannot be opened whose catalog cannot be read, and what can be done."""
    if not isinstance(error, RecordDamaged):
        return f"{type(error).__name__} {error}"
    place = _system_place(error)
    remedy = "minidynamo salvage FILE NEW writes what can be read into a new file"
    if damaged_definition(error) is not None:
        remedy += ", the items of this table as well if --tables gives a template that declares it"
    return f"{place[0].lower()}{place[1:]} is not what was written. {remedy}"


def _system_place(error: RecordDamaged) -> str:
    table = damaged_definition(error)
    if table is not None:
        return f"The definition of table {table}"
    return f"The record of the key {error.key!r} in {error.keyspace}"


def old_record_of(table: Table, key: bytes, needs_old: bool) -> bytes | None:
    """The record that a write replaces, or None.

    A damaged one is stood in for by its key, with the size that it counts for, unless the write needs what it held.

    Raises:
        RecordDamaged: it is damaged, and needed.
    """
    try:
        return table.record(key)
    except RecordDamaged as error:
        if needs_old:
            raise
        assert error.key == key, f"the record of {key!r} is damaged under {error.key!r}"
        item, _ = table.primary_key.decoded(key)
        logger.warning("%s is damaged, and is replaced", _shown(table, item))
        return packed_record(item, _counted_size(table.keyspace.partition_of(key).map))


def _keyspace_text(catalog: Catalog, keyspace: str) -> str:
    """What a keyspace is of, in words."""
    for table in catalog.tables.values():
        if keyspace == table.keyspace.name:
            return f"Table {table.name}"
        for index in table.indexes.values():
            if keyspace == index.keyspace.name:
                return f"Index {index.name} of table {table.name}"
    return f"What is kept in {keyspace}"


def _counted_size(ordered_map: OrderedMap) -> int:
    """What a damaged record counts for in the size of its map: all that the others do not."""
    others = sum(record_size_bytes(record) for record in _readable(ordered_map))
    return max(0, ordered_map.size_bytes - others)


def _readable(ordered_map: OrderedMap) -> Iterator[bytes]:
    """The records that can be read."""
    start: bytes | None = None
    while True:
        try:
            for found, record in ordered_map.range(start, None):
                start = found + b"\x00"
                yield record
            return
        except RecordDamaged as error:
            start = error.key + b"\x00"


def _item_text(table: Table, key: bytes) -> str:
    with suppress(ValueError, ArithmeticError):
        item, rest = table.primary_key.decoded(key)
        if not rest and table.primary_key.key_bytes(item) == key:
            return _shown(table, item)
    return f"An item of table {table.name} whose key is not known"


def _shown(table: Table, key: Item) -> str:
    shown = json.dumps({name: to_json(value) for name, value in key.items()}, ensure_ascii=False)
    return f"The item {shown} of table {table.name}"
