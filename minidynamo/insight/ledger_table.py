"""A ledger as a table for people: plain text, or Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from minidynamo.insight.entry import Entry
from minidynamo.insight.noted import Noted
from minidynamo.values.printable import printable

_HEAD = ("operation", "table", "index", "calls", "units", "read", "kept", "$/M calls", "place")
_NUMBERS = range(3, 8)


def ledger_table(ledger: Noted, count: int, is_markdown: bool = False) -> str:
    """The dearest lines of a ledger, and a line with the sums.

    Parameters:
        ledger: what is shown.
        count: how many lines at most.
        is_markdown: as Markdown has it, rather than as plain text.
    """
    entries = ledger.entries
    rows = [_row(each, ledger) for each in entries[:count]]
    lines = [*(markdown_lines if is_markdown else text_lines)(_HEAD, rows, _NUMBERS)]
    if len(entries) > count:
        lines += ["", f"and {len(entries) - count:,} lines more"]
    return "\n".join([*lines, *([""] if is_markdown else []), _sums(ledger)])


def text_lines(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> list[str]:
    """Rows below a head as plain text, numbers to the right."""
    rows = [[printable(each) for each in row] for row in rows]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [
        "  ".join(
            each.rjust(width) if column in numbers else each.ljust(width)
            for column, (each, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]


def markdown_lines(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> list[str]:
    """Rows below a head as a table of Markdown."""
    ruler = ["---:" if column in numbers else "---" for column in range(len(head))]
    escaped = [[printable(each).replace("|", "\\|") for each in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in (head, ruler, *escaped)]


def number(value: float) -> str:
    """Units as they are shown: 3000, 48.5."""
    return f"{value:.1f}".removesuffix(".0")


def _row(entry: Entry, ledger: Noted) -> tuple[str, ...]:
    is_read = bool(entry.items_read)
    return (
        entry.operation,
        entry.table,
        entry.index or "",
        str(entry.calls),
        number(entry.units),
        str(entry.items_read) if is_read else "",
        str(entry.items_kept) if is_read else "",
        f"{entry.dollars_per_million(ledger.prices, ledger.region):.3f}",
        entry.place,
    )


def _sums(ledger: Noted) -> str:
    assert ledger.calls >= 0, f"a ledger of {ledger.calls} calls"
    return (
        f"{ledger.calls:,} call{'' if ledger.calls == 1 else 's'}, {number(ledger.read_units)} read units, "
        f"{number(ledger.write_units)} write units: ${ledger.dollars:.6f} on demand in {ledger.region}, "
        f"prices of {ledger.prices.date}"
    )
