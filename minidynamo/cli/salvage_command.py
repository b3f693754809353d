"""`minidynamo salvage FILE NEW [--tables TEMPLATE]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from minidynamo.cli.display import plain_text, wide_console
from minidynamo.cli.places import one_line, require_file
from minidynamo.cli.template_file import tables_in
from minidynamo.database.salvage import SalvageReport, salvage
from minidynamo.errors import DynamoError, StoreError
from minidynamo.templates.table_definition import TemplateError

_SHOWN_MAX = 20
# By whether tables were declared.
_ADVICE = {
    False: "--tables TEMPLATE, which declares the table, saves them",
    True: "not one of the tables that --tables declares has their key and indexes",
}


def run_salvage(options: argparse.Namespace) -> int:
    """Salvages a file and reports; returns 0, 1 where something is lost, 2 where nothing could be done."""
    source, target = options.file, options.new
    console = wide_console()
    try:
        require_file(source)
        declare = None if options.tables is None else tables_in(options.tables).create
        with console.status(plain_text(f"Reading {source}")) as status:
            report = salvage(
                source,
                target,
                progress=lambda name, count: status.update(plain_text(f"Reading {name}: {count:,} items")),
                declare=declare,
            )
    except (StoreError, TemplateError, DynamoError) as error:
        print(f"minidynamo: {one_line(error)}", file=sys.stderr)
        return 2
    _print_report(console, target, report, options.tables is not None)
    return 1 if report.count or report.fault else 0


def _print_report(console: Console, target: Path, report: SalvageReport, is_declared: bool) -> None:
    shown = Table(title=plain_text(str(target)), title_justify="left")
    shown.add_column("table", overflow="fold")
    for name in ("items", "lost"):
        shown.add_column(name, justify="right")
    for name, count in report.tables.items():
        shown.add_row(plain_text(name), f"{count:,}", f"{report.lost[name]:,}")
    console.print(shown)
    if report.fault:
        console.print(plain_text(f"The new file is not sound: {report.fault}"), soft_wrap=True)
    for keyspace, count in report.unassigned.items():
        text = f"{count:,} items in {keyspace} are of a table whose definition is damaged, and are left out: "
        console.print(plain_text(f"{text}{_ADVICE[is_declared]}"), soft_wrap=True)
    if not report.count:
        console.print("Everything could be read.")
        return
    console.print(f"{report.count:,} place(s) could not be read:")
    for text in report.damaged[:_SHOWN_MAX]:
        console.print(plain_text(f"  {text}"), soft_wrap=True)
    if report.count > _SHOWN_MAX:
        console.print(f"  and {report.count - _SHOWN_MAX:,} more")
