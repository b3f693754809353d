"""Advice on Query and Scan: scans that come again, filters that throw away, pages and limits."""

from __future__ import annotations

from collections.abc import Iterator

from minidynamo.insight.advice.advice import Advice, subject, times
from minidynamo.insight.noted import Line, Noted

# Operation, table, index and file.
_Where = tuple[str, str, str | None, str]

# Fewer items than these are no reason to say anything.
_ITEMS_MIN = 100
_UNITS_MIN = 5.0
_THROWN_AWAY_MIN = 0.8
# A Scan with a filter looks for something; one without may be a backup, or a list of all there is.
_SCANS_MIN, _WHOLE_SCANS_MIN = 2, 10


def repeated_scans(ledger: Noted) -> Iterator[Advice]:
    """Scans at a place that is called again."""
    for line in _pages(ledger, "Scan"):
        entry, trace = line.entry, line.trace
        if trace.begun < (_SCANS_MIN if trace.filtered else _WHOLE_SCANS_MIN) or entry.items_read < _ITEMS_MIN:
            continue
        remedy = _remedy(line)
        if trace.filtered == 0:
            remedy = "keep what it looks for where a Query or GetItem finds it, or remember the answer"
        text = (
            f"Scan of {subject(entry)} has begun {trace.begun} times and read {entry.items_read:,} items "
            f"for {entry.units:,.1f} units: {remedy}"
        )
        yield Advice("scan", entry.place, text, _wasted(line))
    yield from _repeated_selects(ledger)


def _repeated_selects(ledger: Noted) -> Iterator[Advice]:
    """The same of statements. How many items these read nobody tells: units are all that is known."""
    for line in _pages(ledger, "ExecuteStatement"):
        entry, trace = line.entry, line.trace
        if trace.begun >= _SCANS_MIN and trace.filtered and trace.filtered_units >= _UNITS_MIN:
            text = (
                f"SELECT of {subject(entry)} reads all of it, since WHERE pins no partition key; it has begun "
                f"{trace.begun} times and took {trace.filtered_units:,.1f} units: {_remedy(line)}"
            )
            yield Advice("scan", entry.place, text)


def wasteful_filters(ledger: Noted) -> Iterator[Advice]:
    """Filters that throw away at least 80 % of at least 100 items."""
    for line in _pages(ledger, "Query", "Scan"):
        entry, trace = line.entry, line.trace
        if entry.operation == "Scan" and trace.begun >= _SCANS_MIN:
            continue  # That is said of the scan.
        if trace.filtered_read < _ITEMS_MIN or trace.filtered_kept > (1 - _THROWN_AWAY_MIN) * trace.filtered_read:
            continue
        share = 1 - trace.filtered_kept / trace.filtered_read
        text = (
            f"the filter of {entry.operation} on {subject(entry)} throws away {share:.0%} of {trace.filtered_read:,} "
            f"items that were paid for: {_remedy(line)}"
        )
        yield Advice("filter", entry.place, text, _wasted(line))


def forgotten_pages(ledger: Noted) -> Iterator[Advice]:
    """Answers with a LastEvaluatedKey that is never followed, so that the rest is never seen."""
    followed = _followed(ledger)
    for line in _pages(ledger, "Query", "Scan"):
        entry, trace = line.entry, line.trace
        if trace.ended_early and _where(line) not in followed:
            text = (
                f"{entry.operation} of {subject(entry)} had more to give {times(trace.ended_early)}, and nobody asked "
                "for it: follow LastEvaluatedKey, or use a paginator"
            )
            yield Advice("page", entry.place, text)


def limits_with_filters(ledger: Noted) -> Iterator[Advice]:
    """Limit together with a filter, taken for the number of items that come back."""
    followed = _followed(ledger)
    for line in _pages(ledger, "Query", "Scan"):
        entry, trace = line.entry, line.trace
        if trace.short_limits and _where(line) not in followed:
            text = (
                f"Limit of {entry.operation} on {subject(entry)} bounds what is read, before the filter: "
                f"{times(trace.short_limits)} fewer came back while there was more: go on until there is no "
                "LastEvaluatedKey, or enough was found"
            )
            yield Advice("limit", entry.place, text)


def _pages(ledger: Noted, *operations: str) -> Iterator[Line]:
    return (line for line in ledger.lines if line.entry.operation in operations)


def _followed(ledger: Noted) -> set[_Where]:
    """Where pages are followed: at a place, or at another one of the same file."""
    return {_where(line) for line in _pages(ledger, "Query", "Scan") if line.trace.followed}


def _where(line: Line) -> _Where:
    entry = line.entry
    return entry.operation, entry.table, entry.index, entry.place.rpartition(":")[0]


def _wasted(line: Line) -> float:
    """The units that were paid for what filters have thrown away."""
    trace = line.trace
    if not trace.filtered_read:
        return 0.0
    wasted = trace.filtered_units * (1 - trace.filtered_kept / trace.filtered_read)
    assert wasted >= 0, f"filters keep {trace.filtered_kept} of {trace.filtered_read} items"
    return wasted


def _remedy(line: Line) -> str:
    """Which key condition would answer what a filter asks: by an index that there is, or by a new one."""
    table, clauses = line.known, line.trace.clauses
    for name in answering(line):
        assert table is not None, f"{name} is an index of no table"
        where = "the table" if name is None else f"the index {name}"
        key = table.key if name is None else table.indexes[name]
        return f"Query {where} by {', '.join(key.partition_key)}"
    if not clauses:
        return "find it by a key condition: keep what the filter looks for as an attribute of a key"
    equal = [name for name, operator in clauses if operator == "="]
    names = list(dict.fromkeys([*equal, *(name for name, _ in clauses)]))[:2]
    return f"Query a global index with the key ({', '.join(names)}), which takes a unit or more for each write"


def answering(line: Line) -> Iterator[str | None]:
    """The indexes of a table, None for itself, whose key condition would find what a filter asks for."""
    if line.known is None:
        return
    entry = line.entry
    equal = {name for name, operator in line.trace.clauses if operator == "="}
    for name, index in ((None, line.known.key), *line.known.indexes.items()):
        is_same = entry.operation == "Query" and name == entry.index
        if not is_same and equal.issuperset(index.partition_key):
            yield name
