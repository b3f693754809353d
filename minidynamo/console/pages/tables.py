"""Tables: what is here, what grows, which index is dead."""

from __future__ import annotations

from collections.abc import Callable

from minidynamo.console.console import Console, Method
from minidynamo.console.parameters import number_of, text_of, wrong
from minidynamo.console.subject import Subject
from minidynamo.errors import DynamoError
from minidynamo.storage.keyspace import Keyspace
from minidynamo.tables.table import Table
from minidynamo.values.api_types import JsonObject, Response, Structure

_PAGE, _PAGE_MAX = 50, 200


def listed(console: Console, parameters: JsonObject) -> JsonObject:
    """One page of the tables, by name, items, size or units, those alone whose name holds a text."""
    subject = console.subject(parameters)
    wanted = text_of(parameters, "filter", "").lower()
    order = text_of(parameters, "order", "name")
    start = number_of(parameters, "start", 0, 0, 10**9)
    count = number_of(parameters, "count", _PAGE, 1, _PAGE_MAX)
    every = subject.table_names()
    names = [each for each in every if wanted in each.lower()]
    if order != "name":
        names = _ordered(subject, names, order)
    shown = [_row(subject, each) for each in names[start : start + count]]
    return {"tables": [each for each in shown if each], "found": len(names), "all": len(every), "start": start}


def _ordered(subject: Subject, names: list[str], order: str) -> list[str]:
    """Names by a measure of their tables, the largest first; as they are where that is not known."""
    measure = _MEASURES.get(order)
    if measure is None:
        raise wrong(f"order must be name, {', '.join(_MEASURES)}")
    if subject.context is None:
        return names
    with subject.lock:
        tables = subject.context.catalog.tables
        sizes = {each: measure(tables[each]) for each in names if each in tables}
    return sorted(names, key=lambda each: -sizes.get(each, 0.0))


def _units(table: Table) -> float:
    return sum(sum(_load(each)) for each in table.keyspaces)


_MEASURES: dict[str, Callable[[Table], float]] = {
    "items": lambda table: table.keyspace.item_count,
    "bytes": lambda table: table.keyspace.size_bytes,
    "units": _units,
}


def _load(keyspace: Keyspace) -> tuple[float, float]:
    """The units read and written since the database was opened."""
    read = sum(each.read_units for each in keyspace.partitions)
    return read, sum(each.write_units for each in keyspace.partitions)


def described(console: Console, parameters: JsonObject) -> JsonObject:
    """One table: its key, its attributes and its indexes."""
    subject = console.subject(parameters)
    return table_shape(subject.read("DescribeTable", {"TableName": text_of(parameters, "table")})["Table"])


def table_shape(table: Response) -> JsonObject:
    """What forms are made from: keys with their types, of a table and of its indexes."""
    types = {each["AttributeName"]: each["AttributeType"] for each in table.get("AttributeDefinitions", [])}
    indexes = [
        {
            "name": each["IndexName"],
            "kind": kind,
            "key": _key_of(each, types),
            "projection": each["Projection"]["ProjectionType"],
            "status": each.get("IndexStatus", "ACTIVE"),
            "items": each.get("ItemCount", 0),
            "bytes": each.get("IndexSizeBytes", 0),
        }
        for kind, member in (("global", "GlobalSecondaryIndexes"), ("local", "LocalSecondaryIndexes"))
        for each in table.get(member, [])
    ]
    return {
        "name": table["TableName"],
        "status": table["TableStatus"],
        "key": _key_of(table, types),
        "indexes": indexes,
    }


def _key_of(described_key: Structure, types: dict[str, str]) -> list[list[str]]:
    """Name, type and role of the attributes of a key."""
    schema = described_key.get("KeySchema", [])
    return [[each["AttributeName"], types.get(each["AttributeName"], "S"), each["KeyType"]] for each in schema]


def _row(subject: Subject, name: str) -> JsonObject | None:
    try:
        table = subject.read("DescribeTable", {"TableName": name})["Table"]
    except DynamoError:
        return None  # It has been deleted meanwhile.
    stream = table.get("StreamSpecification", {})
    row = table_shape(table) | {
        "items": table.get("ItemCount", 0),
        "bytes": table.get("TableSizeBytes", 0),
        "billing": _billing(table),
        "stream": stream.get("StreamViewType") if stream.get("StreamEnabled") else None,
        "expires": _expiry_attribute(subject, name),
        "partitions": None,
        "read": None,
        "written": None,
    }
    if subject.context is not None:
        _add_loads(subject, name, row)
    return row


def _expiry_attribute(subject: Subject, name: str) -> str | None:
    """The attribute by which items expire; None where they do not, or where that is not told."""
    try:
        expiry = subject.read("DescribeTimeToLive", {"TableName": name})["TimeToLiveDescription"]
    except DynamoError:
        return None
    attribute: str | None = expiry.get("AttributeName")
    return attribute if expiry.get("TimeToLiveStatus") in ("ENABLED", "ENABLING") else None


def _billing(table: Response) -> str:
    units = table.get("ProvisionedThroughput", {})
    reads, writes = units.get("ReadCapacityUnits", 0), units.get("WriteCapacityUnits", 0)
    return f"{reads} read, {writes} write" if reads or writes else "on demand"


def _add_loads(subject: Subject, name: str, row: JsonObject) -> None:
    """Adds what the database counts anyway: units of the table and of each index, and which index is dead."""
    assert subject.context is not None, f"{subject} has no tables of its own"
    with subject.lock:
        table = subject.context.catalog.find(name)
        if table is None:
            return
        row["read"], row["written"] = _load(table.keyspace)
        row["partitions"] = len(table.keyspace.partitions)
        loads = {each: _load(index.keyspace) for each, index in table.indexes.items()}
    for each in row["indexes"]:
        read, written = loads.get(each["name"], (0.0, 0.0))
        each |= {"read": read, "written": written, "is_dead": written > 0 and read == 0}


def created(console: Console, parameters: JsonObject) -> JsonObject:
    """Creates a table from a form: a partition key, maybe a sort key."""
    keys = [(text_of(parameters, "partition_key"), text_of(parameters, "partition_type", "S"), "HASH")]
    if parameters.get("sort_key"):
        keys.append((text_of(parameters, "sort_key"), text_of(parameters, "sort_type", "S"), "RANGE"))
    request = {
        "TableName": text_of(parameters, "table"),
        "KeySchema": [{"AttributeName": name, "KeyType": role} for name, _, role in keys],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind, _ in keys],
        "BillingMode": "PAY_PER_REQUEST",
    }
    console.subject(parameters).write("CreateTable", request)
    return {}


def deleted(console: Console, parameters: JsonObject) -> JsonObject:
    """Deletes a table, for whoever has typed its name."""
    name = text_of(parameters, "table")
    if text_of(parameters, "typed") != name:
        raise wrong(f"Type the name {name} to delete the table.")
    console.subject(parameters).write("DeleteTable", {"TableName": name})
    return {}


def stream_enabled(console: Console, parameters: JsonObject) -> JsonObject:
    """Turns the stream of a table on, with old and new images."""
    specification = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    request = {"TableName": text_of(parameters, "table"), "StreamSpecification": specification}
    console.subject(parameters).write("UpdateTable", request)
    return {}


def without_stream(console: Console, parameters: JsonObject) -> JsonObject:
    """The first tables that have no stream, whose changes nobody sees."""
    subject = console.subject(parameters)
    if subject.context is None:
        return {"tables": [], "all": 0}
    with subject.lock:
        names = [name for name, table in subject.context.catalog.tables.items() if not table.state.has_stream]
    return {"tables": names[:_PAGE], "all": len(names)}


def names(console: Console, parameters: JsonObject) -> JsonObject:
    """The first names of tables that hold a text, for a list to choose from."""
    wanted = text_of(parameters, "filter", "").lower()
    every = console.subject(parameters).table_names()
    return {"names": [each for each in every if wanted in each.lower()][:_PAGE_MAX], "all": len(every)}


METHODS = (
    Method("tables.list", listed),
    Method("tables.names", names),
    Method("tables.describe", described),
    Method("tables.without_stream", without_stream),
    Method("tables.create", created, writes=True),
    Method("tables.delete", deleted, writes=True),
    Method("tables.enable_stream", stream_enabled, writes=True),
)
