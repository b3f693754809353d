"""PutItem: creates an item or replaces it whole."""

from __future__ import annotations

from minidynamo.expressions.binding import check_combinations
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.single_write import refuse_update_return_values, returns_of, write_item
from minidynamo.operations.items.write_plans import planned_put
from minidynamo.requests.operations import API
from minidynamo.values.api_types import Request, Response

_ROW = API["PutItem"]


def put_item(context: OperationContext, request: Request) -> Response:
    """Creates the item or replaces the one with its key, if the condition holds."""
    check_combinations(request, _ROW.value_users)
    returns = returns_of(request)
    if returns.values is not None:
        refuse_update_return_values(request)
    return write_item(context, planned_put(request, context.wording.layer(_ROW.layers)), returns)
