"""Events for pages that follow a database: a response holds all that is new, and the browser asks again by itself.

By server-sent events, since a browser then sends along what it has seen last, and goes on asking for a page in the
background. Asking is what keeps observation on.
"""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from minidynamo.console.changes import Change
from minidynamo.console.console import Console
from minidynamo.console.observation import Observation
from minidynamo.console.parameters import Refused
from minidynamo.console.shown import differences, entity_of, key_text
from minidynamo.errors import DynamoError
from minidynamo.expressions.binding import bind
from minidynamo.http.bodies import body_of
from minidynamo.insight.explaining.values_shown import shown_clauses
from minidynamo.insight.observed import Observed
from minidynamo.metrics.asked_capacity import read_and_written
from minidynamo.requests.subjects import items_of, tables_of
from minidynamo.schema.arns import bare_name
from minidynamo.values.api_types import JsonObject, JsonValue, Request

# How long a browser waits before it asks again.
_LIVE_MILLISECONDS, _CALM_MILLISECONDS = 250, 1_000
_TOPICS = ("requests", "changes")


def events_after(console: Console, query: str, last_event: str) -> bytes:
    """What has happened after an event, as a stream of events.

    Parameters:
        console: what is followed.
        query: names a database and topics: "requests", "changes", or "cost" for a page that needs the ledger.
        last_event: the id of the last event that the browser has seen, "" for none.
    """
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    topics = asked.get("topics", "").split(",")
    seen = _numbers(last_event)
    subject = {"database": asked.get("database")}
    try:
        console.subject(subject)
    except Refused:
        return _event("gone", "", {})
    found = {} if topics == [""] else _news(console.observation(subject), topics, seen)
    wait = _LIVE_MILLISECONDS if set(topics) & set(_TOPICS) else _CALM_MILLISECONDS
    mark = "-".join(str(seen[topic]) for topic in _TOPICS)
    return f"retry: {wait}\n\n".encode() + _event("news", mark, found)


def _news(observation: Observation, topics: list[str], seen: dict[str, int]) -> JsonObject:
    """What is new of some topics; moves on how far they have been seen."""
    found: JsonObject = {}
    if seen["requests"] > observation.requests.last or seen["changes"] > observation.changes.last:
        found["begins_anew"] = True  # The server has been started again since.
        seen |= dict.fromkeys(_TOPICS, 0)
    if "changes" in topics:
        observation.read_changes()
        found["changes"] = [_change_row(number, each) for number, each in observation.changes.after(seen["changes"])]
        found["skipped"] = observation.skipped
    if "requests" in topics:
        requests = observation.requests.after(seen["requests"])
        found["requests"] = [_request_row(number, each) for number, each in requests]
    for topic in _TOPICS:
        if found.get(topic):
            seen[topic] = found[topic][-1]["number"]
    return found


def _event(name: str, mark: str, data: JsonObject) -> bytes:
    identifier = f"id: {mark}\n" if mark else ""
    return f"event: {name}\n{identifier}data: ".encode() + body_of(data) + b"\n\n"


def _numbers(mark: str) -> dict[str, int]:
    """What an event's id says: how far each topic has been seen."""
    parts = mark.split("-")
    is_ours = len(parts) == len(_TOPICS) and all(each.isascii() and each.isdigit() for each in parts)
    return dict(zip(_TOPICS, map(int, parts), strict=True)) if is_ours else dict.fromkeys(_TOPICS, 0)


def _change_row(number: int, change: Change) -> JsonObject:
    old, new = change.images
    record = change.record
    return {
        "number": number,
        "time": record.time,
        "table": change.table,
        "kind": change.kind,
        "key": key_text(change.key),
        "entity": entity_of(new or old or {}, change.key_names),
        "differences": differences(old, new, change.key_names),
        "by": "time to live" if record.by_service else "a handler" if record.chain else "",
    }


def _request_row(number: int, observed: Observed) -> JsonObject:
    read, written = read_and_written(observed.consumed)
    return {
        "number": number,
        "time": observed.began,
        "operation": observed.operation,
        "tables": ", ".join(map(bare_name, tables_of(observed.request))),
        "index": _text(observed.request.get("IndexName")),
        "about": _about(observed),
        "read": read,
        "written": written,
        "place": observed.place,
        "milliseconds": round(observed.seconds * 1e3, 2),
        "error": "" if observed.error is None else observed.error.code,
        "text": "" if observed.error is None else observed.error.message[:300],
    }


def _about(observed: Observed) -> str:
    """What a request is about: the key that it names, or how many items."""
    items = items_of(observed.request)
    if len(items) != 1:
        return f"{len(items)} items" if items else _asked(observed.request)
    known = observed.tables.find(tables_of(observed.request)[0]) if tables_of(observed.request) else None
    names = () if known is None else (*known.key.partition_key, *known.key.sort_key)
    try:
        return key_text({name: items[0][name] for name in names or items[0] if name in items[0]})[:120]
    except (AttributeError, TypeError, ValueError):  # A request that was refused may hold anything.
        return json.dumps(str(items[0]))[:120]


def _asked(request: Request) -> str:
    """The key condition of a request with its values; "" where it has none."""
    try:
        return shown_clauses(bind(request, needs_key_condition=True).key_clauses or ())[:120]
    except (DynamoError, TypeError, AttributeError):
        return _text(request.get("KeyConditionExpression"))


def _text(value: JsonValue) -> str:
    return value[:120] if isinstance(value, str) else ""
