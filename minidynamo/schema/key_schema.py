"""Key schemas: which attributes make a key, how a key is checked and how it becomes bytes.

Source: DynamoDB Developer Guide, "Primary key" and "Naming rules and data types"; observed responses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from minidynamo.errors import ValidationError
from minidynamo.limits import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX
from minidynamo.messages import (
    EMPTY_KEY,
    KEY_MISMATCH,
    PARAMETERS_INVALID,
    PARTITION_KEY_TOO_LONG,
    SORT_KEY_TOO_LONG,
)
from minidynamo.values.attribute_value import AttributeValue, Item, type_of, value_size_bytes
from minidynamo.values.key_bytes import ENCODERS, KeyPart, plain_key, token
from minidynamo.values.key_decoding import decoded_key

EMPTY_KINDS = {"S": "string", "B": "binary"}


class EmptyKeyValue(ValidationError):
    """A key attribute of a table is empty. In a transaction the call fails, not the action alone."""


@dataclass(frozen=True, slots=True)
class KeyAttribute:
    """An attribute of a key: its name and its type, S, N or B."""

    name: str
    type: str


@dataclass(frozen=True)
class KeySchema:
    """The key of a table or index: one partition key attribute (a GSI: up to four), then sort key attributes."""

    partition_key: tuple[KeyAttribute, ...]
    sort_key: tuple[KeyAttribute, ...]

    @classmethod
    def of(cls, elements: Iterable[Mapping[str, str]], types: Mapping[str, str]) -> Self:
        """The schema of a KeySchema list of the API and the types of its attributes."""
        by_role: dict[str, list[KeyAttribute]] = {"HASH": [], "RANGE": []}
        for element in elements:
            name = element["AttributeName"]
            by_role[element["KeyType"]].append(KeyAttribute(name, types[name]))
        return cls(tuple(by_role["HASH"]), tuple(by_role["RANGE"]))

    @cached_property
    def attributes(self) -> tuple[KeyAttribute, ...]:
        """All attributes, the partition key's first."""
        return self.partition_key + self.sort_key

    @cached_property
    def parts(self) -> tuple[KeyPart, ...]:
        """Name, type and key bytes function of every attribute."""
        return tuple((each.name, each.type, ENCODERS[each.type]) for each in self.attributes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all attributes, the partition key's first."""
        return tuple(attribute.name for attribute in self.attributes)

    def partition_prefix(self, item: Mapping[str, AttributeValue]) -> bytes:
        """What the key bytes of every item with this partition key begin with: its token and itself."""
        parts = encoded_parts(self.partition_key, item)
        return token(parts) + parts

    def key_bytes(self, item: Mapping[str, AttributeValue]) -> bytes:
        """The key bytes of an item or key that holds all attributes of the schema, with the right types."""
        return self.partition_prefix(item) + encoded_parts(self.sort_key, item)

    def is_in(self, item: Mapping[str, AttributeValue]) -> bool:
        """Whether an item holds all attributes of the schema, with the right types."""
        return all(each.type in item.get(each.name, ()) for each in self.attributes)

    def decoded(self, key_bytes: bytes) -> tuple[Item, bytes]:
        """The key of key bytes, and what comes behind it; raises ValueError where they are of no such key."""
        values, rest = decoded_key(key_bytes, [attribute.type for attribute in self.attributes])
        return dict(zip(self.names, values, strict=True)), rest


class PrimaryKey(KeySchema):
    """The key of a table: checks keys and items, and encodes them fast."""

    def encoded_item_key(self, item: Item) -> bytes:
        """The key bytes of an item to be put; raises ValidationError where its key is missing or invalid."""
        encoded = plain_key(self.parts, 1, item, b"")
        return self._checked_item_key(item) if encoded is None else encoded

    def encoded_key(self, key: Item) -> bytes:
        """The key bytes of the Key of a request; raises ValidationError where it does not match the schema."""
        encoded = plain_key(self.parts, 1, key, b"") if len(key) == len(self.parts) else None
        if encoded is not None:
            return encoded
        self.check_matches(key)
        check_key_values(self, key)
        return self.key_bytes(key)

    def check_matches(self, key: Item, exact: bool = True) -> None:
        """Refuses a key with other names, types or (if `exact`) another number of attributes than the schema."""
        matches = not exact or len(key) == len(self.attributes)
        for attribute in self.attributes:
            matches = matches and attribute.type in key.get(attribute.name, ())
        if not matches:
            raise ValidationError(KEY_MISMATCH)

    def _checked_item_key(self, item: Item) -> bytes:
        for attribute in self.attributes:
            value = item.get(attribute.name)
            if value is None:
                raise ValidationError(f"{PARAMETERS_INVALID}Missing the key {attribute.name} in the item")
            if attribute.type not in value:
                text = f"Type mismatch for key {attribute.name} expected: {attribute.type} actual: "
                raise ValidationError(PARAMETERS_INVALID + text + type_of(value))
        check_key_values(self, item)
        return self.key_bytes(item)


def encoded_parts(attributes: Sequence[KeyAttribute], item: Mapping[str, AttributeValue]) -> bytes:
    """The key bytes of some attributes, one after the other."""
    return b"".join(ENCODERS[each.type](item[each.name][each.type]) for each in attributes)


def check_key_values(schema: KeySchema, key: Item) -> None:
    """Refuses empty and too long values of a table's key attributes, whose types are right."""
    for attribute in schema.attributes:
        if is_empty(key[attribute.name]):
            text = EMPTY_KEY.format(kind=EMPTY_KINDS[attribute.type], name=attribute.name)
            raise EmptyKeyValue(text)
    for attribute in schema.partition_key:
        if is_too_long(key[attribute.name], PARTITION_KEY_BYTES_MAX):
            raise ValidationError(PARTITION_KEY_TOO_LONG)
    for attribute in schema.sort_key:
        if is_too_long(key[attribute.name], SORT_KEY_BYTES_MAX):
            raise ValidationError(SORT_KEY_TOO_LONG)


def is_empty(value: AttributeValue) -> bool:
    """Whether a key value is the empty string or binary."""
    return value.get("S") == "" or value.get("B") == b""


def is_too_long(value: AttributeValue, size_bytes_max: int) -> bool:
    """Whether a key value is longer than its limit. Numbers never are."""
    return "N" not in value and value_size_bytes(value) > size_bytes_max
