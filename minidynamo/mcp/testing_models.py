"""The tool `test_model`: a data model put to work in a fresh database in memory, pattern by pattern."""

from __future__ import annotations

from pathlib import Path

from minidynamo.database.connect import connect
from minidynamo.database.database import Database
from minidynamo.errors import DynamoError
from minidynamo.mcp.advising import advice_of
from minidynamo.mcp.answers import fitting
from minidynamo.mcp.arguments import Arguments, Asked
from minidynamo.mcp.bounds import ANSWER_CHARACTERS_MAX, MODEL_PATTERNS_MAX, NAMED_MAX
from minidynamo.mcp.costs import cost_of
from minidynamo.mcp.explaining import explained
from minidynamo.mcp.models import Model, Pattern, model_file, read_model
from minidynamo.mcp.reading import READS, items_of
from minidynamo.mcp.session import Session
from minidynamo.mcp.tool import Tool, count, text
from minidynamo.mcp.tool_error import ToolError
from minidynamo.values.api_types import JsonObject, RequestDraft

# What of an explanation is not told of a pattern, since its cost says so.
_UNTOLD = frozenset({"operation", "units", "unit", "dollars_per_million", "has_more"})


def _run(session: Session, arguments: Arguments) -> JsonObject:
    told, path = arguments.object("model"), arguments.text("path")
    first = arguments.count("from", 1, 1, MODEL_PATTERNS_MAX)
    if (told is None) == (path is None):
        raise ToolError("test_model takes a model, or the path of one, and not both")
    model = read_model(model_file(path, Path.cwd()) if told is None and path is not None else told or {})
    with connect() as database, Session(database, "", allows_writes=True) as inner:
        return _tested(inner, model, first)


def _tested(session: Session, model: Model, first: int) -> JsonObject:
    """Makes the tables, loads the items, carries the patterns out in their order."""
    with session.watch.agent(""):
        tables = _loaded(session.database, "CreateTable", model.tables)
        items = _loaded(session.database, "PutItem", model.items)
    results = [_result(session, pattern) for pattern in model.patterns]
    failed = [each["pattern"] for each in results if "error" in each]
    told: JsonObject = {"tables": tables, "items": items, "patterns": len(results)}
    if failed:
        told["failed"] = failed
    shown = fitting(results[first - 1 :], ANSWER_CHARACTERS_MAX)
    told["results"] = shown
    if first - 1 + len(shown) < len(results):
        last = first - 1 + len(shown)
        told["more"] = f"patterns {first} to {last} are shown: call again with from: {last + 1}"
    return {**told, "advice": advice_of(session.watch.ledger)["advice"]}


def _loaded(database: Database, operation: str, requests: list[RequestDraft]) -> JsonObject:
    """Carries requests out; how many were, and why others were not."""
    errors = []
    for request in requests:
        try:
            database.execute(operation, request)
        except DynamoError as error:
            errors.append(f"{str(request.get('TableName'))[:80]}: {error.code}: {error.message}")
    told: JsonObject = {"made": len(requests) - len(errors)}
    if errors:
        more = [f"{len(errors) - NAMED_MAX:,} more"] if len(errors) > NAMED_MAX else []
        told["errors"] = [*errors[:NAMED_MAX], *more]
    return told


def _result(session: Session, pattern: Pattern) -> JsonObject:
    """What carrying out a pattern gives."""
    told: JsonObject = {"pattern": pattern.name}
    if isinstance(pattern.told.get("description"), str):
        told["description"] = pattern.told["description"]
    try:
        asked = pattern.asked()
        if asked is None:
            return {**told, "not_run": str(pattern.told.get("reason") or "it has no implementation")}
        return {**told, **_carried_out(session, pattern, asked)}
    except ToolError as error:
        return {**told, "error": str(error)}
    except DynamoError as error:
        return {**told, "error": f"{error.code}: {error.message}"}


def _carried_out(session: Session, pattern: Pattern, asked: Asked) -> JsonObject:
    explanation = _explanation(session, asked)
    done = session.carry_out(session.database, f"pattern {pattern.name}", asked)
    told: JsonObject = {"operation": asked.operation}
    remarks = pattern.contradictions(asked)
    if asked.operation in READS:
        told["results"] = done.response.get("Count", len(items_of(asked.operation, done.response)))
        if not told["results"]:
            remarks.append("finds none of the model's items")
        if "LastEvaluatedKey" in done.response:
            remarks.append("has more pages: LastEvaluatedKey was answered")
    if remarks:
        told["remarks"] = remarks
    shown = {name: value for name, value in explanation.items() if name not in _UNTOLD}
    return {**told, "cost": cost_of(done.consumed, session.region), "explained": shown}


def _explanation(session: Session, asked: Asked) -> JsonObject:
    """What explain says; nothing of what it does not explain, and of what fails anyway."""
    try:
        with session.watch.agent(""):
            return explained(session.database, asked)
    except DynamoError:
        return {}


TEST_MODEL = Tool(
    "test_model",
    "Tries a data model in a fresh database in memory, which is gone afterwards: makes its tables, loads its items and "
    "carries out its access patterns in their order. Takes what AWS's DynamoDB MCP server writes into "
    "dynamodb_data_model.json. Answers for each pattern how many results it has, units, dollars per million calls, "
    "what explain says of it, contradictions within the model, and errors; and advice for all.",
    _run,
    {
        "model": {
            "type": "object",
            "description": '{"tables": [CreateTable requests], "items": {table: [{"PutRequest": {"Item": ...}}]}, '
            '"access_patterns": [{"pattern", "description", "table", "index", "dynamodb_operation", "implementation": '
            'an "aws dynamodb ..." command, a PartiQL statement or a request, "reason"}]}',
        },
        "path": text("In place of model: a .json file below the folder in which the server was started."),
        "from": count("The first pattern to show (1).", 1, MODEL_PATTERNS_MAX),
    },
)
