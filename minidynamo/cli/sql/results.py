"""How the answers of statements are shown: as tables for people, as JSON or CSV for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as RichTable

from minidynamo.cli.display import items_table, print_lines
from minidynamo.cli.sql import RESULT_FORMATS
from minidynamo.formats.dumping import cell_text, csv_lines, dynamodb_line, shown_line
from minidynamo.values.attribute_value import Item
from minidynamo.values.printable import printable

# Rows of a table that hold no item.
_FRAME_ROWS = 4
_SHOWN_COLUMNS = 76
_WIDEST = 1_000
_TAB = " " * 4


class Results:
    """Shows results, part by part.

    Parameters:
        console: where they are printed.
        form: one of `RESULT_FORMATS`.

    Attributes:
        form: as given; may be changed.
        is_expanded: whether each attribute has a line of its own, whatever the form.
    """

    def __init__(self, console: Console, form: str) -> None:
        assert form in RESULT_FORMATS, f"there is no format {form!r}"
        self.console = console
        self.form = form
        self.is_expanded = False
        self._columns: list[str] = []
        self._number = 0
        self._notice = ""
        self._has_noticed = False

    @property
    def is_streamed(self) -> bool:
        """Whether what is shown of an item does not depend on the others."""
        return self.is_expanded or self.form in ("json", "dynamodb")

    def begin(self) -> None:
        """What follows is a new result."""
        self._columns, self._number = [], 0

    def show(self, items: Sequence[Item]) -> None:
        """Shows the next items of a result."""
        assert self.form in _SHOWS, f"there is no format {self.form!r}"
        if items:
            (_show_expanded if self.is_expanded else _SHOWS[self.form])(self, items)
            self._number += len(items)

    def show_rows(self, rows: Sequence[Item]) -> None:
        """Shows rows about tables: completely also where a table of them is too wide."""
        self.begin()
        is_table = self.form in ("table", "auto") and not self.is_expanded
        if is_table and not self._fits(items_table(rows)):
            _show_expanded(self, rows)
        else:
            self.show(rows)

    def rows_of(self, item: Item) -> int:
        """How many rows of a screen an item takes."""
        if self.is_expanded:
            return len(item) + 1
        if self.form in ("table", "auto"):
            return 1
        return 1 + len(_LINES.get(self.form, shown_line)(item)) // max(self.console.width, 1)

    @property
    def frame_rows(self) -> int:
        """How many rows a screen has besides those of items."""
        return 0 if self.is_streamed else _FRAME_ROWS

    def take_notice(self) -> str:
        """What is to be said about how results are shown: once."""
        notice, self._notice = self._notice, ""
        return notice

    def _fits(self, table: RichTable) -> bool:
        return _width(self.console, table) <= self.console.width

    def _show_auto(self, items: Sequence[Item]) -> None:
        table = items_table(items)
        if self._fits(table):
            self.console.print(table)
            return
        if not self._has_noticed:
            self._has_noticed = True
            self._notice = (
                "as JSON, since a table is too wide: \\format table cuts it, \\x shows attribute by attribute"
            )
        print_lines(self.console, map(shown_line, items))

    def _show_table(self, items: Sequence[Item]) -> None:
        table = items_table(items)
        for column in table.columns:
            column.overflow, column.no_wrap = "ellipsis", True
        self.console.print(table)

    def _show_lines(self, items: Sequence[Item]) -> None:
        print_lines(self.console, map(_LINES[self.form], items))

    def _show_csv(self, items: Sequence[Item]) -> None:
        """One header, unless attributes come that it has not named."""
        columns = list(dict.fromkeys([*self._columns, *(name for item in items for name in item)]))
        is_known, self._columns = columns == self._columns, columns
        lines = csv_lines(items, columns, is_complete=False) if columns else ()
        print_lines(self.console, islice(lines, 1 if is_known else 0, None))


def _show_expanded(results: Results, items: Sequence[Item]) -> None:
    """Each attribute in a line of its own, items counted."""
    for number, item in enumerate(items, results._number + 1):
        names = [printable(name) for name in item]
        width = max(map(cell_len, names), default=0)
        texts = (printable(cell_text(value)) for value in item.values())
        lines = (f"{name}{' ' * (width - cell_len(name))}  {text}" for name, text in zip(names, texts, strict=True))
        print_lines(results.console, (f"-- {number} --", *lines))


_LINES: dict[str, Callable[[Item], str]] = {"json": shown_line, "dynamodb": dynamodb_line}
_SHOWS: dict[str, Callable[[Results, Sequence[Item]], None]] = {
    "table": Results._show_table,
    "json": Results._show_lines,
    "dynamodb": Results._show_lines,
    "csv": Results._show_csv,
    "auto": Results._show_auto,
}
assert tuple(_SHOWS) == RESULT_FORMATS, f"the formats {list(_SHOWS)} are not those of the options"


def _width(console: Console, table: RichTable) -> int:
    return Measurement.get(console, console.options.update(width=_WIDEST), table).maximum


def summary(count: int, units: float | None, seconds: float, is_write: bool) -> str:
    """The line under a result: how much there is, what it cost and how long it took."""
    parts = [] if is_write and not count else [counted(count)]
    if units is not None:
        parts.append(f"{units:g} {'write' if is_write else 'read'} unit{'' if units == 1 else 's'}")
    return ", ".join([*parts, f"{seconds * 1000:,.1f} ms"])


def counted(count: int) -> str:
    """A number of items: "1 item"."""
    return f"{count:,} item{'' if count == 1 else 's'}"


def pointed_at(statement: str, line: int, column: int, length: int) -> str:
    """A line of a statement, cut where it is long, and below it marks under the place of a fault."""
    assert line > 0 and column > 0, f"a fault is at {line}:{column}, before the statement"
    lines = statement.split("\n")
    text = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
    begin = max(0, column - 1 - _SHOWN_COLUMNS // 2) if len(text) > _SHOWN_COLUMNS else 0
    end = begin + _SHOWN_COLUMNS
    left, right = "…" if begin else "", "…" if end < len(text) else ""
    start = column - 1
    before, marked = _cells(left + text[begin:start]), _cells(text[start : min(start + length, end)])
    return f"  {left}{_seen(text[begin:end])}{right}\n  {' ' * before}{'^' * max(marked, 1)}"


def _seen(text: str) -> str:
    """A piece of a line as it is seen, which takes as many cells wherever it stands."""
    return printable(text.replace("\t", _TAB))


def _cells(text: str) -> int:
    return cell_len(_seen(text))
