"""`minidynamo cost FILE [BEFORE]`: a ledger that was saved, or how two of them differ."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from minidynamo.cli.places import one_line
from minidynamo.insight.entry import Entry
from minidynamo.insight.ledger import Ledger
from minidynamo.insight.ledger_table import markdown_lines, number, text_lines
from minidynamo.insight.saved import LedgerError
from minidynamo.values.printable import printable

_HEAD = ("calls", "read units", "write units", "$")
_NAMES: dict[str, Callable[[Entry], str]] = {
    "operation": lambda each: each.operation,
    "table": lambda each: each.table,
    "index": lambda each: f"{each.table}/{each.index}" if each.index else each.table,
    "place": lambda each: each.place,
}


def run_cost(options: argparse.Namespace) -> int:
    """Prints a ledger; returns 0, 1 where it has become dearer than an earlier one, 2 where there is none."""
    try:
        ledger = Ledger.load(options.ledger)
        before = None if options.before is None else Ledger.load(options.before)
    except LedgerError as error:
        print(f"minidynamo: {one_line(error)}", file=sys.stderr)
        return 2
    if before is not None:
        comparison = ledger.compare(before)
        _print(comparison.as_markdown() if options.markdown else str(comparison))
        return int(comparison.is_dearer)
    if options.by is not None:
        _print("\n".join(_grouped(ledger, options.by, options.markdown)))
    else:
        _print(ledger.as_markdown(40) if options.markdown else str(ledger))
    return 0


def _grouped(ledger: Ledger, by: str, is_markdown: bool) -> list[str]:
    entries: list[Entry] = getattr(ledger, f"by_{by}")()
    rows = [
        (
            _NAMES[by](each) or "(none)",
            str(each.calls),
            number(each.read_units),
            number(each.write_units),
            f"{each.dollars(ledger.prices, ledger.region):.6f}",
        )
        for each in entries
    ]
    lines = markdown_lines if is_markdown else text_lines
    return lines((by, *_HEAD), rows, range(1, 5))


def _print(text: str) -> None:
    assert isinstance(text, str), f"{text!r} is no text"
    print("\n".join(map(printable, text.splitlines())))
