"""The engine seam: ordered maps of bytes, and batches that change them all or none.

An engine owns bytes and nothing else: it knows no items, keys or tables. Each ordered map holds one partition's range
of a keyspace, and keeps the count and the total item size of its records; a batch says how both change, so that they
are committed together with the records.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from minidynamo.errors import StorageFailure
from minidynamo.storage.cut_search import Cut
from minidynamo.storage.ordered_map import OrderedMap, check_map, check_tiling

if TYPE_CHECKING:
    from pathlib import Path

# When an engine that keeps a file answers: as a commit is on the disk, or outlives the process.
DURABILITIES = ("full", "process")


class Batch:
    """Changes that are committed all or none.

    Attributes:
        writes: each is `(keyspace, key, record or None to delete, change of size in bytes, change of item count)`.
        creates: the names of new keyspaces, which are empty.
        drops: the names of keyspaces that end, with everything in them.
        after: to be called by whoever commits it, when it has been committed.
    """

    __slots__ = ("after", "creates", "drops", "writes")

    def __init__(self) -> None:
        self.writes: list[tuple[str, bytes, bytes | None, int, int]] = []
        self.creates: list[str] = []
        self.drops: list[str] = []
        self.after: tuple[Callable[[], None], ...] = ()

    def put(self, keyspace: str, key: bytes, record: bytes, size_change: int, count_change: int) -> None:
        """Stores a record, which is `size_change` bytes larger than the one it replaces, if any."""
        assert 0 <= count_change <= 1, f"one record of {keyspace} changes its count by {count_change}"
        self.writes.append((keyspace, key, record, size_change, count_change))

    def delete(self, keyspace: str, key: bytes, size_bytes: int) -> None:
        """Deletes a record of `size_bytes`, which must be there."""
        assert size_bytes >= 0, f"a record of {keyspace} that is deleted has {size_bytes} bytes"
        self.writes.append((keyspace, key, None, -size_bytes, -1))


class View(Protocol):
    """What an engine holds at one moment, to be read without the database's lock while others go on."""

    def of(self, ordered_map: OrderedMap) -> OrderedMap:
        """A map as it was at that moment; to be called with the lock still held."""
        ...

    def close(self) -> None:
        """Ends the view."""
        ...


class RecordDamaged(Exception):
    """A record that is not what was written there.

    Parameters:
        keyspace: the keyspace it is in.
        key: under which it is found; of a range, this may be what is damaged.
    """

    def __init__(self, keyspace: str, key: bytes) -> None:
        super().__init__(f"the record of the key {key!r} is damaged: it is not what was written there")
        self.keyspace = keyspace
        self.key = key


class KeyspaceDamaged(Exception):
    """A keyspace that is not as it was written: records are missing, or in a wrong order.

    Parameters:
        keyspace: which.
        text: what is wrong.
    """

    def __init__(self, keyspace: str, text: str) -> None:
        super().__init__(text)
        self.keyspace = keyspace


class SkippedRecords(Protocol):
    """The damaged records that reads have gone past.

    Attributes:
        describe: names one, for the log; None where nobody can.
    """

    describe: Callable[[RecordDamaged], str] | None

    def __len__(self) -> int:
        """How many different ones there were."""
        ...


class Snapshot:
    """Everything that a database held at one moment. What is changed later does not change it.

    A snapshot of a file keeps that file's log from being reused for as long as there is the snapshot, or a fork of it.

    Attributes:
        keyspaces: the maps of each keyspace, in key order.
        io_errors: what reading them may raise.
        skipped: notes what reading them goes past; None where it does not.
    """

    __slots__ = ("__weakref__", "io_errors", "keyspaces", "skipped")

    def __init__(
        self,
        keyspaces: Mapping[str, Sequence[OrderedMap]],
        io_errors: tuple[type[Exception], ...] = (),
        skipped: SkippedRecords | None = None,
    ) -> None:
        self.keyspaces = keyspaces
        self.io_errors = io_errors
        self.skipped = skipped

    def __repr__(self) -> str:
        return f"<Snapshot of {sum(each.item_count for maps in self.keyspaces.values() for each in maps):,} records>"

    def check(self) -> None:
        """Asserts that it holds what its maps say, whatever has been changed since."""
        for name, maps in self.keyspaces.items():
            check_tiling(maps, f"{name} in a snapshot")
            for each in maps:
                check_map(each, f"the map of {name} in a snapshot that begins at {each.start!r}")


class Engine(Protocol):
    """Keeps ordered maps, grouped into named keyspaces. To be derived from: what is optional has defaults.

    All but `make_durable` and the views is called with the database's lock held.

    Attributes:
        io_errors: what reading may raise where the store is damaged or its medium fails.
        place: where the data are, in words.
        skipped: notes what reads go past; None where they do not.
    """

    io_errors: tuple[type[Exception], ...] = ()
    place: str = "in memory"
    skipped: SkippedRecords | None = None
    # Whether other processes write to the same store: then nothing that is kept in memory is known to be so still.
    is_shared: bool = False
    # Where the shards of streams begin; None where they follow the partitions of their tables.
    shard_starts: Sequence[bytes] | None = None

    @property
    def skipped_count(self) -> int:
        """How many damaged records reads have gone past."""
        return 0 if self.skipped is None else len(self.skipped)

    # What every engine has.

    def keyspaces(self) -> list[str]:
        """The names of all keyspaces."""
        ...

    def maps(self, keyspace: str) -> Sequence[OrderedMap]:
        """The maps of a keyspace in key order; a new keyspace gets one empty map that covers everything."""
        ...

    def commit(self, batch: Batch) -> None:
        """Carries out a batch, all or nothing; raises StorageFailure where it cannot."""
        ...

    def split(self, keyspace: str, lower: OrderedMap, cut: Cut) -> OrderedMap:
        """Hands the entries of `lower` above a cut on to a new map, which is returned. Takes no longer for many."""
        ...

    def snapshot(self) -> Snapshot:
        """Everything as it is now, to be read while others go on."""
        ...

    def close(self) -> None:
        """Releases what the engine holds. Nothing may be read or written afterwards."""
        ...

    def check(self) -> None:
        """Asserts every invariant of the engine's structures."""
        ...

    # Optional: durability. By default what is committed ends with the process.

    @property
    def is_durable(self) -> bool:
        """Whether what is committed outlives the process."""
        return False

    @property
    def waits_for_disk(self) -> bool:
        """Whether `make_durable` waits for a disk after a commit."""
        return False

    @property
    def is_durable_now(self) -> bool:
        """Whether `make_durable` would return at once."""
        return True

    def make_durable(self) -> None:
        """Returns when all that has been committed is as durable as the engine promises.

        Raises:
            StorageFailure: it cannot be made so.
        """
        return

    # Optional: reading many records at once. By default each is read when it is asked for.

    def expect(self, keys: Iterable[tuple[str, bytes]]) -> None:
        """Prepares for records to be asked for, whose keyspaces and keys are given."""
        return

    # Optional: reading while others write. By default a read holds the lock.

    def view(self) -> View | None:
        """A view of everything as it is now; None where a read is so quick that others may as well wait for it."""
        return None

    # Optional: copies.

    def restore(self, snapshot: Snapshot) -> None:
        """Puts everything back to what a snapshot holds, all or nothing; maps handed out before are no longer valid.

        Raises:
            StorageFailure: it cannot be done; by default it never can.
        """
        raise StorageFailure(f"{type(self).__name__} cannot go back to a snapshot: begin a new database with it.")

    def copy_to(self, path: Path, file_mode: int, allow_damage: bool) -> bool:
        """Copies everything, as it is now, to a new file of ours; whether it has: else the caller writes a snapshot.

        Raises:
            StoreError: it cannot be written.
            RecordDamaged: a record is damaged, and that is not allowed.
        """
        return False

    # Optional: the end of the process.

    def close_at_exit(self, lock: threading.RLock) -> None:
        """Closes with the process, unless it has been closed by then.

        Parameters:
            lock: the database's, under which it is closed, since threads may still read.
        """
        return

    # Optional: forked processes.

    def detach_after_fork(self) -> None:
        """Releases, in a child process, what its parent goes on using."""
        return
