"""The columns of the page: what each shows of a table or an operation, and which go first where there is no room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from minidynamo.cli.display import byte_count
from minidynamo.cli.top.reading import Counts

_EMPTY = Counts()
# What a cell shows that nothing is known for.
_UNKNOWN = "-"


class Line(NamedTuple):
    """A line of the page.

    Attributes:
        name: of the table or operation.
        total: what there has been, and is.
        rate: the same per second.
    """

    name: str
    total: Counts
    rate: Counts = _EMPTY


class Column(NamedTuple):
    """A column.

    Attributes:
        title: its head.
        value: what it shows of a line; None for what is unknown.
        form: how a value is written.
        rank: the lower, the longer it stays where there is less room.
    """

    title: str
    value: Callable[[Line], float | None]
    form: Callable[[float], str]
    rank: int

    def cell(self, line: Line) -> str:
        """What it shows of a line."""
        value = self.value(line)
        return _UNKNOWN if value is None else self.form(value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.1f}"


def _change(value: float) -> str:
    return f"+{_number(value)}" if value > 0 else _number(value)


def _size_change(value: float) -> str:
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{byte_count(abs(value))}"


def _milliseconds(line: Line) -> float | None:
    counts = line.rate if line.rate.calls else line.total
    return None if not counts.calls or counts.seconds is None else 1000 * counts.seconds / counts.calls


def _fine(value: float) -> str:
    return f"{value:,.2f}"


# Per second where two readings tell that; the first one is what tables are sorted by.
TABLE_RATES = (
    Column("units/s", lambda line: line.rate.units, _number, 1),
    Column("calls/s", lambda line: line.rate.calls, _number, 2),
    Column("errors/s", lambda line: line.rate.errors, _number, 4),
    Column("records/s", lambda line: line.rate.records, _number, 3),
    Column("items/s", lambda line: line.rate.items, _change, 5),
    Column("size/s", lambda line: line.rate.size_bytes, _size_change, 10),
)
TABLE_TOTALS = (
    Column("units", lambda line: line.total.units, _number, 7),
    Column("read units", lambda line: line.total.read_units, _number, 13),
    Column("write units", lambda line: line.total.write_units, _number, 14),
    Column("calls", lambda line: line.total.calls, _number, 8),
    Column("errors", lambda line: line.total.errors, _number, 11),
    Column("items", lambda line: line.total.items, _number, 6),
    Column("size", lambda line: line.total.size_bytes, byte_count, 9),
    Column("partitions", lambda line: line.total.partitions, _number, 12),
)
OPERATION_COLUMNS = (
    Column("calls/s", lambda line: line.rate.calls, _number, 1),
    Column("calls", lambda line: line.total.calls, _number, 3),
    Column("errors", lambda line: line.total.errors, _number, 4),
    Column("ms", _milliseconds, _fine, 2),
)
_GAP = 2


def known(columns: Sequence[Column], lines: Sequence[Line]) -> list[Column]:
    """The columns of which something is known."""
    return [each for each in columns if any(each.value(line) is not None for line in lines)]


def fitting(columns: Sequence[Column], lines: Sequence[Line], width: int) -> list[Column]:
    """Those that are known and have room beside each other, in their order; the first by rank always is there."""
    chosen: list[Column] = []
    left = width
    for each in sorted(known(columns, lines), key=lambda column: column.rank):
        needed = _GAP + max(len(each.title), *(len(each.cell(line)) for line in lines))
        if chosen and needed > left:
            break
        chosen.append(each)
        left -= needed
    return sorted(chosen, key=columns.index)
