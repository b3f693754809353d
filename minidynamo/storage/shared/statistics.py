"""About how many items and bytes there are: what was last read of it, and what this process has added since.

Source: DynamoDB API reference, TableDescription: counts are brought up to date about every six hours.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

# Items and bytes.
Counts = tuple[int, int]


class Statistics:
    """What one process knows of sizes, by keyspace. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[str, Counts] = {}
        self._added: dict[str, Counts] = {}

    def of(self, keyspace: str) -> Counts:
        """About how many items and bytes a keyspace has."""
        with self._lock:
            items, size = self._read.get(keyspace, (0, 0))
            more_items, more_size = self._added.get(keyspace, (0, 0))
        return items + more_items, size + more_size

    def add(self, counts: Mapping[str, Counts]) -> None:
        """Notes what a transaction of this process has added."""
        with self._lock:
            for name, (items, size) in counts.items():
                assert name, "a keyspace without a name is counted"
                had_items, had_size = self._added.get(name, (0, 0))
                self._added[name] = had_items + items, had_size + size

    def take(self) -> dict[str, Counts]:
        """What has been added since this was last asked for; whoever takes it stores it."""
        with self._lock:
            added, self._added = self._added, {}
            for name, (items, size) in added.items():  # Until it is read again, it counts as read.
                had_items, had_size = self._read.get(name, (0, 0))
                self._read[name] = had_items + items, had_size + size
        return added

    def note(self, read: Mapping[str, Counts]) -> None:
        """Notes what is stored now."""
        with self._lock:
            self._read = dict(read)
