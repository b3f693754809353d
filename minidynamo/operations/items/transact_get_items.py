"""TransactGetItems: up to 100 items, read at one moment.

Source: DynamoDB API reference, TransactGetItems; observed responses.
"""

from __future__ import annotations

from minidynamo.expressions.binding import bind, check_combinations
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.read_transaction import ItemGet, read_together
from minidynamo.requests.operations import API
from minidynamo.values.api_types import Request, Response, Structure
from minidynamo.values.attribute_value import checked_item

_LAYERS = API["TransactGetItems"].layers


def transact_get_items(context: OperationContext, request: Request) -> Response:
    """Answers with one entry per action, in their order."""
    gets = [_planned_get(entry["Get"]) for entry in request["TransactItems"]]
    return read_together(context, request, _LAYERS, gets)


def _planned_get(parameters: Structure) -> ItemGet:
    check_combinations(parameters, ())
    key, _ = checked_item(parameters["Key"])
    bound = bind(parameters)
    return ItemGet(parameters["TableName"], key, bound.project, bound.nested_attributes)
