"""`minidynamo check FILE` and `minidynamo info FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from minidynamo.cli.display import byte_count
from minidynamo.database.connect import connect
from minidynamo.database.database import Database
from minidynamo.errors import StoreDamaged, StoreError


def run_check(path: Path) -> int:
    """Verifies a file; returns 0, 1 where something is wrong with it, 2 where it cannot be opened."""
    console = Console()
    try:
        with _opened(path) as database, console.status(f"Checking {path}"):
            database.check()
            tables = _table_names(database)
    except StoreError as error:
        print(f"minidynamo: {error}", file=sys.stderr)
        return 1 if isinstance(error, StoreDamaged) else 2
    except Exception as fault:  # Damage shows itself in any way.
        print(f"minidynamo: {path} is damaged: {fault or 'an invariant does not hold'}", file=sys.stderr)
        return 1
    console.print(f"{path}: {len(tables)} table(s), every page, item, index entry, size and count is right")
    return 0


def run_info(path: Path) -> int:
    """Shows what a file holds; returns 0, or 2 where it cannot be opened."""
    try:
        with _opened(path) as database:
            Console().print(_tables_table(database, path))
    except StoreError as error:
        print(f"minidynamo: {error}", file=sys.stderr)
        return 2
    return 0


def _opened(path: Path) -> Database:
    if path.is_dir():
        raise StoreError(f"{path} is a folder, and a database is a file: give the file in it")
    if not path.is_file():
        raise StoreError(f"there is no file {path}")
    return connect(path, read_only=True)


def _table_names(database: Database) -> list[str]:
    pages = database.client().get_paginator("list_tables").paginate()
    return [name for page in pages for name in page["TableNames"]]


def _tables_table(database: Database, path: Path) -> Table:
    shown = Table(title=f"{path}, {byte_count(path.stat().st_size)}", title_justify="left")
    for name in ("table or index", "status"):
        shown.add_column(name)
    for name in ("items", "size", "partitions"):
        shown.add_column(name, justify="right")
    for name in _table_names(database):
        table = database.execute("DescribeTable", {"TableName": name})["Table"]
        partitions = [each.index for each in database.partitions(name)]
        rows = [(name, table["TableStatus"], table["ItemCount"], table["TableSizeBytes"], partitions.count(None))]
        for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
            for index in table.get(member, ()):
                own = partitions.count(index["IndexName"])
                status = index.get("IndexStatus", "")
                rows.append((f"  {index['IndexName']}", status, index["ItemCount"], index["IndexSizeBytes"], own))
        for label, status, count, size, partition_count in rows:
            shown.add_row(label, status, f"{count:,}", byte_count(size), f"{partition_count:,}")
    return shown
