"""Items that are read at one moment, whatever request or statements ask for them.

Source: DynamoDB API reference, TransactGetItems and ExecuteTransaction; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minidynamo.errors import DynamoError, ValidationError
from minidynamo.limits import TRANSACTION_SIZE_BYTES_MAX
from minidynamo.messages import TRANSACTION_TOO_LARGE
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.transactions import TABLE_FACTOR, CallFault, cancelled, refuse_same_items
from minidynamo.schema.key_schema import EmptyKeyValue
from minidynamo.tables.capacity import Consumption, add_consumed_capacities, read_units
from minidynamo.tables.table import Table, stored_size_bytes
from minidynamo.values.api_types import Request, Response
from minidynamo.values.attribute_value import Item
from minidynamo.values.records import record_item
from minidynamo.wording import Layers


@dataclass(slots=True)
class ItemGet:
    """A read of one item.

    Attributes:
        table_name: the name or the ARN of its table.
        key: its key.
        project: gives what is shown of it; None for everything.
        nested_attributes: the attributes that any path reaches into.
    """

    table_name: str
    key: Item
    project: Callable[[Item], Item] | None = None
    nested_attributes: tuple[str, ...] = ()

    def locate(self, table: Table) -> bytes:
        """The key bytes of the item; raises ValidationError where the read does not fit the table's schema."""
        key = table.primary_key.encoded_key(self.key)
        table.check_nested_paths(self.nested_attributes)
        return key


def read_together(context: OperationContext, request: Request, layers: Layers, gets: list[ItemGet]) -> Response:
    """Answers with one entry per read, in their order.

    Parameters:
        context: the database.
        request: says how consumed capacity is reported.
        layers: how errors of the operation read.
        gets: the reads.
    """
    consumptions: dict[str, Consumption] = {}
    with context.lock:
        tables = [context.catalog.table(get.table_name) for get in gets]
        keys = _located(context, layers, tables, gets)
        context.engine.expect((table.keyspace.name, key) for table, key in zip(tables, keys, strict=True))
        records = [table.record(key) for table, key in zip(tables, keys, strict=True)]
        _check_size(records)
        for get, table, key, record in zip(gets, tables, keys, records, strict=True):
            units = TABLE_FACTOR * read_units(stored_size_bytes(record), is_consistent=True)
            context.meter.read(table.keyspace.partition_of(key), units)
            consumptions.setdefault(get.table_name, Consumption()).table += units
    response: Response = {"Responses": [_shown(record, get) for record, get in zip(records, gets, strict=True)]}
    add_consumed_capacities(response, request, consumptions, "Read")
    return response


def _located(context: OperationContext, layers: Layers, tables: list[Table], gets: list[ItemGet]) -> list[bytes]:
    keys: list[bytes] = []
    errors: list[DynamoError | None] = []
    for number, (table, get) in enumerate(zip(tables, gets, strict=True)):
        try:
            keys.append(get.locate(table))
            errors.append(None)
        except EmptyKeyValue:
            raise
        except CallFault as fault:
            raise fault.of_statement(number) from None
        except ValidationError as error:
            errors.append(error if not any(errors) else None)
            keys.append(b"")
    refuse_same_items([(table.name, key) for table, key in zip(tables, keys, strict=True)])
    if any(errors):
        raise cancelled(errors, context.wording, layers)
    return keys


def _check_size(records: list[bytes | None]) -> None:
    size = sum(map(stored_size_bytes, records))
    if size > TRANSACTION_SIZE_BYTES_MAX:
        # The limit is documented, its text is not.
        raise ValidationError(TRANSACTION_TOO_LARGE.format(size=size))


def _shown(record: bytes | None, get: ItemGet) -> Response:
    if record is None:
        return {}
    item = record_item(record)
    shown = item if get.project is None else get.project(item)
    return {"Item": shown} if shown else {}
