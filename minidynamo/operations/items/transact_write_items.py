"""TransactWriteItems: up to 100 writes and condition checks, all or nothing.

Faults that need no table are answered for the whole call, in the order of the actions. The others become cancellation
reasons: first keys and index keys (only the first such error is reported), then conditions and updates (all are).
Source: DynamoDB API reference, TransactWriteItems; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable

from minidynamo.errors import (
    ValidationError,
)
from minidynamo.expressions.binding import check_combinations
from minidynamo.limits import NESTING_LEVELS_MAX
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.item_writes import ItemPut, ItemWrite
from minidynamo.operations.items.write_plans import (
    bound_write,
    planned_check,
    planned_deletion,
    planned_put,
    planned_update,
)
from minidynamo.operations.items.write_transaction import Action, WriteTransaction, check_payload
from minidynamo.requests.data_plane import TRANSACT_WRITE_ITEM
from minidynamo.requests.operations import API, value_users
from minidynamo.values.api_types import Request, Response, Structure
from minidynamo.values.attribute_value import checked_item, name_size_bytes, value_size_bytes
from minidynamo.values.nesting import EmptyAttributeName, NestingTooDeep, nesting_levels
from minidynamo.wording import ValidationLayer

# Actions to what plans the write they are.
_PLANNERS: dict[str, Callable[[Structure, ValidationLayer], ItemWrite]] = {
    "ConditionCheck": planned_check,
    "Put": planned_put,
    "Delete": planned_deletion,
    "Update": planned_update,
}
_LAYERS = API["TransactWriteItems"].layers
_VALUE_USERS = {name: value_users(shape) for name, shape in TRANSACT_WRITE_ITEM.members.items()}


def transact_write_items(context: OperationContext, request: Request) -> Response:
    """Carries out all actions, or none and says why for each."""
    layer = context.wording.layer(_LAYERS)
    actions = [_checked_action(entry, layer) for entry in request["TransactItems"]]
    check_payload(actions)
    return WriteTransaction(context, "TransactWriteItems", request, _LAYERS, actions).carry_out()


# Without tables.


def _checked_action(entry: Structure, layer: ValidationLayer) -> Action:
    kinds = [kind for kind in _PLANNERS if kind in entry]
    if not kinds:
        raise ValidationError(
            "Value '' at 'transactItems' failed to satisfy constraint: "
            "TransactWriteRequest should contain Delete or Put or Update or ConditionCheck",
            text_2025="Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
        )
    if len(kinds) > 1:
        raise ValidationError("TransactItems can only contain one of Check, Put, Update or Delete")
    parameters = entry[kinds[0]]
    check_combinations(parameters, _VALUE_USERS[kinds[0]])
    try:
        write = _PLANNERS[kinds[0]](parameters, layer)
    except NestingTooDeep:
        _raise_earlier_error(parameters, layer)
        raise
    except EmptyAttributeName:
        _raise_nesting_error(parameters)
        raise
    return Action(write, _payload_bytes(write, parameters))


def _raise_earlier_error(parameters: Structure, layer: ValidationLayer) -> None:
    """Raises what the service finds in an action before an item or key that nests too deep."""
    if "Item" not in parameters:
        bound_write(parameters, layer)
    elif "" in parameters["Item"]:
        raise EmptyAttributeName


def _raise_nesting_error(parameters: Structure) -> None:
    """Raises what the service finds in a put before an empty name below the top level."""
    item = parameters.get("Item", {})
    if "" not in item and nesting_levels(item.values()) > NESTING_LEVELS_MAX:
        raise NestingTooDeep


def _payload_bytes(write: ItemWrite, parameters: Structure) -> int:
    size = write.size_bytes if isinstance(write, ItemPut) else checked_item(write.subject)[1]
    values = parameters.get("ExpressionAttributeValues") or {}
    return size + sum(name_size_bytes(name) + value_size_bytes(value) for name, value in values.items())
