"""What is known of a table: its definition, its settings, its status, its indexes. Typed, and never changed in place.

`table_forms.py` turns it into the record that is stored and into the description that the API shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple, Self, TypeVar

from minidynamo.schema.key_schema import KeySchema, PrimaryKey

# The key of the KMS that stands in where encryption by it is wanted and none is named.
DEFAULT_KMS_KEY = "alias/aws/dynamodb"

# Units by their name in the API.
Units = Mapping[str, int]
Schema = TypeVar("Schema", bound=KeySchema)


class KeyElement(NamedTuple):
    """One attribute of a key: its name, and whether it is of the partition key (HASH) or the sort key (RANGE)."""

    name: str
    role: str

    @classmethod
    def all_of(cls, elements: Iterable[Mapping[str, str]]) -> tuple[Self, ...]:
        """The key elements of a KeySchema of the API."""
        return tuple(cls(each["AttributeName"], each["KeyType"]) for each in elements)


class IndexKind(Enum):
    """The kinds of index, by the member of the API in which they are listed."""

    LOCAL = "LocalSecondaryIndexes"
    GLOBAL = "GlobalSecondaryIndexes"

    __hash__ = object.__hash__  # By identity; that of Enum is a call of Python for every write.

    @property
    def shares_collections(self) -> bool:
        """Whether its entries count to the item collections of the table, and change with the item in every case."""
        return self is IndexKind.LOCAL

    @property
    def has_own_throughput(self) -> bool:
        """Whether it has a status and throughput of its own, and may lag behind the table."""
        return self is IndexKind.GLOBAL


@dataclass(frozen=True, slots=True)
class Throughput:
    """The provisioned throughput of a table or index, with what is remembered of its changes.

    Attributes:
        read_units, write_units: per second; 0 on demand.
        decreases: how many there were on the day of the last one.
        increased_at, decreased_at: when it was changed last, epoch seconds.
    """

    read_units: int = 0
    write_units: int = 0
    decreases: int = 0
    increased_at: float | None = None
    decreased_at: float | None = None

    @property
    def units(self) -> Units:
        """The units by their names in the API."""
        return {"ReadCapacityUnits": self.read_units, "WriteCapacityUnits": self.write_units}


@dataclass(frozen=True, slots=True)
class IndexState:
    """What is known of an index.

    Attributes:
        name, kind: of the index.
        key_schema: its key.
        projection: ALL, KEYS_ONLY or INCLUDE.
        non_key_attributes: what INCLUDE projects besides keys; None for the others.
        status: of a kind that has one: CREATING, UPDATING, DELETING or ACTIVE.
        status_due_at: when a transitional status ends, epoch seconds.
        is_backfilling: False while resources are allocated, True while it is filled, None otherwise.
        backfill_seconds: how long filling it will take.
        throughput, warm, on_demand: of a kind that has its own.
    """

    name: str
    kind: IndexKind
    key_schema: tuple[KeyElement, ...]
    projection: str
    non_key_attributes: tuple[str, ...] | None = None
    status: str | None = None
    status_due_at: float | None = None
    is_backfilling: bool | None = None
    backfill_seconds: float | None = None
    throughput: Throughput | None = None
    warm: Units | None = None
    on_demand: Units | None = None

    @property
    def is_being_filled(self) -> bool:
        """Whether it is filled in steps, and active when these have come to the end; else time tells when it is."""
        return self.status == "CREATING" and self.is_backfilling is True and self.status_due_at is None


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """Which attribute tells when an item expires, None for none; and when that was changed, epoch seconds."""

    attribute: str | None
    changed_at: float


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The policy of a table or a stream.

    Attributes:
        document: its text, as it is kept; None once it has been deleted.
        revision: when it was changed last: epoch milliseconds, always more than before.
    """

    document: str | None
    revision: str

    @classmethod
    def after(cls, before: Self | None, document: str | None, now: float) -> Self:
        """The policy that takes another's place at a time, None for a first one."""
        assert document or before is not None, "a policy ends that has never been there"
        least = 0 if before is None else int(before.revision) + 1
        return cls(document, f"{max(int(now * 1000), least):013}")

    @property
    def changed_at(self) -> float:
        """When it was changed last, epoch seconds."""
        return int(self.revision) / 1000


@dataclass(frozen=True, slots=True)
class TableState:
    """What is known of a table.

    Attributes:
        name, id, created_at: its identity.
        status: CREATING, UPDATING, DELETING or ACTIVE.
        status_due_at: when a transitional status ends, epoch seconds.
        attribute_types: the types of all key attributes, by name, in the order of the names.
        key_schema: its key.
        billing_mode: PROVISIONED or PAY_PER_REQUEST.
        was_on_demand: whether it has ever been on demand.
        on_demand_since: when it was switched to that last.
        throughput, warm, on_demand: what it may consume.
        is_protected: against deletion.
        tags: by key.
        table_class: None for the standard one that no request has named.
        class_changes: when it was changed.
        stream_view: what its stream shows; None where it has none.
        stream_label: of its latest stream.
        encryption_key: of the KMS; None for the service's own.
        time_to_live: None where that was never set.
        indexes: LSIs, then GSIs, each in the order of their making.
        policies: those that it and its streams have, or have had: under "" and the labels of the streams.
    """

    name: str
    id: str
    created_at: float
    status: str
    status_due_at: float | None
    attribute_types: Mapping[str, str]
    key_schema: tuple[KeyElement, ...]
    billing_mode: str
    was_on_demand: bool
    throughput: Throughput
    warm: Units
    on_demand: Units | None = None
    on_demand_since: float | None = None
    is_protected: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    table_class: str | None = None
    class_changes: tuple[float, ...] = ()
    stream_view: str | None = None
    stream_label: str | None = None
    encryption_key: str | None = None
    time_to_live: TimeToLive | None = None
    indexes: tuple[IndexState, ...] = ()
    policies: Mapping[str, ResourcePolicy] = field(default_factory=dict)

    @property
    def is_provisioned(self) -> bool:
        """Whether the table's throughput is provisioned, rather than on demand."""
        return self.billing_mode == "PROVISIONED"

    @property
    def has_stream(self) -> bool:
        """Whether the table's stream is enabled."""
        return self.stream_view is not None

    @property
    def expiry_attribute(self) -> str | None:
        """The attribute that tells when an item expires."""
        return None if self.time_to_live is None else self.time_to_live.attribute

    @property
    def global_indexes(self) -> tuple[IndexState, ...]:
        """The indexes that have throughput of their own."""
        return tuple(each for each in self.indexes if each.kind.has_own_throughput)

    @property
    def keeps_collections_whole(self) -> bool:
        """Whether an item collection is bounded and lies in one partition."""
        return any(each.kind.shares_collections for each in self.indexes)

    @property
    def next_due(self) -> float | None:
        """When the next transitional status ends, its own or an index's; None for never."""
        dues = (self.status_due_at, *(each.status_due_at for each in self.indexes))
        return min((each for each in dues if each is not None), default=None)

    @property
    def provisioned_units(self) -> dict[str, int]:
        """The units that it and its indexes are provisioned with, by their names in the API."""
        throughputs = [self.throughput, *(each.throughput for each in self.indexes if each.throughput is not None)]
        return {name: sum(each.units[name] for each in throughputs) for name in self.throughput.units}

    def index(self, name: str) -> IndexState | None:
        """The index of a name."""
        return next((each for each in self.indexes if each.name == name), None)

    def with_index(self, changed: IndexState) -> TableState:
        """The same with another index in the place of the one that has its name, or behind all others."""
        if self.index(changed.name) is None:
            return replace(self, indexes=(*self.indexes, changed))
        return replace(self, indexes=tuple(changed if each.name == changed.name else each for each in self.indexes))

    def without_index(self, name: str) -> TableState:
        """The state of the table without one of its indexes."""
        return replace(self, indexes=tuple(each for each in self.indexes if each.name != name))

    def primary_key(self) -> PrimaryKey:
        """The table's key, with the types of its attributes."""
        return _key(PrimaryKey, self.key_schema, self.attribute_types)

    def index_key(self, index: IndexState) -> KeySchema:
        """The key of one of its indexes, with the types of its attributes."""
        return _key(KeySchema, index.key_schema, self.attribute_types)

    def advanced(self, now: float) -> TableState | None:
        """The same with every transitional status ended whose time has come by `now`; None where the table ends."""
        state = self
        if _is_due(self.status_due_at, now):
            if self.status == "DELETING":
                return None
            state = replace(self, status="ACTIVE", status_due_at=None)
        indexes = [_advanced(each) if _is_due(each.status_due_at, now) else each for each in self.indexes]
        return replace(state, indexes=tuple(each for each in indexes if each is not None))


def _key(kind: type[Schema], elements: tuple[KeyElement, ...], types: Mapping[str, str]) -> Schema:
    return kind.of(({"AttributeName": each.name, "KeyType": each.role} for each in elements), types)


def _is_due(due: float | None, now: float) -> bool:
    return due is not None and due <= now


def _advanced(index: IndexState) -> IndexState | None:
    if index.status == "DELETING":
        return None
    if index.is_backfilling is False:  # Resources are allocated; now the index is filled.
        assert index.status_due_at is not None, f"index {index.name} is being created for ever"
        due = index.status_due_at + (index.backfill_seconds or 0.0)
        return replace(index, is_backfilling=True, status_due_at=due, backfill_seconds=None)
    return replace(index, status="ACTIVE", is_backfilling=None, status_due_at=None)
