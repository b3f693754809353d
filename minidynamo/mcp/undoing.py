"""The tool `undo`: back to how everything was before the last `apply`."""

from __future__ import annotations

from collections import Counter

from minidynamo.errors import DynamoError
from minidynamo.mcp.arguments import Arguments, Asked
from minidynamo.mcp.bounds import NAMED_MAX
from minidynamo.mcp.session import Applied, Session
from minidynamo.mcp.states import State, differences, state_of
from minidynamo.mcp.tool import Tool, flag
from minidynamo.mcp.tool_error import ToolError
from minidynamo.storage.engine import Snapshot
from minidynamo.values.api_types import JsonObject


def _run(session: Session, arguments: Arguments) -> JsonObject:
    confirm = arguments.flag("confirm")
    applied = session.applied
    if applied is None:
        raise ToolError("nothing has been applied since the server was started, or it has been undone")
    with session.database.lock, session.watch.agent(""):
        if applied.snapshot is None:
            return _written_back(session, applied, confirm)
        return _restored(session, applied, applied.snapshot, confirm)


def _restored(session: Session, applied: Applied, snapshot: Snapshot, confirm: bool) -> JsonObject:
    count = session.watch.others_count
    if count and not confirm:
        raise ToolError(
            f"others have written {count:,} times since then, and that would be lost as well: {_named(session)}. "
            "Call undo with confirm: true to lose it"
        )
    before = state_of(session.database, applied.before.touched)
    session.database.restore(snapshot)
    assert not list(differences(applied.before, state_of(session.database, before.touched))), "not as it was"
    told = _told(session, applied, before)
    return {**told, "lost_of_others": count} if count else told


def _named(session: Session) -> str:
    counts = Counter(session.watch.others)
    named = [text if times == 1 else f"{text} ({times:,} times)" for text, times in counts.most_common(NAMED_MAX)]
    return "; ".join(named) + (f"; and {len(counts) - NAMED_MAX:,} other kinds" if len(counts) > NAMED_MAX else "")


def _written_back(session: Session, applied: Applied, confirm: bool) -> JsonObject:
    """Of a store that keeps no snapshots: puts the items back that were changed."""
    now = state_of(session.database, applied.before.touched)
    tables = [name for name, told in applied.before.tables.items() if told != applied.after.tables[name]]
    if tables:
        raise ToolError(f"this store keeps no snapshots, and tables were changed: {', '.join(tables[:NAMED_MAX])}")
    others = list(differences(applied.after, now))
    if others and not confirm:
        raise ToolError(
            f"others have changed {len(others):,} of the items since then, the first in {others[0]['table']} with the "
            f"key {others[0]['key']}, and that would be lost: call undo with confirm: true to lose it"
        )
    for number, write in enumerate(_back(applied.before, now)):
        try:
            session.carry_out(session.database, "undo", write)
        except DynamoError as error:
            raise ToolError(f"{number:,} items are back, and then {error.code}: {error.message}") from None
    told = _told(session, applied, now)
    return {**told, "lost_of_others": len(others)} if others else told


def _back(before: State, now: State) -> list[Asked]:
    """The writes that put changed items back."""
    writes = []
    for name, item in before.items.items():
        if item is None and now.items[name] is not None:
            writes.append(Asked("DeleteItem", {"TableName": name.table, "Key": before.keys[name]}))
        elif item is not None and item != now.items[name]:
            writes.append(Asked("PutItem", {"TableName": name.table, "Item": item}))
    return writes


def _told(session: Session, applied: Applied, before: State) -> JsonObject:
    """What has become of the items; with that, what was applied and what was tried on it is forgotten."""
    now = state_of(session.database, applied.before.touched)
    ended = session.trial is not None
    session.applied = None
    session.end_trial()
    told: JsonObject = {"undone": applied.count, "differences": list(differences(before, now))}
    return {**told, "trial": "what was tried meanwhile is forgotten"} if ended else told


UNDO = Tool(
    "undo",
    "Puts everything back to how it was before the last `apply`. Where others have written since then, that would be "
    "lost as well: it names what, and refuses unless confirm is true. Answers what is back, item by item.",
    _run,
    {"confirm": flag("Lose also what others have written since then (false).")},
    writes=True,
)
