"""PutItem: creates an item or replaces it whole."""

from __future__ import annotations

from minidynamo.expressions.binding import check_combinations
from minidynamo.operations.context import OperationContext, Request, Response
from minidynamo.operations.items.item_writes import ItemPut
from minidynamo.operations.items.single_write import refuse_update_return_values, write_item
from minidynamo.requests.operations import API

_VALUE_USERS = API["PutItem"].value_users


def put_item(context: OperationContext, request: Request) -> Response:
    """Creates the item or replaces the one with its key, if the condition holds."""
    check_combinations(request, _VALUE_USERS)
    refuse_update_return_values(request)
    return write_item(context, request, ItemPut.of(request))
