"""A data model as AWS's MCP server for DynamoDB writes it into dynamodb_data_model.json: tables, items, patterns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from minidynamo.http.bodies import decoded_binaries
from minidynamo.mcp.arguments import Asked, asked_for, decoded
from minidynamo.mcp.aws_commands import command_request
from minidynamo.mcp.bounds import MODEL_FILE_BYTES_MAX, MODEL_ITEMS_MAX, MODEL_PATTERNS_MAX, MODEL_TABLES_MAX
from minidynamo.mcp.tool_error import ToolError
from minidynamo.requests.operations import API
from minidynamo.requests.subjects import parts_of
from minidynamo.schema.arns import bare_name
from minidynamo.values.api_types import JsonObject, JsonValue, RequestDraft

_MEMBERS = ("tables", "items", "access_patterns")
_STATEMENTS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ")


@dataclass(frozen=True)
class Pattern:
    """An access pattern.

    Attributes:
        name: its number or name.
        told: what the model says of it.
    """

    name: str
    told: JsonObject

    def asked(self) -> Asked | None:
        """The request that it is; None where it is none of DynamoDB. Raises ToolError where it cannot be read."""
        written = decoded(self.told.get("implementation"))
        if written in (None, "", {}):
            return None
        if isinstance(written, str):
            return self._of_text(written.strip())
        if not isinstance(written, dict):
            raise ToolError("implementation takes a command of the AWS CLI, a statement or a request")
        if "operation" in written or "statement" in written:
            return asked_for(written, "implementation")
        operation = self.told.get("dynamodb_operation")
        if not isinstance(operation, str) or operation not in API:
            raise ToolError(f"dynamodb_operation takes an operation such as Query, not {str(operation)[:80]!r}")
        return Asked(operation, decoded_binaries(operation, written))

    def _of_text(self, text: str) -> Asked:
        if text[:7].upper() in _STATEMENTS:
            return asked_for({"statement": text}, "implementation")
        return command_request(text)

    def contradictions(self, asked: Asked) -> list[str]:
        """What the model says of it otherwise than its request does."""
        parts = parts_of(asked.request)
        tables = {bare_name(part.table) for part in parts}
        indexes = {part.index_name or "" for part in parts}
        told_table, told_index = self._text("table"), self._text("index")
        found = []
        if self._text("dynamodb_operation") not in ("", asked.operation):
            found.append(f"said to be {self._text('dynamodb_operation')}, and is {asked.operation}")
        if told_table and tables and told_table not in tables:
            found.append(f"said to be of table {told_table}, and is of {', '.join(sorted(tables))}")
        if told_index and told_index not in indexes:
            found.append(f"said to use index {told_index}, and does not")
        return found

    def _text(self, member: str) -> str:
        value = self.told.get(member)
        return value if isinstance(value, str) and value.lower() not in ("none", "null", "n/a", "-") else ""


@dataclass(frozen=True)
class Model:
    """A data model.

    Attributes:
        tables: requests of CreateTable.
        items: requests of PutItem, with their tables.
        patterns: how it is used.
    """

    tables: list[RequestDraft]
    items: list[RequestDraft]
    patterns: list[Pattern]


def read_model(told: JsonObject) -> Model:
    """The model of a JSON object; raises ToolError for what is none, or too much."""
    unknown = [name for name in told if name not in _MEMBERS]
    if unknown or not isinstance(told.get("tables"), list):
        wrong = f"it has a member {unknown[0][:80]!r}" if unknown else "it has no list of tables"
        raise ToolError(f"a model has the members {', '.join(_MEMBERS)}, and {wrong}")
    tables = [_object(each, "tables") for each in _list(told, "tables", MODEL_TABLES_MAX)]
    patterns = [_object(each, "access_patterns") for each in _list(told, "access_patterns", MODEL_PATTERNS_MAX)]
    named = [Pattern(str(each.get("pattern") or number)[:80], each) for number, each in enumerate(patterns, 1)]
    return Model([decoded_binaries("CreateTable", each) for each in tables], _items(told.get("items") or {}), named)


def model_file(text: str, folder: Path) -> JsonObject:
    """The model in a file below a folder; raises ToolError."""
    path = (folder / text).resolve() if "\0" not in text else folder
    if path.suffix != ".json" or not path.is_relative_to(folder.resolve()):
        raise ToolError(f"path takes a .json file below {folder}, where the server was started")
    try:
        if path.stat().st_size > MODEL_FILE_BYTES_MAX:
            raise ToolError(f"{text} is larger than {MODEL_FILE_BYTES_MAX:,} bytes")
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ToolError(f"{text} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise ToolError(f"{text} is no JSON") from None
    return _object(told, text)


def _items(told: JsonValue) -> list[RequestDraft]:
    if not isinstance(told, dict):
        raise ToolError("items takes an object: lists of put requests by table")
    found = [_put(table, _object(each, "items")) for table in told for each in _list(told, table, MODEL_ITEMS_MAX)]
    if len(found) > MODEL_ITEMS_MAX:
        raise ToolError(f"a model has at most {MODEL_ITEMS_MAX:,} items, not {len(found):,}")
    return found


def _put(table: str, entry: JsonObject) -> RequestDraft:
    put = entry.get("PutRequest")
    item = put.get("Item") if isinstance(put, dict) else entry.get("Item", entry)
    return decoded_binaries("PutItem", {"TableName": table, "Item": item})


def _list(told: JsonObject, name: str, most: int) -> list[JsonValue]:
    value = told.get(name, [])
    if not isinstance(value, list):
        raise ToolError(f"{name[:80]} of a model takes a list")
    if len(value) > most:
        raise ToolError(f"{name[:80]} of a model has at most {most:,} entries, not {len(value):,}")
    return value


def _object(value: JsonValue, where: str) -> JsonObject:
    if not isinstance(value, dict):
        raise ToolError(f"{where} takes objects, and there is something else")
    return value
