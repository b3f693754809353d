"""The writes of single items, as PutItem, UpdateItem and DeleteItem do them alone and transactions together.

Each write is checked as far as possible without the table (its class method `of`), then located in the table, then
asked for the item it leaves behind. Source: DynamoDB API reference; order of checks as observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minidynamo.errors import ConditionalCheckFailed, ValidationError
from minidynamo.expressions.binding import Bound, bind
from minidynamo.expressions.syntax import DocumentPath
from minidynamo.expressions.update_charge import update_charge_bytes
from minidynamo.expressions.updating import creates_item, updated_item
from minidynamo.limits import ITEM_SIZE_BYTES_MAX
from minidynamo.messages import ITEM_TOO_LARGE, OPERAND_MISTYPED, PARAMETERS_INVALID, UPDATED_ITEM_TOO_LARGE
from minidynamo.tables.table import Table
from minidynamo.values.attribute_value import Item, checked_item
from minidynamo.values.records import record_item


@dataclass(slots=True)
class ItemWrite:
    """A write of one item. This class alone is a ConditionCheck: it writes nothing.

    Attributes:
        key: the key, or for a put the whole item.
        bound: its expressions.
    """

    key: Item
    bound: Bound

    is_change = False

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> ItemWrite:
        """Checks what can be checked without the table."""
        key, _ = checked_item(parameters["Key"])
        return cls(key, bind(parameters))

    def locate(self, table: Table) -> bytes:
        """The key bytes of the item; raises ValidationError where the write does not fit the table's schema."""
        key = table.primary_key.encoded_key(self.key)
        table.check_nested_paths(self.bound.nested_attributes)
        return key

    def check_old(self, old_item: Item) -> None:
        """Checks what must hold before the condition is evaluated."""

    def result(self, table: Table, old_item: Item | None, old_record: bytes | None) -> tuple[Item | None, int]:
        """The item after the write (None for none) and its size in bytes."""
        return old_item, 0

    def require_condition(self, old_item: Item | None, parameters: Mapping[str, Any]) -> None:
        """Raises ConditionalCheckFailed, with the item if asked for, where the condition does not hold."""
        condition = self.bound.condition
        if condition is None or condition(old_item or {}):
            return
        wants_item = parameters.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        raise ConditionalCheckFailed(old_item if wants_item else None)


@dataclass(slots=True)
class ItemPut(ItemWrite):
    """A put: replaces the whole item."""

    size_bytes: int

    is_change = True

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> ItemPut:
        item, size = checked_item(parameters["Item"])
        if size > ITEM_SIZE_BYTES_MAX:
            raise ValidationError(ITEM_TOO_LARGE)
        return cls(item, bind(parameters), size)

    def locate(self, table: Table) -> bytes:
        key = table.primary_key.encoded_item_key(self.key)
        table.check_nested_paths(self.bound.nested_attributes)
        if table.indexes:
            table.check_index_keys(self.key)
        return key

    def result(self, table: Table, old_item: Item | None, old_record: bytes | None) -> tuple[Item | None, int]:
        return self.key, self.size_bytes


@dataclass(slots=True)
class ItemDeletion(ItemWrite):
    """A deletion."""

    is_change = True

    def result(self, table: Table, old_item: Item | None, old_record: bytes | None) -> tuple[Item | None, int]:
        return None, 0


@dataclass(slots=True)
class ItemUpdate(ItemWrite):
    """An update: edits the item, or creates it."""

    is_charged: bool = True

    is_change = True

    def locate(self, table: Table) -> bytes:
        key = ItemWrite.locate(self, table)
        for path in self.touched_paths:
            _check_target(path, table)
        return key

    @property
    def touched_paths(self) -> tuple[DocumentPath, ...]:
        """The paths that the update changes."""
        update = self.bound.update
        return () if update is None else tuple(action.path for action in update.actions)

    def check_old(self, old_item: Item) -> None:
        """Refuses an expression whose charge, given the old item, is over the limit."""
        update = self.bound.update
        if update is None or self.bound.is_legacy_update or not self.is_charged:
            return
        if update_charge_bytes(update, old_item) > ITEM_SIZE_BYTES_MAX:
            raise ValidationError(UPDATED_ITEM_TOO_LARGE)

    def result(self, table: Table, old_item: Item | None, old_record: bytes | None) -> tuple[Item | None, int]:
        update = self.bound.update
        if old_item is None:
            if update is not None and not creates_item(update):
                return None, 0
            old_item, draft = self.key, dict(self.key)
        else:
            assert old_record is not None
            draft = record_item(old_record)
        if update is not None:
            mistyped = "Type mismatch for attribute to update" if self.bound.is_legacy_update else OPERAND_MISTYPED
            draft = updated_item(update, old_item, draft, mistyped, exists=old_record is not None)
        item, size = checked_item(draft)
        if size > ITEM_SIZE_BYTES_MAX:
            raise ValidationError(UPDATED_ITEM_TOO_LARGE)
        for index in table.indexes.values():
            index.definition.check_update(item, old_item if old_record is not None else {})
        return item, size


def _check_target(path: DocumentPath, table: Table) -> None:
    """Refuses an update of a key attribute."""
    if path.attribute in table.primary_key.names:
        raise ValidationError(
            f"{PARAMETERS_INVALID}Cannot update attribute {path.attribute}. This attribute is part of the key"
        )
