"""Partitions: when one is due to split, at which key, and who gets which part of its load."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.storage.cut_search import CutSearch
from minidynamo.storage.memory.engine import MemoryMap
from minidynamo.storage.partition import Partition
from minidynamo.values.key_bytes import TOKEN_BYTES


def key(collection: int, position: int = 0) -> bytes:
    return collection.to_bytes(TOKEN_BYTES, "big") + bytes([position])


def partition_of(
    sizes: dict[bytes, int], size_bytes_max: int = 100, start: bytes = b"", stop: bytes | None = None
) -> Partition:
    entries = MemoryMap(start, stop)
    for each, size in sizes.items():
        entries.apply(each, size.to_bytes(3, "big"), size, 1)
    return Partition(entries, "space", size_bytes_max)


def cut_key(partition: Partition, keeps_collections_whole: bool) -> bytes | None:
    search = CutSearch(partition.map, keeps_collections_whole)
    assert search.advance(None)
    search.check()
    return None if search.cut is None else search.cut.key


@pytest.mark.parametrize(
    ("sizes", "is_due"),
    [
        ({}, False),
        ({key(1): 100}, False),
        ({key(1): 101}, False),
        ({key(1): 50, key(2): 50}, False),
        ({key(1): 50, key(2): 51}, True),
    ],
    ids=["empty", "one", "one too large", "two that fit", "two too large"],
)
def test_it_is_due_when_it_is_too_large_and_can_be_cut(sizes: dict[bytes, int], is_due: bool) -> None:
    assert partition_of(sizes).is_due_to_split is is_due


def test_it_is_cut_where_the_halves_are_most_alike() -> None:
    assert cut_key(partition_of({key(1): 10, key(2): 10, key(3): 10, key(4): 10}), False) == key(3)
    assert cut_key(partition_of({key(1): 10, key(2): 20, key(3): 10}), False) == key(2)
    assert cut_key(partition_of({key(1): 90, key(2): 10, key(3): 10}), False) == key(2)
    assert cut_key(partition_of({key(1): 10, key(2): 10, key(3): 90}), False) == key(3)


def test_collections_stay_whole_where_they_have_to() -> None:
    sizes = {key(1, 0): 10, key(1, 1): 10, key(1, 2): 10, key(2, 0): 10}
    assert cut_key(partition_of(sizes), False) == key(1, 2)
    assert cut_key(partition_of(sizes), True) == key(2)[:TOKEN_BYTES]
    assert cut_key(partition_of({key(1, 0): 10, key(1, 1): 10}), True) is None


@given(st.lists(st.integers(1, 1_000), min_size=2, max_size=30))
def test_no_other_cut_is_better(sizes: list[int]) -> None:
    partition = partition_of({key(number): size for number, size in enumerate(sizes)})
    cut = cut_key(partition, False)
    assert cut is not None

    def difference(position: int) -> int:
        return abs(sum(sizes[:position]) - sum(sizes[position:]))

    position = next(number for number in range(len(sizes)) if key(number) == cut)
    assert difference(position) == min(map(difference, range(1, len(sizes))))


def test_what_cannot_be_cut_waits_until_it_has_grown_by_a_quarter() -> None:
    partition = partition_of({key(1, 0): 100, key(1, 1): 100})
    assert partition.is_due_to_split
    partition.postpone_split()
    assert not partition.is_due_to_split
    partition.map.apply(key(1, 2), b"\x00\x00\x32", 50, 1)
    assert not partition.is_due_to_split
    partition.map.apply(key(1, 3), b"\x00\x00\x01", 1, 1)
    assert partition.is_due_to_split


def test_load_is_divided_by_size() -> None:
    lower, upper = partition_of({key(1): 30}, stop=key(2)), partition_of({key(2): 10}, start=key(2))
    lower.read_units, lower.write_units = 8.0, 4.0
    lower.share_load(upper)
    assert (lower.read_units, lower.write_units) == (6.0, 3.0)
    assert (upper.read_units, upper.write_units) == (2.0, 1.0)


def test_the_load_of_nothing_stays_where_it_is() -> None:
    lower, upper = partition_of({}, stop=key(2)), partition_of({}, start=key(2))
    lower.read_units = 8.0
    lower.share_load(upper)
    assert (lower.read_units, upper.read_units) == (8.0, 0.0)
