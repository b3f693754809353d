"""UpdateItem: edits attributes of an item, or creates it."""

from __future__ import annotations

from minidynamo.expressions.binding import check_combinations
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.single_write import returns_of, write_item
from minidynamo.operations.items.write_plans import planned_update
from minidynamo.requests.operations import API
from minidynamo.values.api_types import Request, Response

_ROW = API["UpdateItem"]


def update_item(context: OperationContext, request: Request) -> Response:
    """Applies the update to the item, or to an item that is only its key, if the condition holds."""
    check_combinations(request, _ROW.value_users)
    return write_item(context, planned_update(request, context.wording.layer(_ROW.layers)), returns_of(request))
