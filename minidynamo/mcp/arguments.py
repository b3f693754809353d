"""The arguments of a call, read one by one: what is wrong with one is said in one line that names it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import NamedTuple

from minidynamo.http.bodies import decoded_binaries
from minidynamo.mcp.bounds import ARGUMENT_BYTES_MAX, ARGUMENT_LEVELS_MAX
from minidynamo.mcp.tool_error import ToolError
from minidynamo.requests.operations import ABSENT_OPERATIONS, API
from minidynamo.values.api_types import JsonObject, JsonValue, RequestDraft

# The members by which a call, or an entry of one, says what it asks for.
ASKING = ("operation", "request", "statement", "parameters")


class Asked(NamedTuple):
    """A request of the API.

    Attributes:
        operation: its API name.
        request: its members, binary values as bytes.
    """

    operation: str
    request: RequestDraft


class Arguments:
    """The arguments of one call.

    Parameters:
        tool: the tool that is called.
        given: what it is called with.
        known: the names that it has.

    Raises:
        ToolError: there are others, or they are too much.
    """

    def __init__(self, tool: str, given: JsonObject, known: Collection[str]) -> None:
        self._tool = tool
        self._given = {name: value for name, value in given.items() if value is not None}
        _require_bounded(tool, self._given)
        for name in self._given:
            if name not in known:
                raise ToolError(f"{tool} has no argument {name[:80]!r}: it takes {', '.join(known) or 'none'}")

    def text(self, name: str) -> str | None:
        """A text; None where it is not given. Raises ToolError for anything else."""
        value = self._given.get(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong(name, "a text", value)
        return value

    def flag(self, name: str) -> bool:
        """Whether something is so; False where that is not given."""
        value = self._given.get(name, False)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false", value)
        return value

    def count(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self._given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._wrong(name, f"a whole number from {least} to {most:,}", value)
        return value

    def object(self, name: str) -> JsonObject | None:
        """An object, or one that is given as its JSON text."""
        value = decoded(self._given.get(name))
        if value is not None and not isinstance(value, dict):
            raise self._wrong(name, "an object", value)
        return value

    def entries(self, name: str, most: int) -> list[JsonObject]:
        """A list of objects; empty where it is not given."""
        value = decoded(self._given.get(name, []))
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self._wrong(name, "a list of objects", value)
        if len(value) > most:
            raise ToolError(f"{name} of {self._tool} takes at most {most:,} entries at a time, not {len(value):,}")
        return value

    def asked(self) -> Asked:
        """The request that the call itself asks for."""
        return asked_for({name: self._given[name] for name in ASKING if name in self._given}, self._tool)

    def _wrong(self, name: str, wanted: str, value: JsonValue) -> ToolError:
        return ToolError(f"{name} of {self._tool} takes {wanted}, not {_shown(value)}")


def asked_for(entry: JsonObject, where: str) -> Asked:
    """The request that a call, or an entry of one, asks for.

    Parameters:
        entry: `{"operation", "request"}`, or `{"statement", "parameters"}` of PartiQL.
        where: what it is part of, for errors.

    Raises:
        ToolError: it is neither, or there is no such operation.
    """
    unknown = [name for name in entry if name not in ASKING]
    if unknown:
        raise ToolError(f"{where} has no member {unknown[0][:80]!r}: it takes {', '.join(ASKING)}")
    request = decoded(entry.get("request", {}))
    if not isinstance(request, dict):
        raise ToolError(f"request of {where} takes an object, not {_shown(request)}")
    statement, operation = entry.get("statement"), entry.get("operation")
    if statement is not None:
        return _statement(statement, decoded(entry.get("parameters")), operation, request, where)
    if not isinstance(operation, str):
        raise ToolError(f"{where} takes an operation such as Query with its request, or a statement of PartiQL")
    if operation not in API:
        known = "it is not carried out here" if operation in ABSENT_OPERATIONS else "there is none of that name"
        raise ToolError(f"the operation {_shown(operation)} of {where}: {known}")
    return Asked(operation, decoded_binaries(operation, request))


def _statement(
    statement: JsonValue, parameters: JsonValue, operation: JsonValue, request: JsonObject, where: str
) -> Asked:
    if not isinstance(statement, str):
        raise ToolError(f"statement of {where} takes a text, not {_shown(statement)}")
    if operation not in (None, "ExecuteStatement"):
        raise ToolError(f"{where} takes a statement or an operation, not both")
    if parameters is not None:
        request = {**request, "Parameters": parameters}
    return Asked("ExecuteStatement", decoded_binaries("ExecuteStatement", {**request, "Statement": statement}))


def decoded(value: JsonValue) -> JsonValue:
    """What was given as JSON text where an object or a list is wanted, as agents do."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _shown(value: JsonValue) -> str:
    """A wrong value, as far as it helps to see it."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _require_bounded(tool: str, given: JsonObject) -> None:
    """Raises ToolError for what is too long or too deep, however it is made up."""
    pending: list[tuple[JsonValue, int]] = [(given, 0)]
    room = ARGUMENT_BYTES_MAX
    while pending:
        value, level = pending.pop()
        room -= len(value) if isinstance(value, str | Mapping | list) else 8
        if room < 0:
            raise ToolError(f"{tool} takes arguments of at most {ARGUMENT_BYTES_MAX:,} bytes: ask for less at a time")
        if level > ARGUMENT_LEVELS_MAX:
            raise ToolError(f"the arguments of {tool} nest too deep")
        if isinstance(value, Mapping):
            pending += [(each, level + 1) for pair in value.items() for each in pair]
        elif isinstance(value, list):
            pending += [(each, level + 1) for each in value]
