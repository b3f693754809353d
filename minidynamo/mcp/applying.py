"""The tool `apply`: what was tried, carried out on the database itself, if that is still as it was."""

from __future__ import annotations

from minidynamo.errors import DynamoError, InternalServerError, StoreError
from minidynamo.mcp.arguments import Arguments, Asked
from minidynamo.mcp.bounds import LEFTOVER_ATTEMPTS, NAMED_MAX
from minidynamo.mcp.costs import cost_of
from minidynamo.mcp.session import Applied, Session
from minidynamo.mcp.states import differences, state_of
from minidynamo.mcp.tool import Tool
from minidynamo.mcp.tool_error import ToolError
from minidynamo.mcp.trial import Trial
from minidynamo.metrics.asked_capacity import Consumed
from minidynamo.storage.engine import Snapshot
from minidynamo.values.api_types import JsonObject, RequestDraft


def _run(session: Session, arguments: Arguments) -> JsonObject:
    if not session.allows_writes:
        raise ToolError(
            "this server carries no writes out, since it was started without --allow-writes: "
            f"whoever may decide so starts minidynamo mcp --allow-writes {session.place or 'FILE'}"
        )
    trial = session.trial
    if trial is None or not trial.writes:
        raise ToolError("nothing has been tried: try the writes first")
    # Nobody in this process writes between the comparison and the writes.
    with session.database.lock, session.watch.agent(""):
        _require_unchanged(session, trial)
        return _applied(session, trial)


def _require_unchanged(session: Session, trial: Trial) -> None:
    """Raises ToolError where others have changed what the trial began with."""
    now = state_of(session.database, trial.before.touched)
    changed = list(differences(trial.before, now))
    if changed:
        named = "; ".join(map(_name_of, changed[:NAMED_MAX]))
        more = f" and {len(changed) - NAMED_MAX:,} more" if len(changed) > NAMED_MAX else ""
        raise ToolError(
            f"others have changed what was tried, and nothing has been applied: {named}{more}. "
            "Try the writes again with anew: true"
        )


def _name_of(difference: JsonObject) -> str:
    key = difference.get("key")
    where = f"{difference['table']} {key}" if key is not None else str(difference["table"])
    return f"{where} ({difference['change']})"


def _applied(session: Session, trial: Trial) -> JsonObject:
    expected, count = trial.state(), len(trial.writes)
    snapshot = _snapshot(session)
    session.watch.forget_others()
    done, consumed = 0, list[Consumed]()
    failure = ""
    for asked in trial.writes:
        try:
            consumed += _carried_out(session, asked)
        except DynamoError as error:
            failure = f"{error.code}: {error.message}"
            break
        done += 1
    now = state_of(session.database, trial.before.touched)
    session.applied = Applied(done, trial.before, now, snapshot)
    told: JsonObject = {"applied": done, "of": count, "differences": list(differences(trial.before, now))}
    if done:
        told["cost"] = cost_of(consumed, session.region, done)
    if failure:
        told["failed"] = {"write": done + 1, "operation": trial.writes[done].operation, "error": failure}
        told["not_applied"] = f"{count - done} of {count}; the {done} before them are applied, and undo takes them back"
    elif list(differences(expected, now)):
        told["unlike_the_trial"] = list(differences(expected, now))
    session.end_trial()
    return told


def _snapshot(session: Session) -> Snapshot | None:
    """What undo goes back to; None of a store that keeps no snapshots."""
    session.applied = None  # The log of a file is kept for no more than one.
    try:
        return session.database.snapshot()
    except StoreError:
        return None


def _carried_out(session: Session, asked: Asked) -> list[Consumed]:
    """Carries out one write, a batch as often as anything is left over; raises DynamoError."""
    consumed = list[Consumed]()
    for _ in range(LEFTOVER_ATTEMPTS):
        done = session.carry_out(session.database, "apply", asked)
        consumed += done.consumed
        leftover: RequestDraft = done.response.get("UnprocessedItems") or {}
        if not leftover:
            return consumed
        asked = asked._replace(request={**asked.request, "RequestItems": leftover})
    count = sum(len(writes) for writes in leftover.values())
    raise InternalServerError(f"of a batch {count} writes were left over again and again")


APPLY = Tool(
    "apply",
    "Carries out on the database itself what was tried, in order. Only where the server was started with "
    "--allow-writes. Compares first every item that was touched with what it was when the trial began: where others "
    "have changed one, nothing is applied, and the answer names it. Answers how many writes were carried out, and what "
    "has changed. Stops at a failure and says how far it has come. `undo` takes it back.",
    _run,
    writes=True,
)
