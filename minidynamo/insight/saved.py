"""Ledgers in files: JSON, sorted, one line of it per line of the ledger, so that changes can be reviewed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeGuard

from minidynamo.insight.entry import Entry
from minidynamo.insight.noted import Noted

_FORMAT, _VERSION = "minidynamo ledger", 1
_TEXTS, _COUNTS = ("operation", "table", "place"), ("calls", "errors", "items_read", "items_kept")
_TOLD = ("leading_calls", "table_calls")
_UNITS = ("read_units", "write_units")
_MOST = 10**15


class LedgerError(ValueError):
    """A file that holds no ledger; the text says what is wrong with it, in one line."""


def save_ledger(ledger: Noted, path: Path) -> None:
    """Writes a ledger to a file.

    Raises:
        LedgerError: it cannot be written.
    """
    entries = sorted(ledger.entries, key=lambda each: (each.operation, each.table, each.index or "", each.place))
    lines = ",\n".join(f"  {json.dumps(each.as_json(), ensure_ascii=False)}" for each in entries)
    head = {"format": _FORMAT, "version": _VERSION, "calls": ledger.calls}
    text = f'{json.dumps(head)[:-1]}, "entries": [\n{lines}\n]}}\n'
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LedgerError(f"cannot write {path}: {error.strerror or error}") from None


def load_entries(path: Path) -> tuple[int, list[Entry]]:
    """The number of calls and the lines of the ledger in a file; see `Ledger.load`."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LedgerError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):  # No text, no JSON, or more of it than can be read.
        raise LedgerError(f"{path} is no ledger: it is no JSON") from None
    if not isinstance(read, dict) or read.get("format") != _FORMAT:
        raise LedgerError(f"{path} is no ledger: write one with Ledger.save")
    if read.get("version") != _VERSION:
        raise LedgerError(
            f"{path} is a ledger of version {read.get('version')!r}, and this minidynamo reads {_VERSION}"
        )
    entries, calls = read.get("entries"), read.get("calls")
    if not isinstance(entries, list) or not _is_count(calls) or not all(map(_is_entry, entries)):
        raise LedgerError(f"{path} is no ledger: its entries are damaged")
    return calls, [Entry(**each) for each in entries]


def _is_entry(read: object) -> bool:
    if not isinstance(read, Mapping) or read.keys() != {*_TEXTS, *_COUNTS, *_TOLD, *_UNITS, "index"}:
        return False
    return (
        all(isinstance(read[name], str) for name in _TEXTS)
        and all(_is_count(read[name]) for name in (*_COUNTS, *_TOLD))
        and read["errors"] <= read["calls"]
        and all(is_amount(read[name]) for name in _UNITS)
        and isinstance(read["index"], str | None)
    )


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and is_amount(value)


def is_amount(value: object) -> bool:
    """Whether a value that was read is a number that may be one of calls or units."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST
