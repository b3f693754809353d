"""Collections: which entities share a key, and which pattern each index serves, of a table that holds many kinds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from minidynamo.console.console import Console, Method
from minidynamo.console.observation import Observation
from minidynamo.console.pages.tables import table_shape
from minidynamo.console.parameters import number_of, text_of
from minidynamo.console.shown import cells, entity_of, identity, key_text, quoted, with_bytes
from minidynamo.console.subject import Subject
from minidynamo.insight.touched_keys import key_text as noted_text
from minidynamo.values.api_types import Item, JsonObject, Request

_ITEMS, _ITEMS_MAX = 150, 500
# Of an index, how many collections are shown beside one of the table, and how many items of each.
_BESIDE_MAX, _BESIDE_ITEMS_MAX = 12, 40
_CELLS_MAX = 4

# Name, type and role of each attribute of a key.
_Key = list[list[str]]


def seen(console: Console, parameters: JsonObject) -> JsonObject:
    """The first item collections of a table and of each of its indexes, side by side."""
    subject, table = console.subject(parameters), text_of(parameters, "table")
    count = number_of(parameters, "count", _ITEMS, 1, _ITEMS_MAX)
    shape = _shape(subject, table)
    start = parameters.get("start") or {}
    view = _View(table, shape["key"], console.observation(parameters))
    columns = []
    for index in _indexes(shape):
        request: Request = {"TableName": table, "Limit": count, **_named(index["name"])}
        begin = start.get(index["name"] or "") if isinstance(start, dict) else None
        if isinstance(begin, dict):
            request = {**request, "ExclusiveStartKey": with_bytes(begin)}
        page = subject.read("Scan", request)
        columns.append(view.column(index, page["Items"], page.get("LastEvaluatedKey")))
    return {"columns": columns, "key": shape["key"]}


def around(console: Console, parameters: JsonObject) -> JsonObject:
    """One item collection of the table, and beside it those of each index in which its items are."""
    subject, table = console.subject(parameters), text_of(parameters, "table")
    shape = _shape(subject, table)
    view = _View(table, shape["key"], console.observation(parameters))
    name, kind, _ = shape["key"][0]
    wanted = {kind: text_of(parameters, "key")}
    own = _query(subject, {"TableName": table, "Limit": _ITEMS}, [(name, with_bytes({name: wanted})[name])])
    columns = [view.column(_indexes(shape)[0], own, None)]
    for index in _indexes(shape)[1:]:
        names = [each for each, _, role in index["key"] if role == "HASH"]
        beside: list[Item] = []
        for values in _distinct(own, names)[:_BESIDE_MAX]:
            request = {"TableName": table, "Limit": _BESIDE_ITEMS_MAX, **_named(index["name"])}
            beside += _query(subject, request, list(zip(names, values, strict=True)))
        columns.append(view.column(index, beside, None))
    return {"columns": columns, "key": shape["key"]}


def _shape(subject: Subject, table: str) -> JsonObject:
    return table_shape(subject.read("DescribeTable", {"TableName": table})["Table"])


def _indexes(shape: JsonObject) -> list[JsonObject]:
    """The table itself under None, then its indexes that can be read."""
    own: JsonObject = {"name": None, "key": shape["key"], "kind": "table", "projection": "ALL"}
    return [own, *(each for each in shape["indexes"] if each["status"] != "CREATING")]


def _named(index: str | None) -> Request:
    return {} if index is None else {"IndexName": index}


def _query(subject: Subject, request: Request, values: list[tuple[str, JsonObject]]) -> list[Item]:
    clauses = " AND ".join(f"#{number} = :{number}" for number in range(len(values)))
    found: list[Item] = subject.read(
        "Query",
        {
            **request,
            "KeyConditionExpression": clauses,
            "ExpressionAttributeNames": {f"#{number}": name for number, (name, _) in enumerate(values)},
            "ExpressionAttributeValues": {f":{number}": value for number, (_, value) in enumerate(values)},
        },
    )["Items"]
    return found


def _distinct(items: Iterable[Item], names: list[str]) -> list[list[JsonObject]]:
    """The values that items have for some attributes, each once; of items that have them all."""
    whole = (item for item in items if all(name in item for name in names))
    return list(
        {identity({name: item[name] for name in names}): [item[name] for name in names] for item in whole}.values()
    )


class _View:
    """How the collections of one table are shown.

    Parameters:
        table: its name.
        key: of the table.
        observation: tells who reads them.
    """

    def __init__(self, table: str, key: _Key, observation: Observation) -> None:
        self._table, self._observation = table, observation
        self._key_names = [name for name, _, _ in key]
        self._entities: dict[str, str] = {}
        self._places = observation.places(table)

    def column(self, index: JsonObject, items: list[Item], last_key: Item | None) -> JsonObject:
        """A table or an index with the collections that some of its items make."""
        partition = [name for name, _, role in index["key"] if role == "HASH"]
        sort = [name for name, _, role in index["key"] if role == "RANGE"]
        collections: dict[str, list[Item]] = {}
        for item in items:
            collections.setdefault(identity({name: item[name] for name in partition if name in item}), []).append(item)
        return {
            "index": index["name"],
            "kind": index["kind"],
            "partition_key": partition,
            "sort_key": sort,
            "projection": index["projection"],
            "collections": [self._collection(index["name"], each, partition, sort) for each in collections.values()],
            "next": last_key,
            "places": self._places_of_column(index["name"]),
        }

    def _collection(self, index: str | None, items: list[Item], partition: list[str], sort: list[str]) -> JsonObject:
        assert items, f"an item collection of {self._table} has no items"
        first = {name: items[0][name] for name in partition if name in items[0]}
        ordered = sorted(items, key=lambda item: [_sort_value(item, name) for name in sort])
        text = ", ".join(map(noted_text, first.values()))
        places = self._places.get((index, text), Counter())
        return {
            "key": key_text(first),
            "value": _plain_value(first) if index is None else None,
            "places": [place for place, _ in places.most_common()],
            "items": [self._item(each, partition, sort) for each in ordered],
        }

    def _item(self, item: Item, partition: list[str], sort: list[str]) -> JsonObject:
        key = {name: item[name] for name in self._key_names if name in item}
        known = {*partition, *sort, *self._key_names}
        others = [name for name in item if name not in known][:_CELLS_MAX]
        told = sort or self._key_names  # An index without a sort key is in no order: the item is named by its key.
        name_of_item = identity(key)
        return {
            "id": name_of_item,
            "key": key,
            "sort": ", ".join(quoted(item[name]) for name in told if name in item),
            "entity": self._entities.setdefault(name_of_item, entity_of(item, self._key_names)),
            "cells": cells(item, others),
        }

    def _places_of_column(self, index: str | None) -> list[JsonObject]:
        entries = self._observation.ledger.entries
        own = [each for each in entries if each.table == self._table and each.index == index and each.place]
        return [{"place": each.place, "operation": each.operation, "calls": each.calls} for each in own[:5]]


def _plain_value(partition_key: Item) -> str | None:
    """The text or number of the only attribute of a key; None for other keys."""
    values = [value.get("S", value.get("N")) for value in partition_key.values()]
    return values[0] if len(values) == 1 else None


def _sort_value(item: Item, name: str) -> tuple[int, float, str]:
    """What items are ordered by: numbers by value, all else by its text."""
    value = item.get(name)
    if value is None:
        return 0, 0.0, ""
    return (1, float(value["N"]), "") if "N" in value else (2, 0.0, quoted(value))


METHODS = (Method("collections.see", seen), Method("collections.around", around))
