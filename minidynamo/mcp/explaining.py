"""The tool `explain`, and what the other tools say of a request by it."""

from __future__ import annotations

from minidynamo.database.database import Database
from minidynamo.mcp.arguments import Arguments, Asked
from minidynamo.mcp.session import Session
from minidynamo.mcp.tool import ASKED, TRIED, Tool
from minidynamo.requests.operations import API
from minidynamo.values.api_types import JsonObject, JsonValue

# Units and consistency are told for both kinds of requests together.
_SAID_BY_OTHERS = ("read_units", "write_units", "is_consistent")


def explained(database: Database, asked: Asked) -> JsonObject:
    """What a request does and costs, without doing it; without members that say nothing. Raises DynamoError."""
    known = API[asked.operation].request.members  # The service takes no notice of others.
    request = {name: value for name, value in asked.request.items() if name in known}
    return _without_silence(database.explain(asked.operation, **request).as_json())


def _without_silence(told: JsonObject) -> JsonObject:
    """An explanation without members that say nothing, or what others of it say."""
    silent = set(_SAID_BY_OTHERS)
    if len(told.get("ranges", ())) == 1:  # The only one is told by the explanation itself.
        silent.add("ranges")
    if not told.get("reads"):
        silent |= {"items_read", "items_kept"}
    elif told.get("items_read", 0) < told.get("items_kept", 0):  # The service does not say how many were read.
        silent.add("items_read")
    return {name: value for name, value in told.items() if name not in silent and not _is_empty(value)}


def _is_empty(value: JsonValue) -> bool:
    """Whether a member says nothing; zero does."""
    return value is None or value is False or (isinstance(value, str | list | tuple | dict) and not value)


def _run(session: Session, arguments: Arguments) -> JsonObject:
    asked = arguments.asked()
    database = session.seen(arguments.flag("tried"))
    # Of a database elsewhere reads are carried out there, and take their units.
    with session.watch.agent("explain"):
        return explained(database, asked)


EXPLAIN = Tool(
    "explain",
    "Says what a request would do and cost, without effect: of a read the key range, partitions, items read and kept "
    "by the filter, units, dollars per million calls, and the index that would be cheaper; of a write each change to "
    "table and indexes with its units, and whether its condition holds. Takes any data request or PartiQL statement.",
    _run,
    {**ASKED, "tried": TRIED},
)
