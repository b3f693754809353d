"""Ledgers in files: JSON, sorted, one line of it per line of the ledger, so that changes can be reviewed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import NamedTuple, TypeGuard

from minidynamo.insight.advice.advice import Advice
from minidynamo.insight.entry import Entry
from minidynamo.insight.hot_keys import HotKey
from minidynamo.insight.noted import Noted

_FORMAT, _VERSION = "minidynamo ledger", 1
_TEXTS, _COUNTS = ("operation", "table", "place"), ("calls", "errors", "items_read", "items_kept")
_TOLD = ("leading_calls", "table_calls")
_UNITS = ("read_units", "write_units")
_MOST = 10**15
_KEYS_SAVED = 100


class LedgerError(ValueError):
    """A file that holds no ledger; the text says what is wrong with it, in one line."""


def ledger_text(ledger: Noted, advice: Sequence[Advice]) -> str:
    """A ledger with the advice on it, as a file holds it."""
    entries = sorted(ledger.entries, key=lambda each: (each.operation, each.table, each.index or "", each.place))
    lines = ",\n".join(f"  {json.dumps(each.as_json(), ensure_ascii=False)}" for each in entries)
    head = {"format": _FORMAT, "version": _VERSION, "calls": ledger.calls}
    tail = {
        "hot_keys": [asdict(each) for each in ledger.hot_keys(_KEYS_SAVED)],
        "advice": [list(each) for each in advice],
    }
    return f'{json.dumps(head)[:-1]}, "entries": [\n{lines}\n],\n{json.dumps(tail, ensure_ascii=False)[1:]}\n'


def write_ledger(text: str, path: Path) -> None:
    """Writes the text of a ledger to a file; raises LedgerError where it cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LedgerError(f"cannot write {path}: {error.strerror or error}") from None


class Loaded(NamedTuple):
    """What a file tells of a ledger."""

    calls: int
    entries: list[Entry]
    hot_keys: list[HotKey]
    advice: list[Advice]


def read_ledger(path: Path) -> bytes:
    """What a file holds; raises LedgerError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise LedgerError(f"cannot read {path}: {error.strerror or error}") from None


def parsed_ledger(text: bytes | str, path: Path) -> Loaded:
    """The ledger in the text of a file; see `Ledger.load`.

    Parameters:
        text: the text, in UTF-8 where it is bytes.
        path: of the file, for errors.
    """
    try:
        read = json.loads(text if isinstance(text, str) else text.decode("utf-8"))
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
    keys, advice = read.get("hot_keys", []), read.get("advice", [])
    if not isinstance(keys, list) or not isinstance(advice, list):
        raise LedgerError(f"{path} is no ledger: its advice is damaged")
    if not all(map(_is_hot_key, keys)) or not all(map(_is_advice, advice)):
        raise LedgerError(f"{path} is no ledger: its advice is damaged")
    return Loaded(
        calls,
        [Entry(**each) for each in entries],
        [HotKey(**each) for each in keys],
        [Advice(*each) for each in advice],
    )


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


def _is_hot_key(read: object) -> bool:
    if not isinstance(read, dict) or read.keys() != {each.name for each in fields(HotKey)}:
        return False
    texts = isinstance(read["table"], str) and isinstance(read["key"], str) and isinstance(read["index"], str | None)
    return texts and all(is_amount(read[name]) for name in ("units", "share", "error", "calls"))


def _is_advice(read: object) -> bool:
    if not isinstance(read, list) or len(read) != len(Advice._fields):
        return False
    return all(isinstance(each, str) for each in read[:3]) and is_amount(read[3])


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and is_amount(value)


def is_amount(value: object) -> bool:
    """Whether a value that was read is a number that may be one of calls or units."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST
