"""The tool `advice`: what the ledger of all that the agent has done, or a saved one, gives reason to."""

from __future__ import annotations

from minidynamo.insight.ledger import Ledger
from minidynamo.mcp.arguments import Arguments
from minidynamo.mcp.session import Session
from minidynamo.mcp.tool import Tool
from minidynamo.values.api_types import JsonObject

_ENTRIES, _KEYS, _ADVICE_MAX = 10, 5, 20


def _run(session: Session, arguments: Arguments) -> JsonObject:
    assert arguments is not None, "advice takes no arguments, and they have been looked at"
    told = advice_of(session.watch.ledger)
    return told if session.saved is None else {**told, "saved_ledger": advice_of(session.saved)}


def advice_of(ledger: Ledger) -> JsonObject:
    """What a ledger says: advice, the dearest lines, the hottest keys."""
    advice = [each._asdict() for each in ledger.advice()[:_ADVICE_MAX]]
    dearest = [
        {
            **{name: value for name, value in each.as_json().items() if value not in (None, "", 0) and name in _SHOWN},
            "dollars_per_million_calls": round(each.dollars_per_million(ledger.prices, ledger.region), 4),
        }
        for each in ledger.entries[:_ENTRIES]
    ]
    keys = [
        {"table": each.table, "index": each.index, "key": each.key, "units": each.units, "share": round(each.share, 3)}
        for each in ledger.hot_keys(_KEYS)
    ]
    return {"calls": ledger.calls, "advice": advice, "dearest": dearest, "hot_keys": keys}


_SHOWN = frozenset(
    ("operation", "table", "index", "place", "calls", "errors", "read_units", "write_units", "items_read", "items_kept")
)

ADVICE = Tool(
    "advice",
    "Says what could be done better, from a ledger of every request that these tools have carried out so far, and from "
    "the saved ledger if the server was started with one: scans, filters that throw away what was paid for, pages not "
    "followed, indexes that nobody reads, hot keys; each with its remedy. Also the dearest lines and the hottest keys.",
    _run,
)
