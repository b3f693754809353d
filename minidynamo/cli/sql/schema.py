"""What `\\d` shows of tables, and the names that a session knows."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table as RichTable

from minidynamo.cli.display import byte_count, plain_text
from minidynamo.database.database import Database
from minidynamo.errors import DynamoError
from minidynamo.values.api_types import JsonObject
from minidynamo.values.attribute_value import Item

_INDEXES = {"LocalSecondaryIndexes": "local", "GlobalSecondaryIndexes": "global"}


def list_tables(database: Database) -> RichTable:
    """The tables with their keys, indexes and sizes; raises DynamoError."""
    shown = RichTable(header_style="bold")
    for name in ("table", "key", "indexes"):
        shown.add_column(name, overflow="fold")
    for name in ("items", "size"):
        shown.add_column(name, justify="right")
    for name in table_names(database):
        table = description(database, name)
        indexes = [index["IndexName"] for member in _INDEXES for index in table.get(member) or ()]
        size = byte_count(table.get("TableSizeBytes", 0))
        shown.add_row(name, plain_text(_key(table, table)), ", ".join(indexes), f"{table.get('ItemCount', 0):,}", size)
    return shown


def describe(database: Database, name: str) -> RichTable:
    """A table and its indexes, row by row; raises DynamoError."""
    table = description(database, name)
    shown = RichTable(header_style="bold", title=f"{name}, {_settings(table)}", title_justify="left")
    for column in ("name", "kind", "key", "projection"):
        shown.add_column(column, overflow="fold")
    shown.add_row(f'"{name}"', "table", plain_text(_key(table, table)), "")
    for member, kind in _INDEXES.items():
        for index in table.get(member) or ():
            key, label = _key(table, index), f'"{name}"."{index["IndexName"]}"'
            projection = index["Projection"]
            held = projection.get("NonKeyAttributes") or [projection["ProjectionType"]]
            shown.add_row(label, kind, plain_text(key), plain_text(", ".join(held)))
    return shown


def table_names(database: Database) -> list[str]:
    """The names of all tables; raises DynamoError."""
    pages = database.client().get_paginator("list_tables").paginate()
    return [name for page in pages for name in page["TableNames"]]


def description(database: Database, name: str) -> JsonObject:
    """What DescribeTable tells; raises DynamoError."""
    table: JsonObject = database.execute("DescribeTable", {"TableName": name})["Table"]
    return table


def _key(table: JsonObject, keyed: JsonObject) -> str:
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    return ", ".join(f"{each['AttributeName']} {types[each['AttributeName']]}" for each in keyed["KeySchema"])


def _settings(table: JsonObject) -> str:
    mode = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    stream = (table.get("StreamSpecification") or {}).get("StreamViewType")
    parts = [table["TableStatus"], mode.lower().replace("_", " "), f"{table.get('ItemCount', 0):,} items"]
    return ", ".join([*parts, *([f"stream of {stream}"] if stream else [])])


class TableNames:
    """The names that can be completed: of tables and indexes, and of attributes met.

    Parameters:
        database: where the tables are. It is asked when names are first wanted.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sources: list[str] | None = None
        self._attributes: dict[str, None] = {}

    def note(self, items: Iterable[Item]) -> None:
        """Notes the attributes of items that are shown."""
        self._attributes |= dict.fromkeys(name for item in items for name in item)

    @property
    def sources(self) -> list[str]:
        """Tables, and indexes behind the names of their tables."""
        if self._sources is None:
            self._sources = []
            try:
                self._find()
            except DynamoError:
                return self._sources
        return self._sources

    @property
    def attributes(self) -> list[str]:
        """Key attributes of tables and indexes, and those of items that have been shown."""
        return [*self._attributes] if self.sources is not None else []

    def _find(self) -> None:
        assert self._sources is not None, "the tables are looked for without a place to note them"
        for name in table_names(self._database):
            table = description(self._database, name)
            self._sources.append(name)
            self._sources += [
                f"{name}.{index['IndexName']}" for member in _INDEXES for index in table.get(member) or ()
            ]
            self._attributes |= dict.fromkeys(each["AttributeName"] for each in table["AttributeDefinitions"])
