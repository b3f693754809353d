"""Advice on items that were written: expiry times that never come, items that grow without bound."""

from __future__ import annotations

from collections.abc import Iterator

from minidynamo.insight.advice.advice import Advice, times
from minidynamo.insight.noted import Noted

_TEXTS = {
    "milliseconds": "{detail} of {table} is in milliseconds, and time to live is in seconds: these items would expire "
    "in thousands of years",
    "text": "{detail} of {table} is no number, and time to live is a number of seconds: these items never expire",
    "large": "items of {table} have more than 300 KB, and 400 KB is the most: split what grows into items of its own",
}


def odd_items(ledger: Noted) -> Iterator[Advice]:
    """Items whose time to live is no time in seconds, and items of more than 300 KB."""
    for fault, count in list(ledger.evidence.faults.items()):
        assert fault.kind in _TEXTS, f"nothing is said of {fault.kind}"
        text = _TEXTS[fault.kind].format(detail=fault.detail, table=fault.table)
        yield Advice("item", fault.place, f"{text} ({times(count)})")
