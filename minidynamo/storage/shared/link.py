"""The seam to a shared engine: one link per thread that works, and what it must promise.

Several processes, each with links of its own, work on one store: named keyspaces of ordered records.

1. A transaction sees one state of the store, that of its first read, and its own changes only when they are committed.
2. `commit` is all or nothing. It raises Conflict, and nothing has happened, unless every record that it names as seen
   is still what was seen. Of two transactions that name the same record, the one that comes second raises it.
3. What `commit` has answered outlives the process.
4. Definitions (tables, indexes, streams) are committed alone: while one is under way, no other transaction that writes
   is, and each counts the version of the store up. Every read tells the version that its state has.
5. Changes are numbered in an order that agrees with the order of commits of one record; what lies below the horizon of
   a state is complete in it for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

# What a transaction is for: reads of which each may see a later state; a write of one item, which reads in that way,
# since its commit looks at what was read; reads of one state; writes after reads of one state; or a definition.
Kind = Literal["read", "item", "snapshot", "write", "definition"]

# A change's number: that of its transaction, and a smaller one within it.
CHANGE_BITS = 20

Key = tuple[str, bytes]


class Conflict(Exception):
    """Somebody else has changed what a transaction rests on: nothing has happened, and it can be begun again."""


class CatalogChanged(Conflict):
    """The tables are not what they were when they were read: they have to be read again."""


class WrongKind(Conflict):
    """A transaction needs to be of another kind.

    Parameters:
        kind: which.
    """

    def __init__(self, kind: Kind) -> None:
        super().__init__(f"this takes a transaction of the kind {kind}")
        self.kind = kind


class Lost(Exception):
    """The link was cut before anything was committed: nothing has happened."""


class Unresolved(Exception):
    """The link was cut while a commit was under way, and nobody could tell what has become of it."""


class Write(NamedTuple):
    """A record that is changed.

    Attributes:
        key: its keyspace and its key.
        record: what it becomes; None where it goes.
        seen: what it was when it was read, None for nothing; only if `is_seen`.
        is_seen: whether it was read.
    """

    key: Key
    record: bytes | None
    seen: bytes | None
    is_seen: bool


class Append(NamedTuple):
    """The record of a change, whose number the engine gives.

    Attributes:
        keyspace: that of the stream.
        prefix: what its key begins with; the number follows, in eight bytes.
        record: what is kept.
    """

    keyspace: str
    prefix: bytes
    record: bytes


class Changes(NamedTuple):
    """All that one transaction changes.

    Attributes:
        writes: records, each key once.
        checks: records that were only read, and on which the transaction rests: what was seen by key.
        appends: records of changes, in order.
        creates, drops: keyspaces that begin and end.
        counts: how many items and bytes more each keyspace has.
    """

    writes: Sequence[Write]
    checks: Mapping[Key, bytes | None]
    appends: Sequence[Append]
    creates: Sequence[str]
    drops: Sequence[str]
    counts: Mapping[str, tuple[int, int]]


class Link(Protocol):
    """A link to a shared engine, used by one thread at a time. All methods raise Lost where it is cut.

    Attributes:
        version: that of the store, as the last read of the transaction has told; None before there is one.
        horizon: below which all changes are in the state that was read last.
    """

    version: int | None
    horizon: int

    def begin(self, kind: Kind) -> None:
        """Begins a transaction; nothing is sent before it reads."""
        ...

    def touch(self) -> None:
        """Reads nothing but the version."""
        ...

    def get_many(self, keys: Sequence[Key]) -> list[bytes | None]:
        """The records of some keys, in their order, None for those that are not there."""
        ...

    def range(
        self, keyspace: str, start: bytes, stop: bytes | None, reverse: bool, count: int
    ) -> list[tuple[bytes, bytes]]:
        """So many entries of a keyspace with start <= key < stop, in the order of keys or its reverse."""
        ...

    def keyspaces(self) -> list[str]:
        """The names of all keyspaces."""
        ...

    def statistics(self) -> dict[str, tuple[int, int]]:
        """About how many items and bytes each keyspace has."""
        ...

    def measured(self) -> dict[str, tuple[int, int]]:
        """How many items and bytes each keyspace has, exactly: all of it is counted."""
        ...

    def add_statistics(self, counts: Mapping[str, tuple[int, int]]) -> None:
        """Adds to these what a process has added; outside of transactions."""
        ...

    def clean_up(self, count: int) -> bool:
        """Removes so many records of keyspaces that have ended; whether there are more. Outside of transactions."""
        ...

    def commit(self, changes: Changes) -> None:
        """Commits a transaction that writes.

        Raises:
            Conflict: what it rests on has changed.
            Unresolved: nobody can tell whether it was carried out.
        """
        ...

    def end(self) -> None:
        """Ends a transaction that has changed nothing, or gives it up; raises nothing."""
        ...

    def close(self) -> None:
        """Closes the link."""
        ...
