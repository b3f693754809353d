"""What strategies need to know of a table: its keys, its indexes, the types of their attributes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hypothesis import strategies as st

from minidynamo import Database, DynamoError, schema_from
from minidynamo.limits import RESOURCE_NAME_CHARACTERS_MAX, RESOURCE_NAME_CHARACTERS_MIN
from minidynamo.simulation import paused
from minidynamo.simulation.arguments import did_you_mean, require, shown
from minidynamo.values.api_types import Request, RequestDraft, TableClient
from minidynamo.values.attribute_value import Item

_DESCRIBED = {"AttributeDefinitions", "KeySchema", "TableName"}
_NO_DESCRIPTION = "this is neither a describe_table answer nor a CreateTable request"
_SOURCES = (
    "a TableSchema, a database, a resource's table, a describe_table answer, a CreateTable request or a file's path"
)
_TABLE_NAME = re.compile(f"[a-zA-Z0-9_.-]{{{RESOURCE_NAME_CHARACTERS_MIN},{RESOURCE_NAME_CHARACTERS_MAX}}}")
_INDEX_MEMBERS = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")


class TableMeta(Protocol):
    """The `meta` of a resource's table."""

    @property
    def client(self) -> TableClient:
        """The client behind the resource."""
        ...


class DescribedTable(Protocol):
    """A table of boto3's resource or of ours."""

    @property
    def table_name(self) -> str:
        """The name of the table."""
        ...

    @property
    def meta(self) -> TableMeta:
        """Gives access to the client."""
        ...


@dataclass(frozen=True)
class IndexSchema:
    """A secondary index.

    Attributes:
        name: of the index.
        partition, sort: the names of its key attributes.
        projected: the names of the attributes it holds beside all keys; None for all.
        is_local: whether it is an LSI.
    """

    name: str
    partition: tuple[str, ...]
    sort: tuple[str, ...]
    projected: frozenset[str] | None
    is_local: bool

    @property
    def key(self) -> tuple[str, ...]:
        """The names of all its key attributes."""
        return self.partition + self.sort


@dataclass(frozen=True)
class TableSchema:
    """A table, as strategies see it; `TableSchema.of` makes one.

    Attributes:
        name: of the table.
        partition, sort: the names of its key attributes; sort may be None.
        types: the types of all key attributes of the table and of its indexes: S, N or B.
        indexes: its secondary indexes.
        request: the CreateTable request that makes such a table.
    """

    name: str
    partition: str
    sort: str | None
    types: Mapping[str, str]
    indexes: tuple[IndexSchema, ...]
    request: Request

    @classmethod
    def of(cls, source: SchemaSource, name: str | None = None) -> TableSchema:
        """The schema of a table.

        Parameters:
            source: a database, a resource's table, a `describe_table` answer, a CreateTable request, or the path of a
                file that declares tables (see `schema_from`).
            name: of the table, where the source has several.

        Raises:
            ValueError: the source has no such table, or several and no name is given; or it is malformed.
            TypeError: it is nothing of that kind.
        """
        if isinstance(source, TableSchema):
            return source
        require(isinstance(name, str | None), "name", "the name of a table", name)
        descriptions = _descriptions(source, name)
        found = [each for each in descriptions if name in (None, each["TableName"])]
        if len(found) != 1:
            raise ValueError(_not_one([str(each["TableName"]) for each in descriptions], name))
        try:
            return cls._of_description(found[0])
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{_NO_DESCRIPTION}: {type(error).__name__} {error}") from None

    @classmethod
    def _of_description(cls, description: Request) -> TableSchema:
        types = {each["AttributeName"]: each["AttributeType"] for each in description["AttributeDefinitions"]}
        hashes, ranges = _roles(description["KeySchema"])
        indexes = []
        for member in _INDEX_MEMBERS:
            for index in description.get(member) or ():
                partition, sort = _roles(index["KeySchema"])
                projection = index["Projection"]
                kind = projection.get("ProjectionType", "ALL")
                projected = None if kind == "ALL" else frozenset(projection.get("NonKeyAttributes", ()))
                indexes.append(IndexSchema(index["IndexName"], partition, sort, projected, member == _INDEX_MEMBERS[1]))
        name = description["TableName"]
        request = _create_request(description)
        return cls(name, hashes[0], ranges[0] if ranges else None, types, tuple(indexes), request)

    @property
    def key(self) -> tuple[str, ...]:
        """The names of the table's key attributes."""
        return (self.partition,) if self.sort is None else (self.partition, self.sort)

    @property
    def index_key(self) -> tuple[str, ...]:
        """The names of the attributes that are keys of indexes alone."""
        names = [name for index in self.indexes for name in index.key if name not in self.key]
        return tuple(dict.fromkeys(names))

    def key_of(self, item: Item) -> Item:
        """The key of an item in wire form; raises ValueError where it lacks an attribute of the key."""
        require(isinstance(item, Mapping), "key_of", "an item in wire form", item)
        for name in self.key:
            if name not in item:
                raise ValueError(f"the item lacks the key attribute {name}: the key is {', '.join(self.key)}")
        return {name: item[name] for name in self.key}

    def create(self, target: Database | TableClient) -> None:
        """Creates the table.

        Parameters:
            target: a database, or a client of boto3 or of this package.

        Raises:
            TypeError: it is neither.
        """
        is_client = hasattr(target, "create_table") and hasattr(target, "get_waiter")
        require(isinstance(target, Database) or is_client, "create", "a Database or a client", target)
        client: TableClient = target.client() if isinstance(target, Database) else target
        client.create_table(**self.request)
        client.get_waiter("table_exists").wait(TableName=self.name)


SchemaSource = TableSchema | Database | DescribedTable | Request | str | Path
"""What `TableSchema.of` makes a schema from."""


def _descriptions(source: SchemaSource, name: str | None) -> list[Request]:
    if isinstance(source, str | Path):
        if not Path(source).exists():
            hint = "TableSchema.of(database, name) is the schema of a table by its name"
            raise ValueError(f"there is no file {str(source)!r} that declares tables; {hint}")
        return [each.request for each in schema_from(source)]
    if isinstance(source, Database):
        with paused(source):
            return _described(source, name)
    if isinstance(source, Mapping):
        description = source.get("Table", source)
        if not isinstance(description, Mapping) or _DESCRIBED - description.keys():
            raise ValueError(f"{_NO_DESCRIPTION}: it lacks one of {', '.join(sorted(_DESCRIBED))}")
        return [description]
    if isinstance(source, TableSchema | type) or not (hasattr(source, "table_name") and hasattr(source, "meta")):
        raise TypeError(f"a schema takes {_SOURCES}, not {shown(source)}")
    return [source.meta.client.describe_table(TableName=source.table_name)["Table"]]


def _described(database: Database, name: str | None) -> list[Request]:
    """How a database describes the table of a name, or all of its tables."""
    try:
        names = database.execute("ListTables", {})["TableNames"] if name is None else [name]
        return [database.execute("DescribeTable", {"TableName": each})["Table"] for each in names]
    except DynamoError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise ValueError(_not_one(database.execute("ListTables", {})["TableNames"], name)) from None


def _not_one(names: list[str], name: str | None) -> str:
    """What is said where not one table is meant, of those that there are."""
    if not names:
        return "there is no table yet: create one first"
    if name is None:
        return f"there are several tables, {', '.join(names)}: choose one by TableSchema.of(source, {names[0]!r})"
    return f"there is no table {name!r}: {did_you_mean(name, names)}"


def _roles(elements: Iterable[Mapping[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = [tuple(each["AttributeName"] for each in elements if each["KeyType"] == role) for role in ("HASH", "RANGE")]
    return names[0], names[1]


def _create_request(description: Request) -> RequestDraft:
    """A CreateTable request for a table like the one described, on demand."""
    request = {name: description[name] for name in ("TableName", "KeySchema", "AttributeDefinitions")}
    for member in _INDEX_MEMBERS:
        if description.get(member):
            request[member] = [
                {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
                for index in description[member]
            ]
    if description.get("StreamSpecification", {}).get("StreamEnabled"):
        request["StreamSpecification"] = description["StreamSpecification"]
    return {**request, "BillingMode": "PAY_PER_REQUEST"}


def table_schemas(name: str = "table") -> st.SearchStrategy[TableSchema]:
    """Tables: with or without a sort key, with up to two LSIs and two GSIs of every projection.

    Parameters:
        name: of the tables.

    Raises:
        ValueError: no table can have the name.
        TypeError: it is no text.
    """
    require(isinstance(name, str), "name", "the name of a table", name)
    if not _TABLE_NAME.fullmatch(name):
        raise ValueError(f"no table can be called {name!r}: a name has 3 to 255 letters, digits, _, - and .")
    return _table_schemas(name)


@st.composite
def _table_schemas(draw: st.DrawFn, name: str) -> TableSchema:
    types = st.sampled_from("SNB")
    attributes = {"pk": draw(types)}
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}]
    if draw(st.booleans()):
        attributes["sk"] = draw(types)
        keys.append({"AttributeName": "sk", "KeyType": "RANGE"})
    request: RequestDraft = {"TableName": name, "KeySchema": keys, "BillingMode": "PAY_PER_REQUEST"}
    counts = {_INDEX_MEMBERS[0]: draw(st.integers(0, 2)), _INDEX_MEMBERS[1]: draw(st.integers(0, 2)) * (len(keys) > 1)}
    for member, count in counts.items():
        is_local = member == _INDEX_MEMBERS[1]
        for number in range(count):
            prefix = "l" if is_local else "g"
            names = ["pk", f"l{number}"] if is_local else [f"g{number}"]
            if not is_local and draw(st.booleans()):
                names.append("pk" if draw(st.booleans()) else f"g{number}s")
            for each in names:
                if each not in attributes:
                    attributes[each] = draw(types)
            index = {
                "IndexName": f"by_{prefix}{number}",
                "KeySchema": [
                    {"AttributeName": each, "KeyType": role}
                    for each, role in zip(names, ("HASH", "RANGE"), strict=False)
                ],
                "Projection": draw(_PROJECTIONS),
            }
            request.setdefault(member, []).append(index)
    request["AttributeDefinitions"] = [
        {"AttributeName": each, "AttributeType": kind} for each, kind in attributes.items()
    ]
    return TableSchema.of(request)


_PROJECTIONS = st.sampled_from(
    [
        {"ProjectionType": "ALL"},
        {"ProjectionType": "KEYS_ONLY"},
        {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n", "s"]},
    ]
)
