"""Verifying that a target holds what its source holds: sums of both, then the items of the buckets that differ.

1. Both sides are read once and summed up, bucket by bucket (`sums.py`).
2. Where buckets differ, both are read again, and the keys are kept whose digests differ.
3. Each of these is read once more at both sides, as it is now: what was under way is right by then.
4. What only the target has is looked for in the source's stream, and among the source's items (`origins.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple, TypeVar

from minidynamo.moving.differences import EXCUSED, Difference, Kind, compared, is_expired
from minidynamo.moving.origins import content_digest, doubled_contents
from minidynamo.moving.sides import Side
from minidynamo.moving.sums import Sums, bucket_of, item_digest, key_digest
from minidynamo.values.attribute_value import Item

_KEYS_HELD_MAX = 500_000
_AT_ONCE = 16

_Result = TypeVar("_Result")
# Tells which of some keys, by their digests, were deleted at the source.
Removed = Callable[[Collection[bytes]], set[bytes]]


@dataclass
class Verification:
    """What has come out.

    Attributes:
        item_count: how many items the source has.
        differences: all that is not as it should be.
    """

    item_count: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def faults(self) -> list[Difference]:
        """Those that are not excused."""
        return [each for each in self.differences if each.kind not in EXCUSED]


class _Kept(NamedTuple):
    """What is kept of an item: the digest of what it is at the target, and its key at its own side."""

    digest: bytes
    key: Item


class TableVerifier:
    """Compares one table at two sides.

    Parameters:
        source, target: the sides.
        expires_by: the attribute of their time to live, "" for none.
        removed: tells what was deleted at the source.

    Attributes:
        source: the side that is right.
    """

    def __init__(self, source: Side, target: Side, expires_by: str, removed: Removed) -> None:
        self.source, self._target, self._expires_by, self._removed = source, target, expires_by, removed

    def run(self) -> Verification:
        """Compares them.

        Raises:
            Cancelled: it was asked to stop.
            DynamoError, ExportError: of either side.
        """
        expected, found = self._both(_summed)
        result = Verification(expected.item_count)
        for buckets in _rounds(expected, found):
            ours, theirs = self._both(partial(_kept, buckets=buckets))
            result.differences += self._differences(ours, theirs)
        result.differences = self._explained(result.differences)
        return result

    def _both(self, work: Callable[[Side], _Result]) -> tuple[_Result, _Result]:
        with ThreadPoolExecutor(2, "minidynamo sides") as pool:
            ours, theirs = pool.map(work, (self.source, self._target))
        return ours, theirs

    def _differences(self, ours: dict[bytes, _Kept], theirs: dict[bytes, _Kept]) -> list[Difference]:
        """What differs still when it is read once more."""
        nothing = _Kept(b"", {})
        keys = ours.keys() | theirs.keys()
        differing = sorted(key for key in keys if ours.get(key, nothing).digest != theirs.get(key, nothing).digest)
        self.source.gather(differing)
        self._target.gather(differing)
        unknown = {key for key in differing if key not in ours and self._source_key(None, theirs[key]) is None}
        ours = {**ours, **{key: _Kept(b"", found) for key, found in self.source.keys_of(unknown).items()}}
        with ThreadPoolExecutor(_AT_ONCE, "minidynamo verify") as pool:
            found = pool.map(lambda key: self._difference(ours.get(key), theirs.get(key)), differing)
            return [each for each in found if each is not None]

    def _difference(self, ours: _Kept | None, theirs: _Kept | None) -> Difference | None:
        source_key = self._source_key(ours, theirs)
        item = None if source_key is None else self.source.current(source_key)
        expected = None if item is None else self.source.edit(item)
        assert ours is not None or theirs is not None, "a difference of nothing"
        key = theirs.key if theirs is not None else self._target.key_of(self.source.edit(ours.key if ours else {}))
        actual = self._target.current(key)
        difference = compared(expected, actual)
        if difference is None:
            return None
        kind, attributes = difference
        is_alone = expected is None or actual is None
        if is_alone and is_expired(expected or actual, self._expires_by, time.time()):
            kind = "expired"
        return Difference(kind, key, source_key, attributes)

    def _source_key(self, ours: _Kept | None, theirs: _Kept | None) -> Item | None:
        """The key at the source; that of the target where that says it. What was made anonymous cannot be looked up."""
        if ours is not None:
            return ours.key
        assert theirs is not None, "a difference of nothing"
        return theirs.key if self.source.edit(theirs.key) == theirs.key else None

    def _explained(self, differences: list[Difference]) -> list[Difference]:
        """Tells of what only the target has where it comes from."""
        extras = {key_digest(each.key, self._target.key_names): each for each in differences if each.kind == "extra"}
        removed = self._removed(extras.keys()) if extras else set()
        contents = {digest: self._content(each.key) for digest, each in extras.items() if digest not in removed}
        doubled = doubled_contents(self.source, {each for each in contents.values() if each is not None})
        kinds: dict[int, Kind] = {
            **{id(extras[digest]): "resurrected" for digest in removed},
            **{id(extras[digest]): "doubled" for digest, each in contents.items() if each in doubled},
        }
        return [replace(each, kind=kinds.get(id(each), each.kind)) for each in differences]

    def _content(self, key: Item) -> bytes | None:
        item = self._target.current(key)
        return None if item is None else content_digest(item, self._target.key_names)


def _summed(side: Side) -> Sums:
    def summed(items: Iterator[Item]) -> Sums:
        sums = Sums()
        sums.add(map(side.edit, items), side.key_names)
        return sums

    total = Sums()
    for each in side.each_segment(summed):
        total.merge(each)
    return total


def _kept(side: Side, buckets: frozenset[int]) -> dict[bytes, _Kept]:
    """What a side has in some buckets, by the digest of the key."""

    def kept(items: Iterator[Item]) -> dict[bytes, _Kept]:
        found: dict[bytes, _Kept] = {}
        for item in items:
            edited = side.edit(item)
            digest = key_digest(edited, side.key_names)
            if bucket_of(digest) in buckets:
                found[digest] = _Kept(item_digest(edited), side.key_of(item))
        return found

    return {digest: each for found in side.each_segment(kept) for digest, each in found.items()}


def _rounds(expected: Sums, found: Sums) -> Iterator[frozenset[int]]:
    """The buckets that differ, so many at a time as memory has room for the keys of."""
    buckets: list[int] = []
    held = 0
    for bucket in expected.differing(found):
        count = expected.counts[bucket] + found.counts[bucket]
        if buckets and held + count > _KEYS_HELD_MAX:
            yield frozenset(buckets)
            buckets, held = [], 0
        buckets.append(bucket)
        held += count
    if buckets:
        yield frozenset(buckets)
