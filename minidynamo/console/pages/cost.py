"""Cost: what requests have cost, by table, index, place and key, and what would be cheaper."""

from __future__ import annotations

import json
from collections.abc import Callable

from minidynamo.console.console import Console, Method
from minidynamo.console.parameters import object_of, text_of, wrong
from minidynamo.console.shown import key_row
from minidynamo.insight.entry import Entry
from minidynamo.insight.ledger import Ledger
from minidynamo.values.api_types import JsonObject

_ROWS_MAX = 200

_GROUPS: dict[str, Callable[[Ledger], list[Entry]]] = {
    "all": lambda ledger: ledger.entries,
    "operation": Ledger.by_operation,
    "table": Ledger.by_table,
    "index": Ledger.by_index,
    "place": Ledger.by_place,
}


def seen(console: Console, parameters: JsonObject) -> JsonObject:
    """The ledger, dearest first, grouped as it is wanted, with the advice."""
    observation = console.observation(parameters)
    ledger, group = observation.ledger, text_of(parameters, "by", "all")
    if group not in _GROUPS and group != "key":
        raise wrong(f"by must be one of {', '.join(_GROUPS)}, key")
    rows = _keys(ledger) if group == "key" else [_row(ledger, each) for each in _GROUPS[group](ledger)]
    return {
        "calls": ledger.calls,
        "read_units": ledger.read_units,
        "write_units": ledger.write_units,
        "dollars": ledger.dollars,
        "region": ledger.region,
        "prices": ledger.prices.date,
        "is_on": observation.is_on,
        "rows": rows[:_ROWS_MAX],
        "all": len(rows),
        "advice": [each._asdict() for each in ledger.advice()[:_ROWS_MAX]],
    }


def _row(ledger: Ledger, entry: Entry) -> JsonObject:
    return {**entry.as_json(), "units": entry.units, "dollars": entry.dollars(ledger.prices, ledger.region)}


def _keys(ledger: Ledger) -> list[JsonObject]:
    return [key_row(each) for each in ledger.hot_keys(_ROWS_MAX)]


def reset(console: Console, parameters: JsonObject) -> JsonObject:
    """Begins a new ledger."""
    console.observation(parameters).forget()
    return {}


def saved(console: Console, parameters: JsonObject) -> JsonObject:
    """The ledger as the text of a file, as `Ledger.save` writes it."""
    return {"text": console.observation(parameters).ledger.as_text()}


def compared(console: Console, parameters: JsonObject) -> JsonObject:
    """How the ledger differs from one that was saved."""
    before = Ledger.of_text(json.dumps(object_of(parameters, "saved")), "ledger.json")
    return {"text": str(console.observation(parameters).ledger.compare(before))}


METHODS = (
    Method("cost.see", seen),
    Method("cost.save", saved),
    Method("cost.compare", compared),
    Method("cost.reset", reset),
)
