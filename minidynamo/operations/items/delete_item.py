"""DeleteItem: deletes an item by its key. There need not be one."""

from __future__ import annotations

from minidynamo.expressions.binding import check_combinations
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.single_write import refuse_update_return_values, returns_of, write_item
from minidynamo.operations.items.write_plans import planned_deletion
from minidynamo.requests.operations import API
from minidynamo.values.api_types import Request, Response

_ROW = API["DeleteItem"]


def delete_item(context: OperationContext, request: Request) -> Response:
    """Deletes the item, if the condition holds."""
    check_combinations(request, _ROW.value_users)
    refuse_update_return_values(request)
    return write_item(context, planned_deletion(request, context.wording.layer(_ROW.layers)), returns_of(request))
