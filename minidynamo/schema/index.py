"""Secondary indexes as they are defined: keys, projection, which items belong in them and under which key.

Source: DynamoDB Developer Guide, "Improving data access with secondary indexes"; observed responses.
"""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.limits import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX
from minidynamo.messages import (
    PARAMETERS_INVALID,
    PARAMETERS_NOT_VALID,
    PARTITION_KEY_TOO_LONG,
    SORT_KEY_TOO_LONG,
)
from minidynamo.schema.key_schema import (
    EMPTY_KINDS,
    EmptyKeyValue,
    KeyAttribute,
    KeySchema,
    is_empty,
    is_too_long,
)
from minidynamo.schema.table_state import IndexState
from minidynamo.values.attribute_value import Item, type_of
from minidynamo.values.key_bytes import plain_key

# So many characters have no more bytes than any key value may have.
_PLAIN_CHARACTERS_MAX = SORT_KEY_BYTES_MAX // 4

_EMPTY_PUT = "A value specified for a secondary index key is not supported. "
_EMPTY_UPDATE = "The update expression attempted to update a secondary index key to a value that is not supported. "

_TOO_LONG_UPDATE = "The update expression attempted to update the secondary index key beyond allowed size limits"


class IndexDefinition:
    """A local or global secondary index.

    Parameters:
        state: what is known of the index.
        key_schema: its key.
        table_key: the key of the table, which is always projected.
    """

    def __init__(self, state: IndexState, key_schema: KeySchema, table_key: KeySchema) -> None:
        self.name = state.name
        self.kind = state.kind
        self.key_schema = key_schema
        self._parts, self._partition_parts = key_schema.parts, len(key_schema.partition_key)
        self.projects_all = state.projection == "ALL"
        self.key_names = frozenset((*self.key_schema.names, *table_key.names))
        self.projected_names = self.key_names | frozenset(state.non_key_attributes or ())

    def entry_key(self, item: Item, table_key_bytes: bytes) -> bytes | None:
        """The key bytes of the item's entry, or None where the item does not belong in the index."""
        key = plain_key(self._parts, self._partition_parts, item, table_key_bytes)
        # Empty and too long values can only be left over from before the index existed.
        if key is not None or not self.key_schema.is_in(item) or not self.accepts(item):
            return key
        return self.key_schema.key_bytes(item) + table_key_bytes

    def item_key(self, entry_key: bytes) -> bytes | None:
        """The key bytes of the item in those of its entry; None where they make no sense."""
        try:
            return self.key_schema.decoded(entry_key)[1]
        except (ValueError, ArithmeticError):
            return None

    def projected(self, item: Item) -> Item:
        """The part of an item that the index holds."""
        if self.projects_all:
            return item
        names = self.projected_names
        return {name: value for name, value in item.items() if name in names}

    def projects(self, attribute: str) -> bool:
        """Whether the index holds an attribute."""
        return self.projects_all or attribute in self.projected_names

    def accepts(self, item: Item) -> bool:
        """Whether the item's index key values, as far as present, are of the right type and size."""
        return all(self._error_of(attribute, item) is None for attribute in self.key_schema.attributes)

    def check_put(self, item: Item) -> None:
        """Refuses an item to be put whose index key values are of the wrong type, empty or too long."""
        if self._is_plain(item):
            return
        for attribute in self.key_schema.attributes:
            tail = f" IndexName: {self.name}, IndexKey: {attribute.name}"
            self._check(attribute, item, _EMPTY_PUT, tail, self._too_long(attribute))

    def _is_plain(self, item: Item) -> bool:
        """Whether there is certainly nothing to say of the item's index key values."""
        for name, kind, _ in self._parts:
            value = item.get(name)
            if value is None:
                continue
            payload = value.get(kind)
            if payload is None or not (kind == "N" or 0 < len(payload) <= _PLAIN_CHARACTERS_MAX):
                return False
        return True

    def check_update(self, item: Item, old: Item) -> None:
        """The same for an updated item; only index attributes whose value changed are looked at."""
        for attribute in self.key_schema.attributes:
            if item.get(attribute.name) != old.get(attribute.name):
                self._check(attribute, item, _EMPTY_UPDATE, "", _TOO_LONG_UPDATE)

    def _check(self, attribute: KeyAttribute, item: Item, empty_text: str, empty_tail: str, too_long: str) -> None:
        error = self._error_of(attribute, item)
        if error == "type":
            raise ValidationError(self._mismatch(attribute, item))
        if error == "empty":
            text = "The AttributeValue for a key attribute cannot contain an empty"
            kind = EMPTY_KINDS[attribute.type]
            raise EmptyKeyValue(f"{PARAMETERS_NOT_VALID}{empty_text}{text} {kind} value.{empty_tail}")
        if error == "length":
            raise ValidationError(too_long)

    def _error_of(self, attribute: KeyAttribute, item: Item) -> str | None:
        value = item.get(attribute.name)
        if value is None:
            return None
        if attribute.type not in value:
            return "type"
        if is_empty(value):
            return "empty"
        return "length" if is_too_long(value, self._size_bytes_max(attribute)) else None

    def _size_bytes_max(self, attribute: KeyAttribute) -> int:
        is_partition = attribute in self.key_schema.partition_key
        return PARTITION_KEY_BYTES_MAX if is_partition else SORT_KEY_BYTES_MAX

    def _mismatch(self, attribute: KeyAttribute, item: Item) -> str:
        actual = type_of(item[attribute.name])
        return (
            f"{PARAMETERS_INVALID}Type mismatch for Index Key {attribute.name} "
            f"Expected: {attribute.type} Actual: {actual} IndexName: {self.name}"
        )

    def _too_long(self, attribute: KeyAttribute) -> str:
        # That the message names the limit is observed, its exact words are not.
        if attribute in self.key_schema.partition_key:
            return PARTITION_KEY_TOO_LONG
        return SORT_KEY_TOO_LONG
