"""How the answers of statements are shown: as tables for people, as JSON or CSV for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.console import Console

from minidynamo.cli.display import print_items, print_lines
from minidynamo.cli.printable import printable
from minidynamo.cli.sql import RESULT_FORMATS
from minidynamo.formats.dumping import csv_lines, dynamodb_line, shown_line
from minidynamo.values.api_types import Response
from minidynamo.values.attribute_value import Item

_TAB = " " * 4
Show = Callable[[Console, Sequence[Item]], None]


def _print_lines(line_of: Callable[[Item], str]) -> Show:
    return lambda console, items: print_lines(console, map(line_of, items))


def _print_csv(console: Console, items: Sequence[Item]) -> None:
    columns = list(dict.fromkeys(name for item in items for name in item))
    print_lines(console, csv_lines(items, columns, is_complete=False) if columns else ())


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
    lines = statement.split("\n")
    text = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
    start = column - 1
    before, marked = _cells(text[:start]), _cells(text[start : start + length])
    return f"  {_seen(text)}\n  {' ' * before}{'^' * max(marked, 1)}"


def _seen(text: str) -> str:
    """A piece of a line as it is seen, which takes as many cells wherever it stands."""
    return printable(text.replace("\t", _TAB))


def _cells(text: str) -> int:
    return cell_len(_seen(text))
