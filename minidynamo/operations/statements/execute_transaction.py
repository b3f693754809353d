"""ExecuteTransaction: up to 100 statements that read at one moment, or write all together or not at all.

Source: DynamoDB API reference, ExecuteTransaction; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from minidynamo.errors import ValidationError
from minidynamo.expressions.attributes import literals_of
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.item_writes import ItemPut
from minidynamo.operations.items.read_transaction import read_together
from minidynamo.operations.items.transactions import CallFault
from minidynamo.operations.items.write_transaction import Action, WriteTransaction, check_payload
from minidynamo.operations.statements.gets import planned_get
from minidynamo.operations.statements.writes import planned_write
from minidynamo.partiql.binding import BoundStatement, bound_statement, parameter_literals
from minidynamo.partiql.parser import parse
from minidynamo.partiql.syntax import Delete, Exists, Select, Update
from minidynamo.requests.operations import API
from minidynamo.values.api_types import Request, Response, Structure

_NAME = "ExecuteTransaction"
_LAYERS = API[_NAME].layers
_MIXED = "ExecuteTransaction API does not support both read and write operations in the same request."
_NO_RETURNING = "RETURNING clause is not supported in ExecuteTransaction."
_NO_INDEX = "Reads on indices are not supported within transactions."

_Value = TypeVar("_Value")


def execute_transaction(context: OperationContext, request: Request) -> Response:
    """Carries out all statements, or none and says why for each."""
    statements = request["TransactStatements"]
    bound = [_bound(index, each) for index, each in enumerate(statements)]
    are_reads = {isinstance(each.statement, Select) for each in bound}
    if len(are_reads) > 1:
        raise ValidationError(_MIXED)
    if True in are_reads:
        return read_together(context, request, _LAYERS, [planned_get(each, _NAME) for each in bound])
    actions = [_planned(index, *each) for index, each in enumerate(zip(bound, statements, strict=True))]
    check_payload(actions)
    return {"Responses": [], **WriteTransaction(context, _NAME, request, _LAYERS, actions).carry_out()}


def _bound(index: int, entry: Structure) -> BoundStatement:
    """A statement with its parameters; faults of it name it, faults of its parameters do not."""
    parsed = _named(index, lambda: parse(entry["Statement"]))
    literals = parameter_literals(entry.get("Parameters"))
    return _named(index, lambda: _supported(bound_statement(parsed, literals)))


def _supported(bound: BoundStatement) -> BoundStatement:
    statement = bound.statement
    if isinstance(statement, Update | Delete) and statement.returning is not None:
        raise ValidationError(_NO_RETURNING)
    if isinstance(statement, Select | Exists) and bound.source.index is not None:
        raise ValidationError(_NO_INDEX)
    return bound


def _named(index: int, step: Callable[[], _Value]) -> _Value:
    try:
        return step()
    except ValidationError as error:
        raise CallFault(error.text_2025).of_statement(index) from None


def _planned(index: int, bound: BoundStatement, entry: Structure) -> Action:
    shows_item = entry.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    write = _named(index, lambda: planned_write(bound, shows_item))
    literals = literals_of((bound.where, bound.update))
    return Action(write, write.size_bytes if isinstance(write, ItemPut) else sum(each.size_bytes for each in literals))
