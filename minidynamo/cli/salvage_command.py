"""`minidynamo salvage FILE NEW`."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from minidynamo.cli.display import wide_console
from minidynamo.cli.places import require_file
from minidynamo.database.salvage import SalvageReport, salvage
from minidynamo.errors import StoreError

_SHOWN_MAX = 20


def run_salvage(source: Path, target: Path) -> int:
    """Salvages a file and reports; returns 0, 1 where something is lost, 2 where nothing could be done."""
    console = wide_console()
    try:
        require_file(source)
        with console.status(f"Reading {source}") as status:
            report = salvage(
                source, target, progress=lambda name, count: status.update(f"Reading {name}: {count:,} items")
            )
    except StoreError as error:
        print(f"minidynamo: {error}", file=sys.stderr)
        return 2
    _print_report(console, target, report)
    return 1 if report.count or report.fault else 0


def _print_report(console: Console, target: Path, report: SalvageReport) -> None:
    shown = Table(title=f"{target}", title_justify="left")
    shown.add_column("table", overflow="fold")
    for name in ("items", "lost"):
        shown.add_column(name, justify="right")
    for name, count in report.tables.items():
        shown.add_row(name, f"{count:,}", f"{report.lost[name]:,}")
    console.print(shown)
    if report.fault:
        console.print(f"The new file is not sound: {report.fault}", markup=False, soft_wrap=True)
    if not report.count:
        console.print("Everything could be read.")
        return
    console.print(f"{report.count:,} place(s) could not be read:")
    for text in report.damaged[:_SHOWN_MAX]:
        console.print(f"  {text}", markup=False, soft_wrap=True)
    if report.count > _SHOWN_MAX:
        console.print(f"  and {report.count - _SHOWN_MAX:,} more")
