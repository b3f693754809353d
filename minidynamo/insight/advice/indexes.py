"""Advice on indexes: written and never read; holding everything where a little of it is read."""

from __future__ import annotations

from collections.abc import Iterator

from minidynamo.insight.advice.advice import Advice
from minidynamo.insight.advice.pages import answering
from minidynamo.insight.entry import Entry
from minidynamo.insight.noted import Line, Noted

_WRITES_MIN = 100.0
_READS = ("Query", "Scan")
_ATTRIBUTES_MAX = 10


def unused_indexes(ledger: Noted) -> Iterator[Advice]:
    """Indexes that cost at least 100 units of writing and give nothing, or hold more than is read.

    Of a table of which nothing was read by Query or Scan nothing is said: its readers may just not have been noted.
    """
    lines = ledger.lines
    read_tables = {line.entry.table for line in lines if line.entry.operation in _READS}
    for entry in ledger.by_index():
        if entry.index is None or entry.write_units < _WRITES_MIN or entry.table not in read_tables:
            continue
        own = [line for line in lines if (line.entry.table, line.entry.index) == (entry.table, entry.index)]
        readers = [line for line in own if line.entry.operation in _READS]
        place = max(own, key=lambda line: line.entry.write_units).entry.place
        if not readers and not _is_wanted(entry, lines):
            seen = (
                f"the index {entry.index} of {entry.table} took {entry.write_units:,.0f} write units and was never read"
            )
            yield Advice("index", place, f"{seen}: {_remedy(own[0], entry.index)}", entry.write_units)
        elif readers:
            yield from _too_much_projected(entry, readers, place)


def _remedy(line: Line, name: str) -> str:
    """What becomes of an index that nobody reads. Others may: no run of a program shows all that it does."""
    index = None if line.known is None else line.known.index(name)
    if index is None or not index.is_local:
        return "drop it, unless others read it"
    attribute = ", ".join(index.sort_key)
    return f"leave {attribute} out of items, unless others read it, as a local index can be dropped only with its table"


def _is_wanted(entry: Entry, lines: list[Line]) -> bool:
    """Whether an index would answer what somebody looks for by a filter: then that is what there is to be said."""
    return any(
        entry.index in answering(line)
        for line in lines
        if line.entry.operation in _READS and line.entry.table == entry.table and line.trace.filtered
    )


def _too_much_projected(entry: Entry, readers: list[Line], place: str) -> Iterator[Advice]:
    known = next((line.known for line in readers if line.known is not None), None)
    index = None if known is None else known.index(entry.index)
    if known is None or index is None or index.projection != "ALL":
        return
    asked: set[str] = set()
    for line in readers:
        if line.trace.wants_all:
            return
        asked |= line.trace.attributes or set()
    beside = sorted(asked - {*known.key.partition_key, *known.key.sort_key, *index.partition_key, *index.sort_key})
    if len(beside) <= _ATTRIBUTES_MAX:
        wanted = f"INCLUDE [{', '.join(beside)}]" if beside else "KEYS_ONLY"
        text = f"the index {entry.index} of {entry.table} holds all attributes, and {wanted} is all that is read of it"
        # A write takes a unit at least.
        yield Advice("index", place, text, max(0.0, entry.write_units - entry.calls))
