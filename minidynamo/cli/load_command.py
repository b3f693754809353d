"""`minidynamo load`: a file into a table in memory, with a report for people."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.progress import track

from minidynamo.cli.display import byte_count, items_table
from minidynamo.database.connect import connect
from minidynamo.database.database import Database
from minidynamo.errors import DynamoError
from minidynamo.formats.loader import FileError, LoadReport, Record, load_records, read_records
from minidynamo.values.api_types import Response

_BAD_LINES_SHOWN_MAX = 20


def run_load(table_name: str, path: Path, key: str | None, file_format: str, shown: int) -> int:
    """Loads a file and reports; returns 0, 1 if lines were bad, 2 if nothing could be done."""
    console = Console()
    try:
        key_types = _parsed_key(key) if key else {}
        records = list(read_records(path, file_format, key_types))
        elements = key_types or _first_attribute(records, path)
        database = connect()
        _create_table(database, table_name, elements)
    except (FileError, ValueError) as error:
        print(f"minidynamo: {error}", file=sys.stderr)
        return 2
    except DynamoError as error:
        print(f"minidynamo: {error.message}", file=sys.stderr)
        return 2
    tracked = track(records, f"Loading {path.name}", console=console, transient=True)
    report = load_records(database, table_name, iter(tracked))
    _print_report(console, database, table_name, elements, report, shown)
    return 1 if report.bad_lines else 0


def _parsed_key(text: str) -> dict[str, str]:
    """Key attributes to their types, from "pk:S,sk:N"."""
    key: dict[str, str] = {}
    for part in text.split(","):
        name, _, kind = part.partition(":")
        if not name or kind not in ("", "S", "N", "B"):
            raise ValueError(f"--key takes NAME or NAME:TYPE with S, N or B, not {part!r}")
        key[name] = kind or "S"
    if len(key) != text.count(",") + 1 or len(key) > 2:
        raise ValueError("--key takes one or two different names: the partition key and the sort key")
    return key


def _first_attribute(records: Iterable[Record], path: Path) -> dict[str, str]:
    for record in records:
        if record.item:
            name, value = next(iter(record.item.items()))
            kind = next(iter(value), "")
            if kind not in ("S", "N", "B"):
                raise ValueError(f"the first attribute, {name}, is of type {kind} and no key: name the key with --key")
            return {name: kind}
    raise FileError(f"{path} holds no item")


def _create_table(database: Database, name: str, key: dict[str, str]) -> None:
    roles = zip(key, ("HASH", "RANGE"), strict=False)
    definitions = [{"AttributeName": name, "AttributeType": kind} for name, kind in key.items()]
    request = {
        "TableName": name,
        "KeySchema": [{"AttributeName": attribute, "KeyType": role} for attribute, role in roles],
        "AttributeDefinitions": definitions,
        "BillingMode": "PAY_PER_REQUEST",
    }
    database.execute("CreateTable", request)


def _print_report(
    console: Console, database: Database, name: str, key: dict[str, str], report: LoadReport, shown: int
) -> None:
    table: Response = database.execute("DescribeTable", {"TableName": name})["Table"]
    keys = ", ".join(f"{attribute} ({kind})" for attribute, kind in key.items())
    console.print(
        f"[bold]{name}[/]: {table['ItemCount']:,} items, {byte_count(table['TableSizeBytes'])}, "
        f"key {keys}, {len(database.partitions(name))} partition(s)"
    )
    console.print(f"{report.item_count:,} of {report.line_count:,} records loaded", end="")
    if report.replaced_count:
        console.print(f"; {report.replaced_count:,} replaced an earlier item with the same key", end="")
    console.print(".")
    if shown > 0 and report.item_count:
        items = database.execute("Scan", {"TableName": name, "Limit": shown})["Items"]
        console.print(items_table(items))
    if report.bad_lines:
        console.print(f"[red]{len(report.bad_lines):,} record(s) were not loaded:[/]")
        for number, error in itertools.islice(report.bad_lines, _BAD_LINES_SHOWN_MAX):
            console.print(f"  line {number}: {error}", markup=False, highlight=False)
        if len(report.bad_lines) > _BAD_LINES_SHOWN_MAX:
            console.print(f"  and {len(report.bad_lines) - _BAD_LINES_SHOWN_MAX:,} more")
