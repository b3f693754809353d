"""The writes of single items: plans made of checked parts, which PutItem and its like carry out alone, batches and
transactions many at a time.

A plan is located in its table, then asked for the item it leaves behind. `write_plans.py` makes plans of requests.
Source: DynamoDB API reference; order of checks as observed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from minidynamo.errors import ConditionalCheckFailed, ValidationError
from minidynamo.messages import OPERAND_MISTYPED, PARAMETERS_INVALID, UPDATED_ITEM_TOO_LARGE
from minidynamo.tables.table import Table
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import ItemTooLarge, checked_record, edited_record, fresh_copy, record_size_bytes

if TYPE_CHECKING:
    from minidynamo.expressions.evaluation import Predicate
    from minidynamo.expressions.syntax import DocumentPath
    from minidynamo.expressions.update import BoundUpdate

_LEGACY_MISTYPED = "Type mismatch for attribute to update"


class Guard(NamedTuple):
    """What must hold before a write is carried out.

    Attributes:
        condition: of the item as it is; None for nothing.
        nested_attributes: the attributes that any path of the write's expressions reaches into.
        shows_item: whether the error for a condition that does not hold carries the item.
    """

    condition: Predicate | None = None
    nested_attributes: tuple[str, ...] = ()
    shows_item: bool = False


UNGUARDED = Guard()

# An item and its record; None for no item.
Result = tuple[Item | None, bytes | None]


@dataclass(slots=True)
class ItemWrite:
    """A write of one item.

    Attributes:
        table_name: the name or the ARN of its table.
        guard: what must hold before.
        subject: what holds the key attributes: the key, or for a put the whole item.
    """

    table_name: str
    guard: Guard
    subject: Item

    is_change: ClassVar[bool] = True
    # Whether the item must be known before, even where nothing else asks for it.
    edits: ClassVar[bool] = False

    def locate(self, table: Table) -> bytes:
        """The key bytes of the item; raises ValidationError where the write does not fit the table's schema."""
        key = table.primary_key.encoded_key(self.subject)
        if self.guard.nested_attributes:
            table.check_nested_paths(self.guard.nested_attributes)
        return key

    def check_old(self, old_item: Item) -> None:
        """Checks what must hold before the condition is evaluated."""

    def require_condition(self, old_item: Item | None) -> None:
        """Raises ConditionalCheckFailed, with the item if asked for, where the condition does not hold."""
        condition = self.guard.condition
        if condition is None or condition(old_item or {}):
            return
        raise ConditionalCheckFailed(old_item if self.guard.shows_item else None)

    def result(self, table: Table, old_item: Item | None, old_record: bytes | None) -> Result:
        """The item after the write and its record."""
        raise AssertionError(f"{type(self).__name__} does not say what it leaves behind")

    @property
    def touched_paths(self) -> tuple[DocumentPath, ...]:
        """The paths that an update changes; none in other writes."""
        return ()


@dataclass(slots=True)
class ConditionCheck(ItemWrite):
    """Writes nothing: only its condition counts."""

    is_change = False

    def result(self, table: Table, old_item: Item | None, old_record: bytes | None) -> Result:
        return old_item, None


@dataclass(slots=True)
class ItemPut(ItemWrite):
    """A put: replaces the whole item.

    Attributes:
        record: the record of the item.
    """

    record: bytes

    @property
    def size_bytes(self) -> int:
        """The size of the item."""
        return record_size_bytes(self.record)

    def locate(self, table: Table) -> bytes:
        key = table.primary_key.encoded_item_key(self.subject)
        if self.guard.nested_attributes:
            table.check_nested_paths(self.guard.nested_attributes)
        if table.indexes:
            table.check_index_keys(self.subject)
        return key

    def result(self, table: Table, old_item: Item | None, old_record: bytes | None) -> Result:
        return self.subject, self.record


@dataclass(slots=True)
class ItemDeletion(ItemWrite):
    """A deletion."""

    def result(self, table: Table, old_item: Item | None, old_record: bytes | None) -> Result:
        return None, None


@dataclass(slots=True)
class ItemUpdate(ItemWrite):
    """An update: edits the item, or creates it.

    Attributes:
        update: what it does; None for nothing.
        is_legacy: whether it comes from AttributeUpdates.
        is_charged: whether the charge of its expression is bounded, as it is in the newer layer.
    """

    update: BoundUpdate | None = None
    is_legacy: bool = False
    is_charged: bool = True

    edits = True

    def locate(self, table: Table) -> bytes:
        key = table.primary_key.encoded_key(self.subject)
        if self.guard.nested_attributes:
            table.check_nested_paths(self.guard.nested_attributes)
        for attribute in () if self.update is None else self.update.program.attributes:
            _check_target(attribute, table)
        return key

    @property
    def touched_paths(self) -> tuple[DocumentPath, ...]:
        return () if self.update is None else self.update.program.paths

    def check_old(self, old_item: Item) -> None:
        """Refuses an expression whose charge, given the old item, is over the limit."""
        if self.update is None or self.is_legacy or not self.is_charged:
            return
        if self.update.is_charged_too_much(old_item):
            raise ValidationError(UPDATED_ITEM_TOO_LARGE)

    def result(self, table: Table, old_item: Item | None, old_record: bytes | None) -> Result:
        if old_item is None:
            if self.update is not None and not self.update.program.creates_item:
                return None, None
            old_item = self.subject
        assert old_record is None or old_item is not self.subject, f"an item of {table.name} has not been decoded"
        item, record = self._updated(old_item, old_record)
        for index in table.indexes.values():
            index.definition.check_update(item, old_item if old_record is not None else {})
        return item, record

    def _updated(self, old_item: Item, old_record: bytes | None) -> tuple[Item, bytes]:
        """The item after the update, which may share values with the one before, and its record."""
        draft, update = dict(old_item), self.update
        edited: tuple[str, ...] = ()
        if update is not None:
            edited = update.program.attributes
            for name in update.program.nested:
                if name in old_item:
                    draft[name] = fresh_copy(old_item[name])
            mistyped = _LEGACY_MISTYPED if self.is_legacy else OPERAND_MISTYPED
            draft = update.apply(old_item, draft, mistyped, exists=old_record is not None)
        try:
            if old_record is None:
                return checked_record(draft)
            return edited_record(draft, old_item, record_size_bytes(old_record), edited)
        except ItemTooLarge:
            raise ValidationError(UPDATED_ITEM_TOO_LARGE) from None


def _check_target(attribute: str, table: Table) -> None:
    """Refuses an update of a key attribute."""
    if attribute in table.primary_key.names:
        text = f"Cannot update attribute {attribute}. This attribute is part of the key"
        raise ValidationError(PARAMETERS_INVALID + text)
