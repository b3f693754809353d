"""One side of a verification: a table, or an export, whose items are all read, and some of them again by their keys."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from minidynamo.moving.copying import Edit
from minidynamo.moving.move_error import MoveError
from minidynamo.moving.sources import ItemSource
from minidynamo.moving.sums import key_digest
from minidynamo.values.attribute_value import Item

Result = TypeVar("Result")

# Reads an item by its key, as it is now; None where there is none.
Fetch = Callable[[Item], Item | None]


class Cancelled(Exception):
    """Verifying has been asked to stop."""


class Side:
    """One side.

    Parameters:
        source: where its items come from.
        key_names: the attributes of the key.
        edit: what has become of an item at the target.
        fetch: reads one item; None for an export, which has to be read from its beginning.
        advance: told how many items more have been read; returns whether to go on.
        thread_count: how many segments are read at once.
    """

    def __init__(
        self,
        source: ItemSource,
        key_names: tuple[str, ...],
        edit: Edit,
        fetch: Fetch | None,
        advance: Callable[[int], bool],
        thread_count: int,
    ) -> None:
        self.key_names, self.edit = key_names, edit
        self._source, self._fetch, self._advance, self._thread_count = source, fetch, advance, thread_count
        self._gathered: dict[bytes, Item] = {}

    def each_segment(self, work: Callable[[Iterator[Item]], Result]) -> list[Result]:
        """What comes of the items of each segment, as this side has them.

        Raises:
            Cancelled: it was asked to stop.
            DynamoError, ExportError: they cannot be read.
        """
        has_failed = threading.Event()

        def work_on(segment: str) -> Result:
            try:
                return work(self._items(segment, has_failed))
            except BaseException:
                has_failed.set()  # The others need not go on.
                raise

        with ThreadPoolExecutor(self._thread_count, "minidynamo verify") as pool:
            futures = [pool.submit(work_on, segment) for segment in self._source.segments]
        failures = [error for each in futures if (error := each.exception()) is not None]
        for error in failures:
            if not isinstance(error, Cancelled):  # What has failed, and not who ended because of it.
                raise error
        return [each.result() for each in futures]

    def gather(self, digests: Collection[bytes]) -> None:
        """Reads the items whose keys have these digests, where `current` could not read them one by one."""
        if self._fetch is not None or not digests:
            return

        def found(items: Iterator[Item]) -> dict[bytes, Item]:
            return {digest: item for item in items if (digest := self.digest(item)) in digests}

        for each in self.each_segment(found):
            self._gathered.update(each)

    def keys_of(self, digests: Collection[bytes]) -> dict[bytes, Item]:
        """The keys at this side of what has these digests at the target: all of it is read, nothing else tells."""
        if not digests:
            return {}

        def found(items: Iterator[Item]) -> dict[bytes, Item]:
            return {digest: self.key_of(item) for item in items if (digest := self.digest(item)) in digests}

        return {digest: key for each in self.each_segment(found) for digest, key in each.items()}

    def digest(self, item: Item) -> bytes:
        """The digest of the key that an item of this side has at the target."""
        return key_digest(self.edit(item), self.key_names)

    def target_digest(self, key: Item) -> bytes:
        """The digest of a key as the target has it."""
        return key_digest(key, self.key_names)

    def current(self, key: Item) -> Item | None:
        """An item of this side as it is now.

        Parameters:
            key: its key at this side.
        """
        return self._gathered.get(self.digest(key)) if self._fetch is None else self._fetch(key)

    def key_of(self, item: Item) -> Item:
        """The key of an item."""
        return {name: item[name] for name in self.key_names}

    def _require_keys(self, items: Sequence[Item]) -> None:
        for name in self.key_names:
            if any(name not in item for item in items):
                raise MoveError(f"an item of the export has no {name}, of the key of the table at the other side")

    def _items(self, segment: str, has_failed: threading.Event) -> Iterator[Item]:
        for page in self._source.pages(segment):
            if self._fetch is None:
                self._require_keys(page.items)
            yield from page.items
            if not self._advance(len(page.items)) or has_failed.is_set():
                raise Cancelled
