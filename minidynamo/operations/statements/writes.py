"""INSERT, UPDATE, DELETE and EXISTS as the writes of single items that they are.

Source: DynamoDB Developer Guide, "PartiQL insert, update, delete statements"; observed responses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from minidynamo.errors import DuplicateItem, ValidationError
from minidynamo.expressions import syntax
from minidynamo.expressions.evaluation import compile_condition
from minidynamo.expressions.syntax import Condition, DocumentPath
from minidynamo.expressions.update import BoundUpdate
from minidynamo.operations.items.item_writes import (
    UNGUARDED,
    ConditionCheck,
    Guard,
    ItemDeletion,
    ItemPut,
    ItemUpdate,
    ItemWrite,
)
from minidynamo.operations.items.transactions import CallFault
from minidynamo.operations.statements.key_plan import full_key
from minidynamo.partiql.binding import BoundStatement
from minidynamo.partiql.syntax import Exists, Insert, Select, Update
from minidynamo.tables.table import Table
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import checked_record

_LONE_KEY = "EXISTS() must contain a single item read with additional condition"


def planned_write(bound: BoundStatement, shows_item: bool = False) -> ItemWrite:
    """The write that a statement asks for.

    Parameters:
        bound: the statement, no SELECT.
        shows_item: whether the error for a condition that does not hold carries the item.
    """
    statement = bound.statement
    assert not isinstance(statement, Select), f"{statement} writes nothing"
    if isinstance(statement, Insert):
        assert bound.item is not None, "INSERT has no item"
        return Insertion(statement.source.table, UNGUARDED, *checked_record(bound.item))
    guard = Guard(nested_attributes=bound.nested_attributes, shows_item=shows_item)
    if isinstance(statement, Exists):
        return ExistenceCheck(statement.select.source.table, guard, {}, bound.where)
    if isinstance(statement, Update):
        update = None if bound.update is None else BoundUpdate.of(bound.update)
        return StatementUpdate(statement.source.table, guard, {}, update, where=bound.where)
    return StatementDeletion(statement.source.table, guard, {}, bound.where)


@dataclass(slots=True)
class Insertion(ItemPut):
    """A put of an item that there may not be yet."""

    edits = True

    def locate(self, table: Table) -> bytes:
        for attribute in table.primary_key.attributes:
            value = self.subject.get(attribute.name)
            if value is None:
                raise ValidationError(f"Key attribute should be present in the item: Key {attribute.name}")
            if attribute.type not in value:
                text = "Key attribute's data type should match its data type in table's schema: Key "
                raise ValidationError(text + attribute.name)
        return ItemPut.locate(self, table)

    def require_condition(self, old_item: Item | None) -> None:
        if old_item is not None:
            raise DuplicateItem


@dataclass(slots=True)
class StatementUpdate(ItemUpdate):
    """An update whose key stands among its conditions; the item must be there.

    Attributes:
        where: the condition, the key with it.
    """

    where: Condition | None = field(default=None, repr=False)

    def locate(self, table: Table) -> bytes:
        self.subject, self.guard = _located(self.where, table, self.guard, must_exist=True)
        return ItemUpdate.locate(self, table)


@dataclass(slots=True)
class StatementDeletion(ItemDeletion):
    """A deletion whose key stands among its conditions.

    Attributes:
        where: the condition, the key with it.
    """

    where: Condition | None = field(default=None, repr=False)

    def locate(self, table: Table) -> bytes:
        self.subject, self.guard = _located(self.where, table, self.guard)
        return ItemDeletion.locate(self, table)


@dataclass(slots=True)
class ExistenceCheck(ConditionCheck):
    """A check that an item satisfies a condition; the item must be there.

    Attributes:
        where: the condition, the key with it.
    """

    where: Condition | None = field(default=None, repr=False)

    def locate(self, table: Table) -> bytes:
        self.subject, self.guard = _located(self.where, table, self.guard, must_exist=True)
        if not full_key(self.where, table.primary_key)[1]:
            raise CallFault(_LONE_KEY)
        return ConditionCheck.locate(self, table)


def _located(
    where: Condition | None,
    table: Table,
    guard: Guard,
    must_exist: bool = False,
) -> tuple[Item, Guard]:
    """The key that a condition names, and what must hold besides."""
    key, rest = full_key(where, table.primary_key)
    exists = syntax.Function("attribute_exists", (DocumentPath((table.primary_key.names[0],)),))
    conditions = (exists, *rest) if must_exist else rest
    condition = compile_condition(syntax.And(conditions)) if conditions else None
    return key, guard._replace(condition=condition)
