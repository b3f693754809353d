"""DeleteItem: deletes an item by its key. There need not be one."""

from __future__ import annotations

from minidynamo.expressions.binding import check_combinations
from minidynamo.operations.context import OperationContext, Request, Response
from minidynamo.operations.items.item_writes import ItemDeletion
from minidynamo.operations.items.single_write import refuse_update_return_values, write_item
from minidynamo.requests.operations import API

_VALUE_USERS = API["DeleteItem"].value_users


def delete_item(context: OperationContext, request: Request) -> Response:
    """Deletes the item, if the condition holds."""
    check_combinations(request, _VALUE_USERS)
    refuse_update_return_values(request)
    return write_item(context, request, ItemDeletion.of(request))
