"""Explaining a request to a database that has nothing but its API: at a URL, or in a store that processes share.

A read is carried out, since it changes nothing; it takes its units there. A write is carried out on a copy in memory of
the tables and items that it names, which are read for that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.expressions.binding import bind
from minidynamo.insight.explaining.explanation import Explanation, Range
from minidynamo.insight.explaining.rehearsal import require_explained
from minidynamo.insight.explaining.values_shown import shown_clauses, shown_value
from minidynamo.insight.known_tables import DescribedTables, KnownTables
from minidynamo.insight.noted import has_more, is_consistent, items_kept, items_read
from minidynamo.metrics.asked_capacity import ALL_INDEXES, asking_for_all, take_consumed
from minidynamo.requests.statements import is_write
from minidynamo.requests.subjects import Part, parts_of, tables_of
from minidynamo.schema.arns import bare_name
from minidynamo.values.api_types import Item, JsonValue, Request, RequestDraft, Response, Structure

_INDEXES = ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")
_INDEX_MEMBERS = ("IndexName", "KeySchema", "Projection")


class Copy(Endpoint, Protocol):
    """A database in memory that explains."""

    def explain(self, operation: str, /, *, analyze: bool = True, **request: object) -> Explanation:
        """See `Database.explain`."""
        ...


def explain_elsewhere(
    execute: Callable[[str, Request], Response],
    open_copy: Callable[[], Copy],
    operation: str,
    request: Request,
    place: str,
) -> Explanation:
    """What a request would read, change and cost there.

    Parameters:
        execute: asks the database.
        open_copy: gives a database in memory without tables.
        operation: the API name of a read or write of items, or of statements of PartiQL.
        request: its members.
        place: where the database is, for remarks.

    Raises:
        DynamoError: the request is wrong, or the database does not answer.
    """
    require_explained(operation)
    if not is_write(operation, request):
        return _explained_read(execute, operation, request, place)
    copy = open_copy()
    named = _by_name(request)
    tables = [_made_table(execute, copy, name) for name in dict.fromkeys(map(bare_name, tables_of(request)))]
    copy.explain(operation, **named)  # What is wrong with it is told before anything of it is read.
    for description in tables:
        _copy_items(execute, copy, description, named)
    explained = copy.explain(operation, **named)
    remark = f"carried out on a copy in memory of the items that it names, read at {place}"
    return replace(explained, remarks=(*explained.remarks, remark))


def _by_name(request: Request) -> Request:
    """A request in which tables are named by their names, since the copy is of no account's."""
    assert isinstance(request, dict), f"{request!r} is no request"
    found: Request = _renamed(request)
    return found


def _renamed(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        bare_name(name) if name.startswith("arn:") else name: (
            bare_name(each) if name == "TableName" and isinstance(each, str) else _renamed(each)
        )
        for name, each in value.items()
    }


def _explained_read(
    execute: Callable[[str, Request], Response], operation: str, request: Request, place: str
) -> Explanation:
    response = execute(operation, asking_for_all(operation, request))
    consumed = take_consumed(operation, request, response, ALL_INDEXES)
    parts = parts_of(request)
    tables = DescribedTables(execute)
    first = parts[0] if parts else None
    return Explanation(
        operation,
        "" if first is None else bare_name(first.table),
        None if first is None else first.index_name,
        read_units=sum(each.units for each in consumed),
        reads=tuple(
            dict.fromkeys(Range(bare_name(part.table), part.index_name, _keys(part, tables)) for part in parts)
        ),
        items_read=0 if "Statement" in request else items_read(response),
        items_kept=items_kept(response),
        has_more=has_more(response),
        is_consistent=is_consistent(operation, request),
        remarks=(
            f"carried out at {place}, where it took its units",
            "partitions and cheaper ways are told where the store is opened",
        ),
    )


def _keys(part: Part, tables: KnownTables) -> str:
    """Which keys a part of a request reads, in words."""
    if part.item is not None:
        table = tables.find(part.table)
        index = None if table is None else table.index(part.index_name)
        names = list(part.item) if index is None else [*index.partition_key, *index.sort_key]
        if index is not None and not all(name in part.item for name in index.partition_key):
            return "all keys"  # What a statement pins is no partition key.
        return " and ".join(f"{name} = {shown_value(part.item[name])}" for name in names if name in part.item)
    if "KeyConditionExpression" in part.parameters or "KeyConditions" in part.parameters:
        try:
            return shown_clauses(bind(part.parameters, needs_key_condition=True).key_clauses or ())
        except DynamoError:
            return "some keys"
    return "all keys"


def _made_table(execute: Callable[[str, Request], Response], copy: Copy, name: str) -> Structure:
    """Makes a table of the copy; its description."""
    description: Structure = execute("DescribeTable", {"TableName": name})["Table"]
    copy.execute("CreateTable", creation_of(description))
    return description


def _copy_items(
    execute: Callable[[str, Request], Response], copy: Copy, description: Structure, request: Request
) -> None:
    """Puts the items of a table into the copy that a request names."""
    name = description["TableName"]
    names = [each["AttributeName"] for each in description["KeySchema"]]
    seen: list[Item] = []
    for part in parts_of(request):
        item = part.item or {}
        key = {each: item[each] for each in names if each in item}
        if part.table != name or len(key) < len(names) or key in seen:
            continue
        seen.append(key)
        found = execute("GetItem", {"TableName": name, "Key": key, "ConsistentRead": True}).get("Item")
        if found is not None:
            copy.execute("PutItem", {"TableName": name, "Item": found})


def creation_of(description: Structure) -> Request:
    """The request that makes a table with the keys, indexes and stream of a description."""
    request: RequestDraft = {
        "TableName": description["TableName"],
        "AttributeDefinitions": description["AttributeDefinitions"],
        "KeySchema": description["KeySchema"],
        "BillingMode": "PAY_PER_REQUEST",
    }
    for member in _INDEXES:
        indexes = description.get(member)
        if indexes:
            request[member] = [{name: index[name] for name in _INDEX_MEMBERS} for index in indexes]
    stream = description.get("StreamSpecification")
    if stream and stream.get("StreamEnabled"):
        request["StreamSpecification"] = {name: stream[name] for name in ("StreamEnabled", "StreamViewType")}
    return request
