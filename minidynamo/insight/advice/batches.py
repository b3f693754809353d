"""Advice on batches: what was left of them, and what was asked for one by one."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from minidynamo.insight.advice.advice import Advice, is_in_loop, subject
from minidynamo.insight.noted import Noted

_RUN_MIN = 10
_REMEDIES = {
    "BatchWriteItem": "send UnprocessedItems again, with a pause that grows, or use batch_writer",
    "BatchGetItem": "ask for UnprocessedKeys again, with a pause that grows",
}


def unprocessed(ledger: Noted) -> Iterator[Advice]:
    """Entries of batches that were not carried out, and not sent again."""
    for line in ledger.lines:
        remedy = _REMEDIES.get(line.entry.operation)
        if remedy is not None and line.trace.unprocessed:
            count = line.trace.unprocessed
            entries = "entry was" if count == 1 else "entries were"
            text = f"{count} {entries} left by {line.entry.operation} and not sent again: {remedy}"
            yield Advice("unprocessed", line.entry.place, text)


def single_reads(ledger: Noted) -> Iterator[Advice]:
    """Ten or more GetItem in a row behind a Query, in a loop."""
    for line in ledger.lines:
        entry, run = line.entry, line.trace.runs_after_query
        if entry.operation == "GetItem" and run >= _RUN_MIN and is_in_loop(entry.place):
            text = (
                f"{run} GetItem of {subject(entry)} in a row behind a Query: project what they look for into the index "
                f"that is queried, or ask BatchGetItem for 100 at a time ({ceil(run / 100)} instead of {run} calls)"
            )
            yield Advice("single-reads", entry.place, text)


def single_puts(ledger: Noted) -> Iterator[Advice]:
    """Ten or more PutItem in a row, in a loop. Those with conditions are left alone: no batch takes them."""
    for line in ledger.lines:
        entry, trace = line.entry, line.trace
        if entry.operation != "PutItem" or trace.longest_run < _RUN_MIN or trace.conditions:
            continue
        if is_in_loop(entry.place):
            text = (
                f"{trace.longest_run} PutItem into {entry.table} in a row: batch_writer sends 25 at a time "
                f"({ceil(trace.longest_run / 25)} instead of {trace.longest_run} calls, for as many units)"
            )
            yield Advice("single-writes", entry.place, text)
