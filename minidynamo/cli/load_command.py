"""`minidynamo load`: a file into a table, in a database file, at an endpoint or in memory, with a report for people."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from minidynamo.cli.display import byte_count, error_console, plain_console, plain_text, print_items
from minidynamo.cli.interruption import Interruption
from minidynamo.cli.load_target import TargetError, described, key_of, key_text, prepare
from minidynamo.cli.places import one_line, open_place, place_name
from minidynamo.database.database import Database
from minidynamo.database.elsewhere import DatabaseElsewhere
from minidynamo.errors import DynamoError, StoreError
from minidynamo.formats.dumping import scanned_items
from minidynamo.formats.loading import LoadReport, load_records
from minidynamo.formats.source import FileError, Source
from minidynamo.templates.table_definition import TemplateError
from minidynamo.values.api_types import JsonObject

_SKIPPED_AT_A_TURN = 1_000
_ERRORS = (DynamoError, StoreError, TemplateError, FileError, TargetError)


def run_load(options: argparse.Namespace) -> int:
    """Loads a file and reports.

    Returns:
        0; 1 if lines were bad; 2 if it could not be done, or not to its end; 130 if it was interrupted. In the last
        cases it says how to go on.
    """
    console = plain_console()
    report = LoadReport()
    try:
        with Interruption() as interruption, Source(options.file) as source, open_place(options) as database:
            is_complete = _load(options, database, source, report, interruption)
            if is_complete:
                _print_report(console, options, database, report)
    except KeyboardInterrupt:
        is_complete = False
    except _ERRORS as error:
        return _stopped(console, options, report, one_line(error), 2)
    if not is_complete:
        return _stopped(console, options, report, "interrupted", 130)
    _print_bad_lines(console, report)
    return 1 if report.bad_count else 0


def _load(
    options: argparse.Namespace, database: Database, source: Source, report: LoadReport, interruption: Interruption
) -> bool:
    """Returns whether all has been loaded."""
    with _progress(options, source, report) as advance:
        records = prepare(options, database, source)
        count_before = _item_count(database, options)

        def goes_on() -> bool:
            advance()
            return not interruption.has_come

        for report.skipped_count, _ in enumerate(islice(records, options.skip), start=1):
            if report.skipped_count % _SKIPPED_AT_A_TURN == 0 and not goes_on():
                return False
        is_complete = load_records(database, options.table, records, report, goes_on)
    if options.endpoint is None:
        report.replaced_count = report.item_count - (_item_count(database, options) - count_before)
    return is_complete


def _item_count(database: Database, options: argparse.Namespace) -> int:
    return int((described(database, options.table) or {"ItemCount": 0})["ItemCount"])


@contextmanager
def _progress(options: argparse.Namespace, source: Source, report: LoadReport) -> Iterator[Callable[[], None]]:
    """A bar over the bytes of the file while this is on; gives what moves it to where the file is read."""
    console = error_console()
    columns = (
        TextColumn("Loading {task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[count]:,} records"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(options.file.name, total=source.size_bytes or None, count=0)
        yield lambda: progress.update(task, completed=source.position_bytes, count=report.done_count)


def _print_report(console: Console, options: argparse.Namespace, database: Database, report: LoadReport) -> None:
    table = described(database, options.table)
    assert table is not None, f"the table {options.table} has been filled and is not there"
    told = plain_text(f": {_table_text(options, database, table)}")
    console.print(Text(options.table, "bold"), told, sep="", soft_wrap=True)
    console.print(f"{report.item_count:,} of {report.answered_count:,} records loaded", end="")
    if report.replaced_count:
        console.print(f"; {report.replaced_count:,} replaced an earlier item with the same key", end="")
    console.print(f"; {report.skipped_count:,} skipped." if report.skipped_count else ".")
    if not place_name(options):
        console.print("Nothing is kept: --db FILE or --endpoint URL says where to load it.", style="yellow")
    if options.show > 0 and report.item_count:
        items = scanned_items(database, options.table, page_items=1)  # Each may be large.
        print_items(console, islice(items, options.show))


def _table_text(options: argparse.Namespace, database: Database, table: JsonObject) -> str:
    key = f"key {key_text(key_of(table))}"
    if options.endpoint is not None:  # Whose counts may be hours old.
        return f"at {options.endpoint}, {key}"
    where = f"in {place_name(options)}, " if options.db is not None else ""
    sizes = f"{table['ItemCount']:,} items, {byte_count(table['TableSizeBytes'])}"
    if isinstance(database, DatabaseElsewhere):  # Whose partitions nobody sees.
        return f"{where}{sizes}, {key}"
    return f"{where}{sizes}, {key}, {len(database.partitions(options.table))} partition(s)"


def _print_bad_lines(console: Console, report: LoadReport) -> None:
    if not report.bad_count:
        return
    console.print(f"[red]{report.bad_count:,} record(s) were not loaded:[/]")
    for number, error in report.bad_lines:
        console.print(plain_text(f"  line {number}: {error}"), soft_wrap=True)
    if report.bad_count > len(report.bad_lines):
        console.print(f"  and {report.bad_count - len(report.bad_lines):,} more")


def _stopped(console: Console, options: argparse.Namespace, report: LoadReport, why: str, code: int) -> int:
    """Says why a load has ended early, and how to go on behind what has been answered."""
    _print_bad_lines(console, report)
    hint = ""
    if report.answered_count and place_name(options):
        hint = f"; {report.done_count:,} records are done: go on with --skip {report.done_count}"
    print(f"minidynamo: {why}{hint}", file=sys.stderr)
    return code
