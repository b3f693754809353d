"""ExecuteStatement: one statement of PartiQL.

Source: DynamoDB API reference, ExecuteStatement; observed responses.
"""

from __future__ import annotations

from functools import partial

from minidynamo.errors import ValidationError
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.single_write import Returns, write_item
from minidynamo.operations.statements.lone_keys import bound_in
from minidynamo.operations.statements.next_token import statement_digest
from minidynamo.operations.statements.select import SelectRead, read_selected
from minidynamo.operations.statements.writes import planned_write
from minidynamo.partiql.binding import BoundStatement
from minidynamo.partiql.syntax import Delete, Exists, Select, Update
from minidynamo.tables.capacity import consumed_capacity
from minidynamo.values.api_types import Request, Response


def execute_statement(context: OperationContext, request: Request) -> Response:
    """Answers with the items that the statement selects or returns."""
    bound = bound_in(context, request["Statement"], request.get("Parameters"))
    if isinstance(bound.statement, Select):
        return _select(context, request, bound, bound.statement)
    if isinstance(bound.statement, Exists):
        raise ValidationError("EXISTS can only be used in ExecuteTransaction write requests.")
    return _write(context, request, bound)


def _select(context: OperationContext, request: Request, bound: BoundStatement, select: Select) -> Response:
    digest = partial(statement_digest, request["Statement"], request.get("Parameters"))
    page = read_selected(
        context,
        SelectRead(
            bound,
            select,
            request.get("Limit"),
            request.get("ConsistentRead", False),
            request.get("NextToken"),
            digest,
        ),
    )
    response: Response = {"Items": page.items}
    if page.token is not None:
        response["NextToken"] = page.token
        response["LastEvaluatedKey"] = page.last_key
    capacity = request.get("ReturnConsumedCapacity", "NONE")
    if capacity != "NONE":
        response["ConsumedCapacity"] = consumed_capacity(capacity, select.source.table, page.consumption)
    return response


def _write(context: OperationContext, request: Request, bound: BoundStatement) -> Response:
    shows_item = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    returning = bound.statement.returning if isinstance(bound.statement, Update | Delete) else None
    returns = Returns(returning, capacity=request.get("ReturnConsumedCapacity", "NONE"))
    written = write_item(context, planned_write(bound, shows_item), returns)
    attributes = written.pop("Attributes", None)
    return {"Items": [] if attributes is None else [attributes], **written}
