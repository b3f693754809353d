"""Advice on batches: what was left of them, and what was asked for one by one."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from minidynamo.insight.advice.advice import Advice, subject
from minidynamo.insight.evidence import RUN_MIN
from minidynamo.insight.loops import is_in_loop
from minidynamo.insight.noted import Noted

_REMEDIES = {
    "BatchWriteItem": "send UnprocessedItems again, with a pause that grows, or use batch_writer",
    "BatchGetItem": "ask for UnprocessedKeys again, with a pause that grows",
}


def unprocessed(ledger: Noted) -> Iterator[Advice]:
    """Entries of batches that were not carried out, and not sent again."""
    for (operation, _), pending in list(ledger.evidence.unprocessed.items()):
        if pending.count:
            entries = "entry was" if pending.count == 1 else "entries were"
            text = f"{pending.count} {entries} left by {operation} and not sent again: {_REMEDIES[operation]}"
            yield Advice("unprocessed", pending.place, text)


def single_reads(ledger: Noted) -> Iterator[Advice]:
    """Ten or more GetItem in a row, in a loop: behind a Query, or of items that the program itself goes through."""
    for line in ledger.lines:
        entry, trace = line.entry, line.trace
        if entry.operation != "GetItem":
            continue
        is_behind = trace.runs_after_query >= RUN_MIN
        run = trace.runs_after_query if is_behind and is_in_loop(entry.place) else trace.looped
        if run < RUN_MIN:
            continue
        seen = f"{run} GetItem of {subject(entry)} in a row{' behind a Query or Scan' if is_behind else ''}"
        projected = "project what they look for into what is read there, or " if is_behind else ""
        text = f"{seen}: {projected}ask BatchGetItem for 100 at a time ({ceil(run / 100)} instead of {run} calls)"
        yield Advice("single-reads", trace.loop or entry.place, text)


def single_puts(ledger: Noted) -> Iterator[Advice]:
    """Ten or more PutItem in a row, in a loop. Those with conditions are left alone: no batch takes them."""
    for line in ledger.lines:
        entry, trace = line.entry, line.trace
        if entry.operation != "PutItem" or trace.conditions:
            continue
        run = trace.longest_run if is_in_loop(entry.place) else trace.looped
        if run >= RUN_MIN:
            text = (
                f"{run} PutItem into {entry.table} in a row: batch_writer sends 25 at a time "
                f"({ceil(run / 25)} instead of {run} calls, for as many units)"
            )
            yield Advice("single-writes", trace.loop or entry.place, text)
