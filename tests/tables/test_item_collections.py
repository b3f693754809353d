"""Item collections: their sizes, counted when first asked for and kept from then on."""

from __future__ import annotations

import pytest

from minidynamo.limits import ITEM_COLLECTION_SIZE_BYTES_MAX
from minidynamo.storage.engine import Batch
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.memory.engine import MemoryEngine
from minidynamo.tables.item_collections import ItemCollections

A, B = b"\x01" * 8, b"\x02" * 8


class Store:
    """A table and an LSI of it, as keyspaces."""

    def __init__(self, size_bytes_max: int = 100) -> None:
        self.engine = MemoryEngine()
        self.keyspaces = [Keyspace(self.engine, name, 10**6, True) for name in ("table", "lsi")]
        self.collections = ItemCollections(self.keyspaces, size_bytes_max)

    def put(self, keyspace: str, key: bytes, size: int) -> None:
        batch = Batch()
        batch.put(keyspace, key, size.to_bytes(3, "big"), size, 1)
        self.engine.commit(batch)


def filled() -> Store:
    store = Store()
    store.put("table", A + b"1", 30)
    store.put("table", A + b"2", 20)
    store.put("lsi", A + b"1", 10)
    store.put("table", B + b"1", 25)
    return store


def test_a_collection_is_its_items_and_their_entries() -> None:
    collections = filled().collections
    assert (collections.size_bytes(A), collections.size_bytes(B), collections.size_bytes(b"\x03" * 8)) == (60, 25, 0)
    collections.check()


def test_it_may_grow_up_to_the_bound() -> None:
    collections = filled().collections
    assert collections.have_room(A, 40)
    assert not collections.have_room(A, 41)
    assert collections.have_room(B, 75)
    assert not collections.have_room(B, 76)


def test_it_may_always_shrink() -> None:
    store = filled()
    store.put("table", A + b"3", 500)
    assert not store.collections.have_room(A, 1)
    assert store.collections.have_room(A, 0)
    assert store.collections.have_room(A, -1)


def test_a_known_size_is_kept_up_to_date() -> None:
    store = filled()
    assert store.collections.size_bytes(A) == 60
    store.put("table", A + b"3", 15)
    store.collections.record_growth(A, 15)
    store.collections.record_growth(B, 1_000)  # Not known yet: it will be counted.
    assert (store.collections.size_bytes(A), store.collections.size_bytes(B)) == (75, 25)
    store.collections.check()


def test_check_finds_a_wrong_size() -> None:
    store = filled()
    assert store.collections.size_bytes(A) == 60
    store.put("table", A + b"3", 15)
    with pytest.raises(AssertionError, match="of table is known as 60 bytes, has 75"):
        store.collections.check()


def test_only_tables_with_an_lsi_are_bounded() -> None:
    store = Store()
    assert store.collections.are_bounded
    assert not ItemCollections(store.keyspaces[:1], 100).are_bounded


def test_no_bound_is_above_the_services() -> None:
    store = Store(10**12)
    assert store.collections.have_room(A, ITEM_COLLECTION_SIZE_BYTES_MAX)
    assert not store.collections.have_room(A, ITEM_COLLECTION_SIZE_BYTES_MAX + 1)


def test_metrics_are_whole_gigabytes() -> None:
    store = filled()
    key = {"pk": {"S": "a"}}
    assert store.collections.metrics(key, A) == {"ItemCollectionKey": key, "SizeEstimateRangeGB": [0.0, 1.0]}
    store.collections.record_growth(A, 2 * 2**30)
    assert store.collections.metrics(key, A)["SizeEstimateRangeGB"] == [2.0, 3.0]
