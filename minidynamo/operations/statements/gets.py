"""SELECT as the read of the one item whose key stands in its WHERE clause, in batches and transactions.

Source: DynamoDB API reference, BatchExecuteStatement and ExecuteTransaction; observed responses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from minidynamo.expressions.syntax import Condition
from minidynamo.operations.items.read_transaction import ItemGet
from minidynamo.operations.items.transactions import CallFault
from minidynamo.operations.statements.key_plan import full_key, named_keys
from minidynamo.operations.statements.projection import compile_selected
from minidynamo.partiql.binding import BoundStatement
from minidynamo.partiql.syntax import Select
from minidynamo.tables.table import Table

_NOT_A_KEY = "Select statements within {operation} must specify the primary key in the where clause."


def planned_get(bound: BoundStatement, operation: str) -> SelectGet:
    """The read of one item that a SELECT asks for.

    Parameters:
        bound: the statement.
        operation: the API's operation, for the words of errors.
    """
    select = bound.statement
    assert isinstance(select, Select), f"{select} reads nothing"
    project = compile_selected(select.selected)
    source = select.source
    is_of_index = source.index is not None
    return SelectGet(source.table, {}, project, bound.nested_attributes, bound.where, operation, is_of_index)


@dataclass(slots=True)
class SelectGet(ItemGet):
    """A read whose key stands in a condition.

    Attributes:
        where: the condition.
        operation: the API's operation, for the words of errors.
        is_of_index: whether it names an index, in which no key names one item.
    """

    where: Condition | None = field(default=None, repr=False)
    operation: str = ""
    is_of_index: bool = False

    def named_keys(self, table: Table) -> list[bytes]:
        """The key bytes of every item that it names, an item named twice twice; ValidationError where it names none."""
        keys = [] if self.is_of_index else named_keys(self.where, table.primary_key)
        return list(map(table.primary_key.encoded_key, keys)) or [self.locate(table)]

    def locate(self, table: Table) -> bytes:
        fault = CallFault(_NOT_A_KEY.format(operation=self.operation))
        if self.is_of_index:
            raise fault
        try:
            self.key, rest = full_key(self.where, table.primary_key)
        except CallFault:
            raise fault from None
        if rest:
            raise fault
        return ItemGet.locate(self, table)
