"""How the answers of statements are shown: as tables for people, as JSON or CSV for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console

from minidynamo.cli.display import print_items
from minidynamo.cli.sql import RESULT_FORMATS
from minidynamo.formats.dumping import csv_lines, dynamodb_line, shown_line
from minidynamo.values.api_types import Response
from minidynamo.values.attribute_value import Item

Show = Callable[[Console, Sequence[Item]], None]


def _print_lines(line_of: Callable[[Item], str]) -> Show:
    def show(console: Console, items: Sequence[Item]) -> None:
        for item in items:
            console.print(line_of(item), markup=False, soft_wrap=True)

    return show


def _print_csv(console: Console, items: Sequence[Item]) -> None:
    columns = list(dict.fromkeys(name for item in items for name in item))
    for line in csv_lines(items, columns, is_complete=False) if columns else ():
        console.print(line, markup=False, soft_wrap=True)


SHOWS: dict[str, Show] = {
    "table": print_items,
    "json": _print_lines(shown_line),
    "dynamodb": _print_lines(dynamodb_line),
    "csv": _print_csv,
}
assert tuple(SHOWS) == RESULT_FORMATS, f"the formats {list(SHOWS)} are not those of the options"


def summary(items: Sequence[Item], capacity: Response | None, seconds: float, is_write: bool) -> str:
    """The line under a result: how much there is, what it cost and how long it took."""
    parts = [] if is_write and not items else [f"{len(items):,} item{'' if len(items) == 1 else 's'}"]
    if capacity is not None:
        kind = "write" if is_write else "read"
        parts.append(f"{capacity['CapacityUnits']:g} {kind} unit{'' if capacity['CapacityUnits'] == 1 else 's'}")
    return ", ".join([*parts, f"{seconds * 1000:,.1f} ms"])


def pointed_at(statement: str, line: int, column: int, length: int) -> str:
    """A line of a statement, and below it marks under the place of a fault."""
    lines = statement.splitlines() or [""]
    text = lines[line - 1] if line <= len(lines) else ""
    return f"  {text}\n  {' ' * (column - 1)}{'^' * max(length, 1)}"
