"""Rings: the last of what has happened, numbered, for pages that ask for what is new."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Ring(Generic[Entry]):
    """The last entries of a row. It holds references, not copies.

    Parameters:
        size: how many are kept.
    """

    def __init__(self, size: int) -> None:
        assert size > 0, f"a ring of {size} entries"
        self._entries: deque[tuple[int, Entry]] = deque(maxlen=size)
        self._numbers = itertools.count(1)

    def add(self, entry: Entry) -> None:
        """Adds an entry; the oldest goes where there is no room."""
        self._entries.append((next(self._numbers), entry))

    def extend(self, entries: Iterable[Entry]) -> None:
        """Adds entries in their order."""
        for each in entries:
            self.add(each)

    def after(self, number: int) -> list[tuple[int, Entry]]:
        """The entries that have come after one, with their numbers, oldest first."""
        entries = list(self._entries)  # In one step, while others add.
        return entries if number <= 0 else [each for each in entries if each[0] > number]

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 for none."""
        return self._entries[-1][0] if self._entries else 0
