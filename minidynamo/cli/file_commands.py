"""`minidynamo check FILE` and `minidynamo info FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from minidynamo import __version__
from minidynamo.cli.display import byte_count, error_console, plain_text, wide_console
from minidynamo.cli.places import one_line, open_file
from minidynamo.compiled import CORE
from minidynamo.database.database import Database
from minidynamo.errors import StoreDamaged, StoreError
from minidynamo.values.printable import printable


def run_check(path: Path) -> int:
    """Verifies a file; returns 0, 1 where something is wrong with it, 2 where it cannot be opened."""
    console = wide_console()
    try:
        with open_file(path) as database:
            _check(database, path)
            tables = database.tables
    except StoreError as error:
        print(f"minidynamo: {error}", file=sys.stderr)
        return 1 if isinstance(error, StoreDamaged) else 2
    except Exception as fault:  # Damage shows itself in any way.
        told = one_line(fault) or "an invariant does not hold"
        print(f"minidynamo: {path} is damaged: {told}", file=sys.stderr)
        return 1
    told = f"{path}: {len(tables)} table(s), every page, item, index entry, size and count is right"
    console.print(plain_text(told), soft_wrap=True)
    return 0


def _check(database: Database, path: Path) -> None:
    """Checks a file, with a bar for its items; the pages and records of the engine come first."""
    counts = [database.execute("DescribeTable", {"TableName": name})["Table"]["ItemCount"] for name in database.tables]
    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console = error_console()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(printable(f"Checking {path}"), total=sum(counts))
        database.check(lambda more: progress.advance(task, more))


def run_info(path: Path) -> int:
    """Shows what a file holds; returns 0, or 2 where it cannot be opened."""
    try:
        with open_file(path) as database:
            console = wide_console()
            console.print(_tables_table(database, path))
            console.print(f"Read by minidynamo {__version__}, {CORE}.", style="dim", highlight=False)
    except StoreError as error:
        print(f"minidynamo: {error}", file=sys.stderr)
        return 2
    return 0


def _tables_table(database: Database, path: Path) -> Table:
    shown = Table(title=plain_text(f"{path}, {byte_count(path.stat().st_size)}"), title_justify="left")
    for name in ("table or index", "status"):
        shown.add_column(name, overflow="fold")
    for name in ("items", "size", "partitions"):
        shown.add_column(name, justify="right", overflow="fold")
    for name in database.tables:
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
