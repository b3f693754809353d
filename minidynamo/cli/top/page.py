"""The page: tables with their course, operations, ages of changes; as wide and as long as a terminal is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from minidynamo.cli.display import plain_text
from minidynamo.cli.top.columns import OPERATION_COLUMNS, TABLE_RATES, TABLE_TOTALS, Column, Line, fitting, known
from minidynamo.cli.top.rates import Rates
from minidynamo.cli.top.reading import Counts

_BARS, _PLAIN_BARS = "▁▂▃▄▅▆▇█", "_.:-=+*#"
_COURSE_FROM_WIDTH, _COURSE_CELLS, _COURSE_TITLE = 80, 20, "course"
_NAME_CELLS_MAX = 30
_OPERATIONS_MAX, _AGES_MAX = 8, 5
# Heads, the line of keys, and what is between.
_LINES_AROUND = 7
NAME = "name"
KEYS = "q ends   s sorts   arrows scroll"


def sort_titles(rates: Rates) -> list[str]:
    """What lines may be sorted by, the best first: columns of which something is known, then names."""
    lines = _lines(rates)
    return [each.title for each in known((*TABLE_RATES, *TABLE_TOTALS), lines)] + [NAME]


def page(rates: Rates, console: Console, note: str, sort: str, first: int = 0, keys: bool = True) -> RenderableType:
    """What is shown.

    Parameters:
        rates: what there is.
        console: its width and height.
        note: a line on what there is not.
        sort: the title of a column, or `NAME`.
        first: the table that comes first, as far as it was scrolled.
        keys: whether the page is a live one, with keys, and as long as the terminal.
    """
    assert rates.last is not None, "a page shows what was read"
    width = console.width
    operations = _operations(rates, width)
    ages = [f"{table} -> {function}: {_age(age)} behind" for (table, function), age in rates.last.ages.items()]
    around = _LINES_AROUND + operations.row_count + min(len(ages), _AGES_MAX) + bool(note)
    count = max(3, console.height - around) if keys else None
    parts: list[RenderableType] = [_tables(rates, console, sort, first, count)]
    if operations.row_count:
        parts += [Text(""), operations]
    parts += [plain_text(each) for each in sorted(ages)[:_AGES_MAX]]
    if note:
        parts.append(Text.assemble((plain_text(note).plain, "yellow")))
    if keys:
        parts.append(Text(f"{KEYS}   sorted by {sort}", style="dim"))
    return Group(*parts)


def _tables(rates: Rates, console: Console, sort: str, first: int, count: int | None) -> Table:
    lines = _sorted(_lines(rates), sort)
    has_course = bool(rates.courses) and console.width >= _COURSE_FROM_WIDTH
    room = console.width - _name_cells("table or index", lines) - (_COURSE_CELLS + 2 if has_course else 0)
    columns = fitting((*TABLE_RATES, *TABLE_TOTALS), lines, room)
    table = _new_table("table or index", columns, sort)
    if has_course:
        table.add_column(_COURSE_TITLE, no_wrap=True)
    bars = _BARS if console.encoding.startswith("utf") else _PLAIN_BARS
    last = len(lines) if count is None else first + count
    for line in lines[first:last]:
        course = [sparkline(rates.courses.get(line.name, ()), bars)] if has_course else []
        table.add_row(plain_text(line.name), *(each.cell(line) for each in columns), *course)
    if not lines:
        table.add_row(Text("no tables", style="dim"))
    return table


def _operations(rates: Rates, width: int) -> Table:
    assert rates.last is not None, "operations are of a reading"
    lines = _all_lines(rates.last.operations, rates.operations)
    lines.sort(key=lambda line: (-(line.rate.calls or 0.0), -(line.total.calls or 0.0), line.name))
    columns = fitting(OPERATION_COLUMNS, lines, width - _name_cells("operation", lines))
    table = _new_table("operation", columns, "")
    for line in lines[:_OPERATIONS_MAX]:
        table.add_row(plain_text(line.name), *(each.cell(line) for each in columns))
    return table


def _name_cells(title: str, lines: Sequence[Line]) -> int:
    return min(_NAME_CELLS_MAX, max(len(title), *(len(line.name) for line in lines), 0))


def _new_table(name: str, columns: Iterable[Column], sort: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(name, overflow="ellipsis", no_wrap=True, max_width=_NAME_CELLS_MAX)
    for each in columns:
        style = "bold underline" if each.title == sort else "bold"
        table.add_column(each.title, justify="right", no_wrap=True, header_style=style)
    return table


def sparkline(values: Iterable[float], bars: str = _BARS) -> str:
    """Values as bars, the largest one as high as a line."""
    shown = list(values)[-_COURSE_CELLS:]
    largest = max(shown, default=0.0)
    if not largest > 0:
        return bars[0] * len(shown)
    return "".join(bars[min(len(bars) - 1, int(value / largest * (len(bars) - 1) + 0.5))] for value in shown)


def _lines(rates: Rates) -> list[Line]:
    return [] if rates.last is None else _all_lines(rates.last.tables, rates.tables)


def _all_lines(totals: Mapping[str, Counts], rates: Mapping[str, Counts]) -> list[Line]:
    return [Line(name, total, rates.get(name, Counts())) for name, total in totals.items()]


def _sorted(lines: Sequence[Line], sort: str) -> list[Line]:
    """Largest first, else by name."""
    column = next((each for each in (*TABLE_RATES, *TABLE_TOTALS) if each.title == sort), None)
    if column is None:
        return sorted(lines, key=lambda line: line.name)
    value = column.value
    return sorted(lines, key=lambda line: (-(value(line) or 0.0), line.name))


def _age(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
