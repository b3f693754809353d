"""SELECT as the read of the one item whose key stands in its WHERE clause, in batches and transactions.

Source: DynamoDB API reference, BatchExecuteStatement and ExecuteTransaction; observed responses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from minidynamo.expressions.syntax import Condition
from minidynamo.operations.items.read_transaction import ItemGet
from minidynamo.operations.items.transactions import CallFault
from minidynamo.operations.statements.key_plan import full_key
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
    return SelectGet(select.source.table, {}, project, bound.nested_attributes, bound.where, operation)


@dataclass(slots=True)
class SelectGet(ItemGet):
    """A read whose key stands in a condition.

    Attributes:
        where: the condition.
        operation: the API's operation, for the words of errors.
    """

    where: Condition | None = field(default=None, repr=False)
    operation: str = ""

    def locate(self, table: Table) -> bytes:
        fault = CallFault(_NOT_A_KEY.format(operation=self.operation))
        try:
            self.key, rest = full_key(self.where, table.primary_key)
        except CallFault:
            raise fault from None
        if rest:
            raise fault
        return ItemGet.locate(self, table)
