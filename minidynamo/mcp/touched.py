"""Which items a write names, by their keys in normal form, and what is stored there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.http.bodies import body_of
from minidynamo.insight.known_tables import tables_of_endpoint
from minidynamo.mcp.arguments import Asked
from minidynamo.requests.operations import API, TABLE
from minidynamo.requests.subjects import parts_of
from minidynamo.schema.arns import bare_name
from minidynamo.values.api_types import Item, JsonObject
from minidynamo.values.attribute_value import checked_item

# Members of a description that change by themselves, or say when something was done.
_PASSING = frozenset({"CreationDateTime", "ItemCount", "LatestStreamArn", "LatestStreamLabel", "TableSizeBytes"})


class ItemName(NamedTuple):
    """What tells an item from all others.

    Attributes:
        table: the name of its table.
        key: its key in normal form, as JSON.
    """

    table: str
    key: bytes


@dataclass(frozen=True)
class Touched:
    """What a list of requests names.

    Attributes:
        items: the keys of items.
        tables: the tables that are themselves made, changed or removed.
    """

    items: dict[ItemName, Item]
    tables: tuple[str, ...]


def touched_by(asked: Asked, endpoint: Endpoint) -> Touched:
    """What a request names, as far as it is well-formed; `endpoint` has its tables."""
    names = [bare_name(part.table) for part in parts_of(asked.request)]
    if API[asked.operation].subject == TABLE:
        arn = asked.request.get("ResourceArn")
        return Touched({}, tuple(dict.fromkeys([*names, *([bare_name(arn)] if isinstance(arn, str) else [])])))
    tables = tables_of_endpoint(endpoint)
    items: dict[ItemName, Item] = {}
    for part in parts_of(asked.request):
        table = tables.find(part.table)
        if table is not None and part.item is not None:
            key = _key_in(part.item, (*table.key.partition_key, *table.key.sort_key))
            if key is not None:
                items[ItemName(table.name, body_of(key))] = key
    return Touched(items, ())


def _key_in(item: Item, names: tuple[str, ...]) -> Item | None:
    """The key in an item, in normal form; None where it has none."""
    assert names, "a table without a key"
    if not all(name in item for name in names):
        return None
    try:
        key, _ = checked_item({name: item[name] for name in names})
    except DynamoError:
        return None
    return key


def stored_item(endpoint: Endpoint, table: str, key: Item) -> Item | None:
    """What is stored under a key; None where there is nothing, or no such table, or no such key."""
    try:
        response = endpoint.execute("GetItem", {"TableName": table, "Key": key, "ConsistentRead": True})
    except DynamoError as error:
        if error.code not in ("ResourceNotFoundException", "ValidationException"):
            raise
        return None
    item: Item | None = response.get("Item")
    return item


def stored_table(endpoint: Endpoint, name: str) -> JsonObject | None:
    """What a table is like, less what changes by itself; None where there is none."""
    try:
        described: JsonObject = endpoint.execute("DescribeTable", {"TableName": name})["Table"]
        expiry = endpoint.execute("DescribeTimeToLive", {"TableName": name})["TimeToLiveDescription"]
    except DynamoError as error:
        if error.code not in ("ResourceNotFoundException", "ValidationException"):
            raise
        return None
    return {**{name: value for name, value in described.items() if name not in _PASSING}, "TimeToLive": expiry}
