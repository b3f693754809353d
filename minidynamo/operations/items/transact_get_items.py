"""TransactGetItems: up to 100 items, read at one moment.

Source: DynamoDB API reference, TransactGetItems; observed responses.
"""

from __future__ import annotations

from minidynamo.errors import DynamoError, ValidationError
from minidynamo.expressions.binding import Bound, bind, check_combinations
from minidynamo.limits import TRANSACTION_SIZE_BYTES_MAX
from minidynamo.messages import TRANSACTION_DUPLICATE_ITEM, TRANSACTION_TOO_LARGE
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.transactions import TABLE_FACTOR, cancelled
from minidynamo.requests.operations import API
from minidynamo.schema.key_schema import EmptyKeyValue
from minidynamo.tables.capacity import Consumption, add_consumed_capacities, read_units
from minidynamo.tables.table import Table, stored_size_bytes
from minidynamo.values.api_types import Request, Response, Structure
from minidynamo.values.attribute_value import Item, checked_item
from minidynamo.values.records import record_item

_LAYERS = API["TransactGetItems"].layers

_Get = tuple[Structure, Item, Bound]


def transact_get_items(context: OperationContext, request: Request) -> Response:
    """Answers with one entry per action, in their order."""
    gets = [_checked_get(entry["Get"]) for entry in request["TransactItems"]]
    consumptions: dict[str, Consumption] = {}
    with context.lock:
        tables = [context.catalog.table(parameters["TableName"]) for parameters, _, _ in gets]
        keys = _located(context, tables, gets)
        records = [table.record(key) for table, key in zip(tables, keys, strict=True)]
        _check_size(records)
        for (parameters, _, _), table, key, record in zip(gets, tables, keys, records, strict=True):
            units = TABLE_FACTOR * read_units(stored_size_bytes(record), is_consistent=True)
            context.meter.read(table.keyspace.partition_of(key), units)
            consumptions.setdefault(parameters["TableName"], Consumption()).table += units
    response: Response = {
        "Responses": [_shown(record, bound) for record, (_, _, bound) in zip(records, gets, strict=True)]
    }
    add_consumed_capacities(response, request, consumptions, "Read")
    return response


def _checked_get(parameters: Structure) -> _Get:
    check_combinations(parameters, ())
    key, _ = checked_item(parameters["Key"])
    return parameters, key, bind(parameters)


def _located(context: OperationContext, tables: list[Table], gets: list[_Get]) -> list[bytes]:
    keys: list[bytes] = []
    errors: list[DynamoError | None] = []
    for table, (_, key, bound) in zip(tables, gets, strict=True):
        try:
            key_bytes = table.primary_key.encoded_key(key)
            table.check_nested_paths(bound.nested_attributes)
            keys.append(key_bytes)
            errors.append(None)
        except EmptyKeyValue:
            raise
        except ValidationError as error:
            errors.append(error if not any(errors) else None)
            keys.append(b"")
    places = [(table.name, key) for table, key in zip(tables, keys, strict=True) if key]
    if len(set(places)) < len(places):
        raise ValidationError(TRANSACTION_DUPLICATE_ITEM)
    if any(errors):
        raise cancelled(errors, context.wording, _LAYERS)
    return keys


def _check_size(records: list[bytes | None]) -> None:
    size = sum(map(stored_size_bytes, records))
    if size > TRANSACTION_SIZE_BYTES_MAX:
        # The limit is documented, its text is not.
        raise ValidationError(TRANSACTION_TOO_LARGE.format(size=size))


def _shown(record: bytes | None, bound: Bound) -> Response:
    if record is None:
        return {}
    item = record_item(record)
    shown = item if bound.project is None else bound.project(item)
    return {"Item": shown} if shown else {}
