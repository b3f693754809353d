"""BatchGetItem: up to 100 items by their keys, over several tables."""

from __future__ import annotations

from dataclasses import dataclass

from minidynamo.errors import ValidationError
from minidynamo.expressions.binding import bind, check_combinations, check_mixing
from minidynamo.expressions.bound import Bound
from minidynamo.limits import BATCH_GET_KEYS_MAX, BATCH_GET_RESPONSE_BYTES_MAX
from minidynamo.messages import DUPLICATE_KEYS
from minidynamo.operations.context import OperationContext
from minidynamo.requests.operations import API
from minidynamo.tables.capacity import Consumption, add_consumed_capacities, read_units
from minidynamo.tables.metering import Meter
from minidynamo.tables.table import Table, stored_size_bytes
from minidynamo.values.api_types import Request, Response
from minidynamo.values.attribute_value import Item, checked_item
from minidynamo.values.records import record_item

_VALUE_USERS = API["BatchGetItem"].value_users


@dataclass(slots=True)
class _TableRead:
    """What is read from one table."""

    request: Request
    keys: list[Item]
    bound: Bound
    records: list[bytes | None]
    unread: list[Item]


def batch_get_item(context: OperationContext, request: Request) -> Response:
    """Answers with the items found, per table, and the keys left over where the response would be too large."""
    reads = {name: _checked(each) for name, each in _counted(request["RequestItems"]).items()}
    _refuse_duplicates(reads)
    with context.lock:
        located = []
        for name, read in reads.items():
            table = context.catalog.table(name)
            table.check_nested_paths(read.bound.nested_attributes)
            located.append((table, read, [table.primary_key.encoded_key(key) for key in read.keys]))
        context.engine.expect((table.keyspace.name, key) for table, _, keys in located for key in keys)
        consumptions = _read(context.meter, list(reads), located)
    response: Response = {
        "Responses": {name: _shown(read) for name, read in reads.items()},
        "UnprocessedKeys": {name: {**read.request, "Keys": read.unread} for name, read in reads.items() if read.unread},
    }
    add_consumed_capacities(response, request, consumptions)
    return response


def _counted(items: dict[str, Request]) -> dict[str, Request]:
    """Refuses legacy parameters beside expressions, wherever they stand, and too many keys in all."""
    check_mixing({parameter for each in items.values() for parameter in each})
    if sum(len(each["Keys"]) for each in items.values()) > BATCH_GET_KEYS_MAX:
        raise ValidationError("Too many items requested for the BatchGetItem call")
    return items


def _checked(request: Request) -> _TableRead:
    check_combinations(request, _VALUE_USERS)
    keys = [checked_item(key)[0] for key in request["Keys"]]
    return _TableRead(request, keys, bind(request), [], [])


def _refuse_duplicates(reads: dict[str, _TableRead]) -> None:
    # The service compares the keys as they were sent: 1 and 1.0 are not duplicates here.
    for read in reads.values():
        for position, key in enumerate(read.request["Keys"]):
            if key in read.request["Keys"][:position]:
                raise ValidationError(DUPLICATE_KEYS)


def _read(
    meter: Meter, names: list[str], located: list[tuple[Table, _TableRead, list[bytes]]]
) -> dict[str, Consumption]:
    consumptions = {}
    size = 0
    for name, (table, read, keys) in zip(names, located, strict=True):
        is_consistent = read.request.get("ConsistentRead", False)
        consumption = consumptions[name] = Consumption()
        for key, key_bytes in zip(read.request["Keys"], keys, strict=True):
            partition = table.keyspace.partition_of(key_bytes)
            record = partition.map.get(key_bytes)
            size += stored_size_bytes(record)
            if size > BATCH_GET_RESPONSE_BYTES_MAX:
                read.unread.append(key)
                continue
            units = read_units(stored_size_bytes(record), is_consistent)
            meter.read(partition, units)
            consumption.table += units
            read.records.append(record)
    return consumptions


def _shown(read: _TableRead) -> list[Item]:
    items = [record_item(record) for record in read.records if record is not None]
    return items if read.bound.project is None else [read.bound.project(item) for item in items]
