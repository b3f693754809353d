"""The table that `minidynamo load` fills: as it is, from a template, by its key, or by the first attribute there is."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from minidynamo.cli.tables_command import parsed_parameters
from minidynamo.database.database import Database
from minidynamo.errors import ResourceNotFound
from minidynamo.formats.loading import first_item
from minidynamo.formats.reading import read_records
from minidynamo.formats.records import Record
from minidynamo.formats.source import FileError, Source
from minidynamo.values.api_types import JsonObject, RequestDraft

_RECORDS_BEFORE_ITEM_MAX = 1_000


class TargetError(Exception):
    """A table that cannot be filled as was asked; the text says why in one line."""


def prepare(options: argparse.Namespace, database: Database, source: Source) -> Iterator[Record]:
    """Finds or makes the table; the records of the file, whose CSV columns have the types of the table's keys.

    Raises:
        TargetError, TemplateError: the table cannot be as was asked.
        FileError: the file cannot be read, or holds no item by which to make the table.
        DynamoError: the database refuses.
    """
    name = options.table
    key = parsed_key(options.key) if options.key else {}
    table = described(database, name)
    if table is None and options.tables is not None:
        create_declared(database, name, options.tables, options.parameter)
        table = described(database, name)
    if table is not None:
        if key and list(key.items()) != list(key_of(table).items()):
            raise TargetError(f"the table {name} has the key {key_text(key_of(table))}, not {key_text(key)}")
        types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
        return read_records(source, options.format, types)
    records = read_records(source, options.format, key)
    if not key:
        read, first = first_item(records, _RECORDS_BEFORE_ITEM_MAX)
        key = _first_attribute(read, first, source)
        records = chain(read, records)
    create_keyed(database, name, key)
    return records


def described(database: Database, name: str) -> JsonObject | None:
    """The description of a table that is there, once it can be written; None where there is none."""
    try:
        table: JsonObject = database.execute("DescribeTable", {"TableName": name})["Table"]
    except ResourceNotFound:
        return None
    if table["TableStatus"] not in ("ACTIVE", "UPDATING"):
        database.client().get_waiter("table_exists").wait(TableName=name)
    return table


def key_of(table: JsonObject) -> dict[str, str]:
    """The key attributes of a described table and their types."""
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    return {each["AttributeName"]: types[each["AttributeName"]] for each in table["KeySchema"]}


def key_text(key: Mapping[str, str]) -> str:
    """A key for people: "customer (S), number (N)"."""
    return ", ".join(f"{name} ({kind})" for name, kind in key.items())


def parsed_key(text: str) -> dict[str, str]:
    """Key attributes to their types, from "pk:S,sk:N"; raises TargetError for others."""
    key: dict[str, str] = {}
    for part in text.split(","):
        name, _, kind = part.partition(":")
        if not name or kind not in ("", "S", "N", "B"):
            raise TargetError(f"--key takes NAME or NAME:TYPE with S, N or B, not {part!r}")
        key[name] = kind or "S"
    if len(key) != text.count(",") + 1 or len(key) > 2:
        raise TargetError("--key takes one or two different names: the partition key and the sort key")
    return key


def create_declared(database: Database, name: str, template: Path, parameters: list[str]) -> None:
    """Makes a table as a template declares it; raises TargetError, TemplateError or DynamoError."""
    from minidynamo.templates.schema import TableTemplates, schema_from

    tables = {each.name: each for each in schema_from(template, parsed_parameters(parameters))}
    if name not in tables:
        raise TargetError(f"{template} declares no table {name}, but {', '.join(sorted(tables))}")
    TableTemplates((tables[name],)).create(database)


def _first_attribute(read: list[Record], first: Record | None, source: Source) -> dict[str, str]:
    if first is None or not first.item:
        where = f" among its first {len(read):,} records" if len(read) == _RECORDS_BEFORE_ITEM_MAX else ""
        why = f": line {read[0].line_number}: {read[0].error}" if read else ""
        raise FileError(f"{source.path} holds no item{where}{why}")
    name, value = next(iter(first.item.items()))
    kind = next(iter(value), "")
    if kind not in ("S", "N", "B"):
        raise TargetError(f"the first attribute, {name}, is of type {kind} and no key: name the key with --key")
    return {name: kind}


def create_keyed(database: Database, name: str, key: Mapping[str, str]) -> None:
    """Makes a table, on demand, of which nothing is known but its key; raises DynamoError."""
    roles = zip(key, ("HASH", "RANGE"), strict=False)
    request: RequestDraft = {
        "TableName": name,
        "KeySchema": [{"AttributeName": attribute, "KeyType": role} for attribute, role in roles],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in key.items()],
        "BillingMode": "PAY_PER_REQUEST",
    }
    database.execute("CreateTable", request)
    database.client().get_waiter("table_exists").wait(TableName=name)
