"""Strategies for statements of PartiQL that are valid for a table, each with the request that does the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import strategies as st

from minidynamo.testing.expressions import (
    Action,
    ExpressionWriter,
    Tree,
    assigned,
    condition_trees,
    ordered_values,
    update_actions,
)
from minidynamo.testing.schemas import IndexSchema, SchemaSource, TableSchema
from minidynamo.testing.values import items, key_values, keys, payload_names
from minidynamo.values.api_types import RequestDraft
from minidynamo.values.attribute_value import AttributeValue, Item

_SORT_KINDS = ("=", "<", "<=", ">", ">=", "BETWEEN", "begins_with")


class StatementPair(NamedTuple):
    """A statement and what does the same.

    Attributes:
        statement: a request for ExecuteStatement.
        operation, request: the other one.
    """

    statement: RequestDraft
    operation: str
    request: RequestDraft


def statements(schema: SchemaSource) -> st.SearchStrategy[RequestDraft]:
    """Requests for ExecuteStatement: SELECT from a table or an index, INSERT, UPDATE and DELETE, with parameters.

    Parameters:
        schema: a `TableSchema`, or what `TableSchema.of` takes.
    """
    return statement_pairs(schema).map(lambda pair: pair.statement)


def statement_pairs(schema: SchemaSource) -> st.SearchStrategy[StatementPair]:
    """The same, each with the request of another operation that has the same effect, answer and price.

    Parameters:
        schema: a `TableSchema`, or what `TableSchema.of` takes.
    """
    table = TableSchema.of(schema)
    return st.one_of(_inserts(table), _updates(table), _deletions(table), _queries(table), _scans(table))


@dataclass
class StatementWriter(ExpressionWriter):
    """Writes parts of a statement, with values as literals or as parameters.

    Attributes:
        prefers_literals: whether values are literals where they can be.
        parameters: the values given as parameters, in the order written.
    """

    prefers_literals: bool = False
    parameters: list[AttributeValue] = field(default_factory=list)

    def name(self, attribute: str) -> str:
        return f'"{attribute}"'

    def value(self, value: AttributeValue) -> str:
        literal = _literal(value) if self.prefers_literals else None
        if literal is not None:
            return literal
        self.parameters.append(value)
        return "?"

    def choices(self, values: Sequence[AttributeValue]) -> str:
        return f"[{', '.join(map(self.value, values))}]"

    def request(self, text: str) -> RequestDraft:
        """The request of a statement that has been written."""
        return {"Statement": text, **({"Parameters": self.parameters} if self.parameters else {})}


def _literal(value: AttributeValue) -> str | None:
    """The literal of a value that has one."""
    ((tag, payload),) = value.items()
    if tag == "S":
        return _quoted(payload)
    if tag in ("BOOL", "NULL"):
        return str(payload).upper() if tag == "BOOL" else "NULL"
    is_whole_number = tag == "N" and str(payload).lstrip("-").isdigit()
    return str(payload) if is_whole_number else None


def _writers() -> st.SearchStrategy[StatementWriter]:
    return st.booleans().map(lambda prefers: StatementWriter(prefers_literals=prefers))


def _where(writer: StatementWriter, key: Item, condition: Tree | None) -> str:
    """The WHERE clause of a write: a key, and what else must hold."""
    parts = [f"{writer.name(name)} = {writer.value(value)}" for name, value in key.items()]
    if condition is not None:
        parts.append(f"({writer.condition(condition)})")
    return " AND ".join(parts)


def _guarded(condition: Tree | None, exists: Tree | None = None) -> RequestDraft:
    """The members of a request with a condition."""
    trees = [each for each in (exists, condition) if each is not None]
    if not trees:
        return {}
    writer = ExpressionWriter()
    text = writer.condition(trees[0] if len(trees) == 1 else ("AND", *trees))
    request: RequestDraft = {"ConditionExpression": text[1:-1] if text.startswith("(") else text}
    request["ExpressionAttributeNames"] = writer.names
    return {**request, **({"ExpressionAttributeValues": writer.values} if writer.values else {})}


def _conditions(table: TableSchema) -> st.SearchStrategy[Tree | None]:
    return st.one_of(st.none(), condition_trees(table))


@st.composite
def _inserts(draw: st.DrawFn, table: TableSchema) -> StatementPair:
    item, writer = draw(items(table)), draw(_writers())
    members = ", ".join(f"{_quoted(name)}: {writer.value(value)}" for name, value in item.items())
    statement = writer.request(f"INSERT INTO {writer.name(table.name)} VALUE {{{members}}}")
    request = {"TableName": table.name, "Item": item, **_guarded(("attribute_not_exists", table.partition))}
    return StatementPair(statement, "PutItem", request)


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


@st.composite
def _updates(draw: st.DrawFn, table: TableSchema) -> StatementPair:
    key, condition, writer = draw(keys(table)), draw(_conditions(table)), draw(_writers())
    actions = draw(update_actions(table))
    clauses = " ".join(_clause(writer, action) for action in actions)
    returning = draw(st.sampled_from(("", "ALL OLD", "ALL NEW", "MODIFIED OLD", "MODIFIED NEW")))
    text = f"UPDATE {writer.name(table.name)} {clauses} WHERE {_where(writer, key, condition)}"
    statement = writer.request(text + (f" RETURNING {returning} *" if returning else ""))
    request: RequestDraft = {"TableName": table.name, "Key": key}
    guard = _guarded(condition, ("attribute_exists", table.partition))
    other = ExpressionWriter(guard.pop("ExpressionAttributeNames"), guard.pop("ExpressionAttributeValues", {}))
    request["UpdateExpression"] = _sections(other, actions)
    request |= {**guard, "ExpressionAttributeNames": other.names}
    if other.values:
        request["ExpressionAttributeValues"] = other.values
    if returning:
        request["ReturnValues"] = returning.replace("MODIFIED", "UPDATED").replace(" ", "_")
    return StatementPair(statement, "UpdateItem", request)


def _clause(writer: StatementWriter, action: Action) -> str:
    kind, name, value, sign = action
    path = writer.name(name)
    if value is None:
        return f"REMOVE {path}"
    if kind in ("ADD", "DELETE") and "N" not in value:
        function = "set_add" if kind == "ADD" else "set_delete"
        writer.parameters.append(value)
        return f"SET {path} = {function}({path}, ?)"
    kind, sign = ("+", "+") if kind == "ADD" else (kind, sign)
    return f"SET {path} = {assigned(writer, kind, path, value, sign)}"


def _sections(writer: ExpressionWriter, actions: list[Action]) -> str:
    sections: dict[str, list[str]] = {}
    for kind, name, value, sign in actions:
        path = writer.name(name)
        if value is None:
            sections.setdefault("REMOVE", []).append(path)
        elif kind in ("ADD", "DELETE"):
            sections.setdefault(kind, []).append(f"{path} {writer.value(value)}")
        else:
            sections.setdefault("SET", []).append(f"{path} = {assigned(writer, kind, path, value, sign)}")
    return " ".join(f"{section} {', '.join(texts)}" for section, texts in sections.items())


@st.composite
def _deletions(draw: st.DrawFn, table: TableSchema) -> StatementPair:
    key, condition, writer = draw(keys(table)), draw(_conditions(table)), draw(_writers())
    returns = draw(st.booleans())
    text = f"DELETE FROM {writer.name(table.name)} WHERE {_where(writer, key, condition)}"
    statement = writer.request(text + (" RETURNING ALL OLD *" if returns else ""))
    request = {"TableName": table.name, "Key": key, **_guarded(condition)}
    return StatementPair(statement, "DeleteItem", {**request, "ReturnValues": "ALL_OLD"} if returns else request)


@st.composite
def _queries(draw: st.DrawFn, table: TableSchema) -> StatementPair:
    index = draw(_indexes(table))
    partition = table.partition if index is None else index.partition[0]
    sort = table.sort if index is None else (index.sort[0] if index.sort else None)
    trees: list[Tree] = [("=", partition, draw(key_values(table.types[partition])))]
    if sort is not None and draw(st.booleans()):
        trees.append(_sort_tree(draw, table, sort))
    names = [name for name in _held(table, index) if name not in (partition, sort)]
    condition = draw(condition_trees(table, names)) if len(names) > 0 and draw(st.booleans()) else None
    writer, other = draw(_writers()), ExpressionWriter()
    where = " AND ".join(map(writer.condition, trees))
    request: RequestDraft = {"KeyConditionExpression": " AND ".join(map(other.condition, trees))}
    if condition is not None:
        where += f" AND ({writer.condition(condition)})"
        request["FilterExpression"] = _bare(other.condition(condition))
    text = f"SELECT * FROM {_source(writer, table, index)} WHERE {where}"
    if sort is not None and draw(st.booleans()):
        text += f" ORDER BY {writer.name(sort)} DESC"
        request["ScanIndexForward"] = False
    return _read(draw, table, index, writer.request(text), "Query", {**request, **_placeholders(other)})


@st.composite
def _scans(draw: st.DrawFn, table: TableSchema) -> StatementPair:
    index = draw(_indexes(table))
    partition = table.partition if index is None else index.partition[0]
    names = [name for name in _held(table, index) if name != partition]  # Else only some of it would be read.
    writer, other = draw(_writers()), ExpressionWriter()
    text = f"SELECT * FROM {_source(writer, table, index)}"
    request: RequestDraft = {}
    if len(names) > 0 and draw(st.booleans()):
        condition = draw(condition_trees(table, names))
        text += f" WHERE {writer.condition(condition)}"
        request = {"FilterExpression": _bare(other.condition(condition)), **_placeholders(other)}
    return _read(draw, table, index, writer.request(text), "Scan", request)


def _read(
    draw: st.DrawFn,
    table: TableSchema,
    index: IndexSchema | None,
    statement: RequestDraft,
    operation: str,
    request: RequestDraft,
) -> StatementPair:
    """A SELECT and its Query or Scan, with the same options."""
    options: RequestDraft = {}
    if draw(st.booleans()):
        options["Limit"] = draw(st.integers(1, 5))
    if (index is None or index.is_local) and draw(st.booleans()):
        options["ConsistentRead"] = True
    place = {"TableName": table.name, **({} if index is None else {"IndexName": index.name})}
    return StatementPair({**statement, **options}, operation, {**place, **request, **options})


def _sort_tree(draw: st.DrawFn, table: TableSchema, sort: str) -> Tree:
    kind = draw(st.sampled_from(_SORT_KINDS if table.types[sort] != "N" else _SORT_KINDS[:-1]))
    value = draw(key_values(table.types[sort]))
    if kind == "BETWEEN":
        return (kind, sort, *ordered_values(value, draw(key_values(table.types[sort]))))
    return kind, sort, value


def _indexes(table: TableSchema) -> st.SearchStrategy[IndexSchema | None]:
    """Statements know no indexes with several attributes in one part of the key."""
    plain = [each for each in table.indexes if len(each.partition) == 1 and len(each.sort) <= 1]
    return st.sampled_from([None, *plain])


def _held(table: TableSchema, index: IndexSchema | None) -> list[str]:
    """The attributes that are read."""
    names = [*table.types, *payload_names(table)]
    if index is None or index.projected is None:
        return names
    held = {*index.projected, *table.key, *index.key}
    return [name for name in names if name in held]


def _source(writer: StatementWriter, table: TableSchema, index: IndexSchema | None) -> str:
    return writer.name(table.name) + ("" if index is None else f".{writer.name(index.name)}")


def _bare(text: str) -> str:
    return text[1:-1] if text.startswith("(") else text


def _placeholders(writer: ExpressionWriter) -> RequestDraft:
    found = {"ExpressionAttributeNames": writer.names, "ExpressionAttributeValues": writer.values}
    return {member: each for member, each in found.items() if each}
