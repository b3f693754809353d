"""The engine seam: ordered maps of bytes, and batches that change them all or none.

An engine owns bytes and nothing else: it knows no items, keys or tables. Each ordered map holds one partition's stretch
of a keyspace, and keeps the count and the total item size of its records; a batch says how both change, so that they
are committed together with the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class OrderedMap(Protocol):
    """A sorted map from key bytes to records, covering the keys from `start` up to `stop` (None: no end)."""

    start: bytes
    stop: bytes | None
    size_bytes: int
    item_count: int

    def get(self, key: bytes) -> bytes | None:
        """The record of a key, or None."""
        ...

    def range(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """The entries with start <= key < stop, in key order or its reverse."""
        ...


def bounded(ordered_map: OrderedMap, start: bytes | None, stop: bytes | None) -> tuple[bytes, bytes | None]:
    """The part of a range that lies in a map."""
    low = ordered_map.start if start is None else max(start, ordered_map.start)
    high = ordered_map.stop if stop is None else stop if ordered_map.stop is None else min(stop, ordered_map.stop)
    return low, high


class Batch:
    """Changes that are committed all or none.

    Attributes:
        writes: each is `(map, key, record or None to delete, change of size in bytes, change of item count)`.
        creates: the names of new keyspaces, which are empty.
        drops: the names of keyspaces that end, with everything in them.
        after: to be called by whoever commits it, when it has been committed.
    """

    __slots__ = ("after", "creates", "drops", "writes")

    def __init__(self) -> None:
        self.writes: list[tuple[OrderedMap, bytes, bytes | None, int, int]] = []
        self.creates: list[str] = []
        self.drops: list[str] = []
        self.after: tuple[Callable[[], None], ...] = ()

    def put(self, target: OrderedMap, key: bytes, record: bytes, size_change: int, count_change: int) -> None:
        """Stores a record, which is `size_change` bytes larger than the one it replaces, if any."""
        self.writes.append((target, key, record, size_change, count_change))

    def delete(self, target: OrderedMap, key: bytes, size_bytes: int) -> None:
        """Deletes a record of `size_bytes`, which must be there."""
        self.writes.append((target, key, None, -size_bytes, -1))


class View(Protocol):
    """What an engine holds at one moment, to be read without the database's lock while others go on."""

    def of(self, ordered_map: OrderedMap) -> OrderedMap:
        """A map as it was at that moment; to be called with the lock still held."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


class Snapshot:
    """Everything that a database held at one moment. What is changed later does not change it.

    A snapshot of a file keeps that file's log from being reused for as long as there is the snapshot, or a fork of it.

    Attributes:
        keyspaces: the maps of each keyspace, in key order.
        io_errors: what reading them may raise.
    """

    __slots__ = ("io_errors", "keyspaces")

    def __init__(
        self, keyspaces: Mapping[str, Sequence[OrderedMap]], io_errors: tuple[type[Exception], ...] = ()
    ) -> None:
        self.keyspaces = keyspaces
        self.io_errors = io_errors


class Engine(Protocol):
    """Keeps ordered maps, grouped into named keyspaces.

    Attributes:
        is_durable: whether what is committed outlives the process.
        io_errors: what reading may raise where the store is damaged or the disk fails.
        waits_for_disk: whether `make_durable` waits for the disk after a commit.
    """

    is_durable: bool
    waits_for_disk: bool
    io_errors: tuple[type[Exception], ...]

    def keyspaces(self) -> list[str]:
        """The names of all keyspaces."""
        ...

    def maps(self, keyspace: str) -> Sequence[OrderedMap]:
        """The maps of a keyspace in key order; a new keyspace gets one empty map that covers everything."""
        ...

    def commit(self, batch: Batch) -> None:
        """Carries out a batch, all or nothing; raises StorageFailure where it cannot."""
        ...

    def make_durable(self) -> None:
        """Returns when all that has been committed is as durable as the engine promises.

        Raises:
            StorageFailure: it cannot be made so.
        """
        ...

    @property
    def is_durable_now(self) -> bool:
        """Whether `make_durable` would return at once."""
        ...

    def split(self, keyspace: str, lower: OrderedMap, at_key: bytes) -> OrderedMap:
        """Hands the entries of `lower` from `at_key` on to a new map, which is returned."""
        ...

    def view(self) -> View | None:
        """A view of everything as it is now; None where a read is so quick that others may as well wait for it."""
        ...

    def snapshot(self) -> Snapshot:
        """Everything as it is now, to be read while others go on."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Puts everything back to what a snapshot holds, all or nothing; maps handed out before are no longer valid."""
        ...

    def backup(self, path: Path, file_mode: int) -> None:
        """Copies everything, as it is now, to a new file; raises StoreError where it cannot."""
        ...

    def disown(self) -> None:
        """Lets go, in a child process, of what its parent goes on using."""
        ...

    def close(self) -> None:
        """Releases what the engine holds. Nothing may be read or written afterwards."""
        ...

    def check(self) -> None:
        """Asserts every invariant of the engine's structures."""
        ...
