"""The tool `try`: writes on a fork, and what they would change and cost."""

from __future__ import annotations

from minidynamo.errors import DynamoError
from minidynamo.mcp.arguments import Arguments, Asked, asked_for
from minidynamo.mcp.bounds import TRIED_AT_ONCE_MAX, TRIED_MAX
from minidynamo.mcp.costs import cost_of
from minidynamo.mcp.session import Session
from minidynamo.mcp.states import State, differences, state_of
from minidynamo.mcp.tool import ASKED, Tool, flag
from minidynamo.mcp.tool_error import ToolError
from minidynamo.mcp.trial import Trial
from minidynamo.metrics.asked_capacity import Consumed
from minidynamo.requests.statements import is_write
from minidynamo.values.api_types import JsonObject


def _run(session: Session, arguments: Arguments) -> JsonObject:
    entries = arguments.entries("writes", TRIED_AT_ONCE_MAX)
    writes = [_write(entry, f"write {number}") for number, entry in enumerate(entries, 1)]
    trial = session.begun_trial(arguments.flag("anew"))
    if len(trial.writes) + len(writes) > TRIED_MAX:
        raise ToolError(f"a trial takes at most {TRIED_MAX:,} writes, and {len(trial.writes):,} are tried: apply them")
    with session.watch.agent(""):
        if not writes:
            return {**_of_all(session, trial), "differences": list(differences(trial.before, trial.state()))}
        return _tried(session, trial, writes)


def _write(entry: JsonObject, where: str) -> Asked:
    asked = asked_for(entry, where)
    # A statement that cannot be parsed is no write; the service says what is wrong with it.
    if not is_write(asked.operation, asked.request) and not _is_unclear(asked):
        raise ToolError(f"{where} is a {asked.operation} that writes nothing: ask read for it, with tried: true")
    return asked


def _is_unclear(asked: Asked) -> bool:
    statement = asked.request.get("Statement")
    return isinstance(statement, str) and not statement.lstrip()[:6].upper().startswith("SELECT")


def _tried(session: Session, trial: Trial, writes: list[Asked]) -> JsonObject:
    before, consumed = State(), list[Consumed]()
    failed: JsonObject = {}
    for number, asked in enumerate(writes, 1):
        try:
            consumed += trial.carry_out(asked, before)
        except DynamoError as error:
            failed = {"write": number, "operation": asked.operation, "error": f"{error.code}: {error.message}"}
            if number < len(writes):
                failed["not_tried"] = len(writes) - number
            break
    kept = failed["write"] - 1 if failed else len(writes)
    told: JsonObject = {"kept": kept}
    if failed:
        told["failed"] = failed
    told["differences"] = list(differences(before, state_of(trial.fork, before.touched)))
    if kept:
        told["cost"] = cost_of(consumed, session.region, kept)
    return told if kept == len(trial.writes) else {**told, **_of_all(session, trial)}


def _of_all(session: Session, trial: Trial) -> JsonObject:
    """What the trial is by now."""
    told: JsonObject = {"writes": len(trial.writes), "items": len(trial.before.items)}
    if trial.writes:
        told["cost"] = cost_of(trial.consumed, session.region, len(trial.writes))
    return {"trial": told}


TRY = Tool(
    "try",
    "Carries out writes, in order, on a fork of the database, which itself stays as it is. Answers what they change, "
    "item by item as attribute: [before, after], and what they cost. The fork is kept: further calls build on it, "
    "`read` and `explain` see it with tried: true, `apply` carries everything out for real. At the first write that is "
    "refused it stops; those before it are kept. Without writes it answers the difference that the whole trial makes.",
    _run,
    {
        "writes": {
            "type": "array",
            "maxItems": TRIED_AT_ONCE_MAX,
            "items": {"type": "object", "properties": dict(ASKED), "additionalProperties": False},
            "description": "PutItem, UpdateItem, DeleteItem, TransactWriteItems, BatchWriteItem, CreateTable, "
            'UpdateTable and others as {"operation", "request"}, or PartiQL as {"statement", "parameters"}.',
        },
        "anew": flag("Forget what was tried and begin with the database as it is now (false)."),
    },
)
