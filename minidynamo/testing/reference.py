"""What the store must do, said as plainly as possible: items in a dict, indexes and sizes worked out anew each time.

Written without the package's own values, keys and expressions, but for the names of their types, so that both can be
wrong only independently.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any

from minidynamo.simulation.arguments import did_you_mean, require, require_names
from minidynamo.testing.schemas import SchemaSource, TableSchema
from minidynamo.values.attribute_value import AttributeValue, Item

_WIRE_ITEM = "{'pk': {'S': 'a'}}"


def number_size(text: str) -> int:
    """One byte, one per two significant digits on each side of the point, one for a minus sign."""
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    joined = "".join(map(str, digits)).lstrip("0")
    while joined.endswith("0"):
        joined, exponent = joined[:-1], exponent + 1
    if not joined:
        return 1
    if exponent >= 0:
        integer_digits, fraction_digits = len(joined), 0
    else:
        fraction_digits = min(len(joined), -exponent)
        integer_digits = len(joined) - fraction_digits
    return 1 + math.ceil(integer_digits / 2) + math.ceil(fraction_digits / 2) + sign


def value_size(value: AttributeValue) -> int:
    """The size of an attribute value in bytes."""
    ((tag, payload),) = value.items()
    if tag == "S":
        return len(payload.encode())
    if tag == "N":
        return number_size(payload)
    if tag == "B":
        return len(payload)
    if tag in ("BOOL", "NULL"):
        return 1
    if tag in ("SS", "NS", "BS"):
        return sum(value_size({tag[0]: member}) for member in payload)
    if tag == "L":
        return 3 + sum(1 + value_size(member) for member in payload)
    return 3 + sum(1 + len(name.encode()) + value_size(member) for name, member in payload.items())


def item_size(item: Item) -> int:
    """The size of an item in bytes."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def order_key(value: AttributeValue) -> Any:
    """Something that sorts as the service sorts key values of one type."""
    ((tag, payload),) = value.items()
    if tag == "N":
        return Decimal(payload)
    return payload.encode() if tag == "S" else payload


def _require_wire(name: str, value: object) -> None:
    """Refuses what is no attribute value, such as a Python value."""
    require(isinstance(value, dict) and len(value) == 1, name, "a value in wire form, such as {'S': 'a'}", value)


class ReferenceModel:
    """A table as a dict from keys to items, with indexes worked out on demand; `reference_model` makes one.

    Parameters:
        key: names of the key attributes.
        indexes: index names to (names of key attributes, names projected beside keys or None for all, is local).

    Raises:
        TypeError: these are no names.

    Its methods raise ValueError where an item lacks an attribute of the key, or an index is unknown, and TypeError
    where a value is not in wire form.
    """

    def __init__(self, key: list[str], indexes: dict[str, tuple[list[str], list[str] | None, bool]]) -> None:
        require_names("key", key, "pk")
        require(isinstance(indexes, Mapping), "indexes", "a dict, as reference_model(schema) makes it", indexes)
        self.key = key
        self.indexes = indexes
        self.items: dict[tuple[Hashable, ...], Item] = {}

    def __repr__(self) -> str:
        count = len(self.items)
        return f"<ReferenceModel with the key {', '.join(self.key)}: {count} item{'' if count == 1 else 's'}>"

    def identity(self, item: Item) -> tuple[Hashable, ...]:
        """What makes an item the same item."""
        require(isinstance(item, Mapping), "a model", f"items in wire form, such as {_WIRE_ITEM}", item)
        for name in self.key:
            if name not in item:
                raise ValueError(f"the item lacks the key attribute {name}: the key is {', '.join(self.key)}")
            _require_wire(name, item[name])
        return tuple(order_key(item[name]) for name in self.key)

    def put(self, item: Item) -> None:
        """Puts an item in wire form, replacing the one with its key."""
        self.items[self.identity(item)] = copy.deepcopy(item)

    def delete(self, key: Item) -> None:
        """Deletes the item of a key, if there is one."""
        self.items.pop(self.identity(key), None)

    def get(self, key: Item) -> Item | None:
        """The item of a key, or None."""
        return copy.deepcopy(self.items.get(self.identity(key)))

    def entries(self, index: str | None) -> list[Item]:
        """What a table or index holds, in no order."""
        if index is None:
            return list(self.items.values())
        key, projected, _ = self._index(index)
        names = {*key, *self.key, *(projected or ())}
        return [
            item if projected is None else {name: value for name, value in item.items() if name in names}
            for item in self.items.values()
            if all(name in item for name in key)
        ]

    def key_names(self, index: str | None) -> list[str]:
        """The key attributes of the table or of an index."""
        return self.key if index is None else self._index(index)[0]

    def _index(self, name: str) -> tuple[list[str], list[str] | None, bool]:
        if name not in self.indexes:
            raise ValueError(f"there is no index {name!r}: {did_you_mean(name, self.indexes)}")
        return self.indexes[name]

    def collection(self, index: str | None, partition_value: AttributeValue) -> list[Item]:
        """The entries of one partition key, ordered by the sort key."""
        names = self.key_names(index)
        _require_wire(names[0], partition_value)
        found = [entry for entry in self.entries(index) if entry[names[0]] == partition_value]
        return sorted(found, key=lambda entry: order_key(entry[names[1]])) if len(names) > 1 else found

    def collection_size(self, partition_value: AttributeValue) -> int:
        """The size of an item collection with its LSI entries."""
        places = [None, *(name for name, (_, _, is_local) in self.indexes.items() if is_local)]
        return sum(item_size(entry) for place in places for entry in self.collection(place, partition_value))


def reference_model(schema: SchemaSource) -> ReferenceModel:
    """An empty plain model of a table.

    Parameters:
        schema: a `TableSchema`, or what `TableSchema.of` takes.
    """
    table = TableSchema.of(schema)
    indexes = {
        index.name: (list(index.key), None if index.projected is None else sorted(index.projected), index.is_local)
        for index in table.indexes
    }
    return ReferenceModel(list(table.key), indexes)
