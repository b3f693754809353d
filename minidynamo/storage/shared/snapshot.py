"""A snapshot of a shared store: what it held at one moment, read as it is asked for, in a transaction that stays open.

As long as there is a snapshot, or a fork of it, PostgreSQL keeps what others replace: it is for trying things out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from minidynamo.storage.engine import Snapshot
from minidynamo.storage.ordered_map import record_of
from minidynamo.storage.shared.link import Conflict, Link, Lost
from minidynamo.storage.shared.maps import SharedMap


class _StoreState:
    """One state of a store, behind a link that nobody else uses."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        link.begin("snapshot")
        self.counts = link.measured()

    def get(self, keyspace: str, key: bytes) -> bytes | None:
        """The record of a key, None for none."""
        with self._lock:
            return self._link.get_many([(keyspace, key)])[0]

    def fetch(
        self, keyspace: str, start: bytes, stop: bytes | None, reverse: bool, count: int
    ) -> list[tuple[bytes, bytes]]:
        """So many entries of a range; see `Link.range`."""
        with self._lock:
            return self._link.range(keyspace, start, stop, reverse, count)

    def sizes(self, keyspace: str) -> tuple[int, int]:
        """How many items and bytes a keyspace has."""
        assert keyspace in self.counts, f"{keyspace} is not in the snapshot"
        return self.counts[keyspace]

    def __del__(self) -> None:
        self._link.close()


def store_snapshot(new_link: Callable[[], Link]) -> Snapshot:
    """Everything that a store holds now.

    Parameters:
        new_link: gives a link, which the snapshot keeps.

    Raises:
        Lost: the store cannot be reached.
    """
    state = _StoreState(new_link())
    maps = {name: (_SnapshotMap(name, state),) for name in state.counts}
    return Snapshot(maps, io_errors=(Lost, Conflict))


class _SnapshotMap(SharedMap):
    """A keyspace of a snapshot, whose counts are exact and never change."""

    def __init__(self, keyspace: str, state: _StoreState) -> None:
        super().__init__(keyspace, state.get, state.fetch, lambda name: None, state.sizes)
        self._counts = state.sizes(keyspace)

    @property
    def item_count(self) -> int:
        """How many items it has."""
        return self._counts[0]

    @property
    def size_bytes(self) -> int:
        """How large they are together."""
        return self._counts[1]

    def records(self, start: bytes | None, stop: bytes | None, reverse: bool = False) -> Iterator[bytes]:
        """The records of a range."""
        return map(record_of, self.range(start, stop, reverse))
