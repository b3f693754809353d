"""GetItem: reads one item by its key."""

from __future__ import annotations

from minidynamo.expressions.binding import bind, check_combinations
from minidynamo.operations.context import OperationContext
from minidynamo.requests.operations import API
from minidynamo.tables.capacity import Consumption, add_consumed_capacity, read_units
from minidynamo.tables.table import stored_size_bytes
from minidynamo.values.api_types import Request, Response
from minidynamo.values.attribute_value import checked_item
from minidynamo.values.records import record_item

_VALUE_USERS = API["GetItem"].value_users


def get_item(context: OperationContext, request: Request) -> Response:
    """Answers with the item, projected, or without an `Item` where there is none."""
    check_combinations(request, _VALUE_USERS)
    key, _ = checked_item(request["Key"])
    bound = bind(request)
    with context.lock:
        table = context.catalog.table(request["TableName"])
        key_bytes = table.primary_key.encoded_key(key)
        if bound.nested_attributes:
            table.check_nested_paths(bound.nested_attributes)
        partition = table.keyspace.partition_of(key_bytes)
        record = partition.map.get(key_bytes)
        units = read_units(stored_size_bytes(record), request.get("ConsistentRead", False))
        context.meter.read(partition, units)
    response: Response = {}
    if record is not None:
        item = record_item(record)
        response["Item"] = item if bound.project is None else bound.project(item)
    if "ReturnConsumedCapacity" in request:
        add_consumed_capacity(response, request, Consumption(units))
    return response
