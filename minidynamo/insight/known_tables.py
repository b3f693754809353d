"""What is known of the tables that requests name: keys, indexes, projections, the attribute by which items expire.

A database of this process is looked at without a request; any other endpoint is asked once for each table.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.schema.arns import bare_name
from minidynamo.schema.table_state import TableState
from minidynamo.tables.catalog import Catalog
from minidynamo.values.api_types import Request, Response, Structure

# After these the next look finds other things.
CHANGING = frozenset({"CreateTable", "DeleteTable", "UpdateTable", "UpdateTimeToLive"})


@dataclass(frozen=True, slots=True)
class KnownIndex:
    """An index, or the table itself.

    Attributes:
        partition_key: names of the attributes of its partition key; a global index has up to four.
        sort_key: those of its sort key.
        projection: ALL, KEYS_ONLY or INCLUDE; ALL of a table.
        is_local: whether it shares the table's partition key and throughput.
        included: attributes that it holds besides those of keys, where projection is INCLUDE.
    """

    partition_key: tuple[str, ...]
    sort_key: tuple[str, ...]
    projection: str = "ALL"
    is_local: bool = False
    included: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table.

    Attributes:
        name: its name.
        key: its own key.
        indexes: by name.
        expiry_attribute: by which items expire; None where they do not, or where that was not told.
    """

    name: str
    key: KnownIndex
    indexes: dict[str, KnownIndex] = field(default_factory=dict)
    expiry_attribute: str | None = None

    def index(self, name: str | None) -> KnownIndex | None:
        """An index by its name, the table itself by None; None where there is no such index."""
        return self.key if name is None else self.indexes.get(name)

    def holds(self, index: KnownIndex, attribute: str) -> bool:
        """Whether an index, or the table itself, has an attribute."""
        if index.projection == "ALL" or attribute in index.included:
            return True
        return any(attribute in (*each.partition_key, *each.sort_key) for each in (self.key, index))


@runtime_checkable
class WithCatalog(Protocol):
    """An endpoint whose tables are in this process."""

    catalog: Catalog

    @property
    def lock(self) -> AbstractContextManager[object, None]:
        """Held while the catalog is looked at."""
        ...


class KnownTables(Protocol):
    """The tables of an endpoint."""

    def find(self, name_or_arn: str) -> KnownTable | None:
        """A table; None where nothing is known of it."""
        ...

    def forget(self) -> None:
        """Looks again from now on."""
        ...


def tables_of_endpoint(endpoint: Endpoint) -> KnownTables:
    """The tables of an endpoint, which is not kept by that."""
    if isinstance(endpoint, WithCatalog):
        return CatalogTables(endpoint)
    found = weakref.ref(endpoint)

    def execute(operation: str, request: Request) -> Response:
        there = found()
        return {} if there is None else there.execute(operation, request)

    return DescribedTables(execute)


class CatalogTables:
    """Tables of a database in this process, which nobody needs to ask for.

    Parameters:
        database: it has a catalog, another one after a restore.
    """

    def __init__(self, database: WithCatalog) -> None:
        assert isinstance(database.catalog, Catalog), f"{type(database).__name__} has no catalog"
        self._database = weakref.ref(database)
        self._known: dict[str, tuple[TableState, KnownTable]] = {}

    def find(self, name_or_arn: str) -> KnownTable | None:
        """See `KnownTables.find`."""
        name = bare_name(name_or_arn)
        database = self._database()
        if database is None:
            return None
        with database.lock:
            table = database.catalog.find(name)
        if table is None:
            return None
        known = self._known.get(name)
        if known is None or known[0] is not table.state:
            known = self._known[name] = (table.state, known_of_state(table.state))
        return known[1]

    def forget(self) -> None:
        """See `KnownTables.forget`."""
        self._known.clear()


class DescribedTables:
    """Tables of an endpoint that is asked for each once, by DescribeTable and DescribeTimeToLive.

    Parameters:
        execute: how it is asked.
    """

    def __init__(self, execute: Callable[[str, Request], Response]) -> None:
        self._execute = execute
        self._known: dict[str, KnownTable | None] = {}

    def find(self, name_or_arn: str) -> KnownTable | None:
        """See `KnownTables.find`."""
        name = bare_name(name_or_arn)
        if name not in self._known:
            self._known[name] = None  # Whatever happens, it is not asked again.
            self._known[name] = self._asked(name_or_arn)
        return self._known[name]

    def forget(self) -> None:
        """See `KnownTables.forget`."""
        self._known.clear()

    def _asked(self, name_or_arn: str) -> KnownTable | None:
        try:
            described = self._execute("DescribeTable", {"TableName": name_or_arn})["Table"]
        except (DynamoError, OSError, KeyError):
            return None
        try:
            told = self._execute("DescribeTimeToLive", {"TableName": name_or_arn})
            expiry = told["TimeToLiveDescription"].get("AttributeName")
        except (DynamoError, OSError, KeyError):
            expiry = None
        return known_of_description(described, expiry)


def known_of_description(described: Structure, expiry_attribute: str | None = None) -> KnownTable:
    """What a description of the API says of a table."""
    indexes = {
        index["IndexName"]: _index(index["KeySchema"], index["Projection"], member == "Local")
        for member in ("Local", "Global")
        for index in described.get(f"{member}SecondaryIndexes") or ()
    }
    return KnownTable(described["TableName"], _index(described["KeySchema"]), indexes, expiry_attribute)


def _index(elements: list[dict[str, str]], projection: Structure | None = None, is_local: bool = False) -> KnownIndex:
    by_role = {
        role: tuple(each["AttributeName"] for each in elements if each["KeyType"] == role) for role in ("HASH", "RANGE")
    }
    kind = "ALL" if projection is None else projection["ProjectionType"]
    included = () if projection is None else tuple(projection.get("NonKeyAttributes") or ())
    return KnownIndex(by_role["HASH"], by_role["RANGE"], kind, is_local, included)


def known_of_state(state: TableState) -> KnownTable:
    """What the state of a table in this process says of it."""
    indexes = {}
    for index in state.indexes:
        key = state.index_key(index)
        partition = tuple(each.name for each in key.partition_key)
        sort = tuple(each.name for each in key.sort_key)
        included = index.non_key_attributes or ()
        local = index.kind.shares_collections
        indexes[index.name] = KnownIndex(partition, sort, index.projection, local, included)
    key = state.primary_key()
    own = KnownIndex(tuple(each.name for each in key.partition_key), tuple(each.name for each in key.sort_key))
    return KnownTable(state.name, own, indexes, state.expiry_attribute)
