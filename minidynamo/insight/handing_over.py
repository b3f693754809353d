"""A ledger handed over from one process to another, with all that advice looks at: workers of a run of tests do so."""

from __future__ import annotations

from dataclasses import asdict

from minidynamo.insight.advice.advice import silenced_at
from minidynamo.insight.entry import Entry
from minidynamo.insight.evidence import Pending, Trace, WrittenFault
from minidynamo.insight.known_tables import KnownIndex, KnownTable
from minidynamo.insight.ledger import Ledger
from minidynamo.insight.loops import is_in_loop
from minidynamo.values.api_types import JsonObject


def handed_over(ledger: Ledger) -> JsonObject:
    """A ledger as plain data."""
    lines = ledger.lines
    places = {line.entry.place for line in lines} | {line.trace.loop for line in lines}
    return {
        "calls": ledger.calls,
        "lines": [[line.entry.as_json(), _trace(line.trace, line.entry.place)] for line in lines],
        "keys": [
            [table, index, [[key, count.units, count.error, count.calls] for key, count in sketch.heaviest()]]
            for (table, index), sketch in ledger.sketches.items()
        ],
        "tables": [asdict(each) for each in ledger.known.values()],
        "faults": [[*fault, count] for fault, count in ledger.evidence.faults.items()],
        "unprocessed": [[*key, each.count, each.place] for key, each in ledger.evidence.unprocessed.items()],
        "silenced": [[rule, place] for place in sorted(places) for rule in sorted(silenced_at(place))],
    }


def take_over(ledger: Ledger, handed: JsonObject) -> None:
    """Adds what another process has handed over."""
    ledger.know({each["name"]: _known(each) for each in handed["tables"]})
    ledger.add((Entry(**entry) for entry, _ in handed["lines"]), handed["calls"])
    for entry, trace in handed["lines"]:
        line = ledger.line_of((entry["operation"], entry["table"], entry["index"], entry["place"]))
        line.trace.merge(_trace_of(trace))
    for table, index, keys in handed["keys"]:
        for key, units, error, calls in keys:
            ledger.sketch(table, index).merge(key, units, error, calls)
    for *fault, count in handed["faults"]:
        ledger.evidence.add_fault(WrittenFault(*fault), count)
    for operation, file, count, place in handed["unprocessed"]:
        if count:
            pending = ledger.evidence.unprocessed.setdefault((operation, file), Pending())
            pending.count, pending.place = pending.count + count, place
    ledger.silenced |= {(rule, place) for rule, place in handed["silenced"]}


def _trace(trace: Trace, place: str) -> JsonObject:
    """A trace as plain data. Whether a place is in a loop can be told only where its code is."""
    shown: JsonObject = asdict(trace)
    shown["attributes"] = None if trace.attributes is None else sorted(trace.attributes)
    shown["clauses"] = [list(each) for each in trace.clauses]
    if is_in_loop(place):
        shown["looped"] = max(trace.looped, trace.longest_run)
    return shown


def _trace_of(shown: JsonObject) -> Trace:
    attributes = shown["attributes"]
    clauses = tuple((name, operator) for name, operator in shown["clauses"])
    return Trace(**{**shown, "attributes": None if attributes is None else set(attributes), "clauses": clauses})


def _known(shown: JsonObject) -> KnownTable:
    def index(each: JsonObject) -> KnownIndex:
        return KnownIndex(
            tuple(each["partition_key"]),
            tuple(each["sort_key"]),
            each["projection"],
            each["is_local"],
            tuple(each["included"]),
        )

    indexes = {name: index(each) for name, each in shown["indexes"].items()}
    return KnownTable(shown["name"], index(shown["key"]), indexes, shown["expiry_attribute"])
