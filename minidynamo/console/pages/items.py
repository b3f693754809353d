"""Items: what a query returns and costs, and one item as a whole."""

from __future__ import annotations

from collections import Counter

from minidynamo.console.console import Console, Method
from minidynamo.console.pages.tables import table_shape
from minidynamo.console.parameters import object_of, text_of, wrong
from minidynamo.console.plain_json import plain_text
from minidynamo.console.shown import cells, entity_of, identity, wire_text, with_bytes
from minidynamo.console.subject import Subject
from minidynamo.errors import DynamoError
from minidynamo.http.bodies import decoded_binaries
from minidynamo.requests.statements import is_write
from minidynamo.requests.subjects import tables_of
from minidynamo.values.api_types import Item, JsonObject, Response
from minidynamo.values.attribute_value import checked_item

READING = frozenset({"Query", "Scan", "ExecuteStatement"})
_COLUMNS_MAX = 60


def found(console: Console, parameters: JsonObject) -> JsonObject:
    """Carries out a Query, a Scan or a statement that reads: its items, shortened, and what they cost."""
    subject = console.subject(parameters)
    operation, request = asked(parameters)
    if is_write(operation, request):
        raise wrong("This statement writes: choose Run as a write.")
    response = subject.read(operation, {**request, "ReturnConsumedCapacity": "INDEXES"})
    return _shown(subject, request, response)


def asked(parameters: JsonObject) -> tuple[str, JsonObject]:
    """The operation and the request of a page, with bytes for base64."""
    operation, request = text_of(parameters, "operation"), object_of(parameters, "request")
    if operation not in READING:
        raise wrong(f"operation must be one of {', '.join(sorted(READING))}")
    return operation, decoded_binaries(operation, request)


def _shown(subject: Subject, request: JsonObject, response: Response) -> JsonObject:
    items: list[Item] = response.get("Items", [])
    tables = tables_of(request)
    key_names = _key_names(subject, tables[0]) if tables else []
    counts = Counter(name for item in items for name in item)
    columns = [name for name in key_names if name in counts]
    columns += [name for name, _ in counts.most_common() if name not in columns]
    capacity = response.get("ConsumedCapacity", {})
    return {
        "table": tables[0] if tables else "",
        "columns": columns[:_COLUMNS_MAX],
        "more_columns": max(0, len(columns) - _COLUMNS_MAX),
        "key_names": key_names,
        "items": [_row(each, key_names, columns[:_COLUMNS_MAX]) for each in items],
        "count": len(items),
        "scanned": response.get("ScannedCount", len(items)),
        "units": capacity.get("CapacityUnits", 0.0) if isinstance(capacity, dict) else 0.0,
        "last_key": response.get("LastEvaluatedKey"),
        "next_token": response.get("NextToken"),
    }


def _row(item: Item, key_names: list[str], columns: list[str]) -> JsonObject:
    key = {name: item[name] for name in key_names if name in item}
    is_whole = bool(key_names) and len(key) == len(key_names)
    return {
        "key": key if is_whole else None,
        "id": identity(key) if is_whole else None,
        "entity": entity_of(item, key_names),
        "bytes": checked_item(item)[1],
        "cells": cells(item, columns),
    }


def _key_names(subject: Subject, table: str) -> list[str]:
    try:
        described = subject.read("DescribeTable", {"TableName": table})["Table"]
    except DynamoError:
        return []
    return [name for name, _, _ in table_shape(described)["key"]]


def explained(console: Console, parameters: JsonObject) -> JsonObject:
    """What a request reads and costs, and what would be cheaper; nothing is carried out."""
    operation, request = asked(parameters)
    explain = console.subject(parameters).method("explain")
    explanation = explain(operation, **request)
    as_json = getattr(explanation, "as_json", None)
    assert callable(as_json), f"{type(explanation).__name__} explains nothing"
    return {"explanation": as_json()}


def read_item(subject: Subject, parameters: JsonObject) -> Item | None:
    """The item of a key, as it is now; None where there is none."""
    key = with_bytes(object_of(parameters, "key"))
    request = {"TableName": text_of(parameters, "table"), "Key": key, "ConsistentRead": True}
    item: Item | None = subject.read("GetItem", request).get("Item")
    return item


def whole(console: Console, parameters: JsonObject) -> JsonObject:
    """One item as a whole, as DynamoDB JSON and, where it has such a form, as plain JSON."""
    item = read_item(console.subject(parameters), parameters)
    if item is None:
        return {"wire": None, "plain": None, "bytes": 0}
    return {"wire": wire_text(item), "plain": plain_text(item), "bytes": checked_item(item)[1]}


METHODS = (Method("items.find", found), Method("items.explain", explained), Method("items.get", whole))
