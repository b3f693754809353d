"""Maps in memory and the collector of cyclic garbage."""

from __future__ import annotations

import gc
import weakref

import pytest

from minidynamo.compiled import IS_IN_USE
from minidynamo.storage.memory.engine import MemoryEngine
from minidynamo.storage.memory.layers import Entries

RECORD = bytes(3) + b"record"

needs_core = pytest.mark.skipif(not IS_IN_USE, reason="the compiled core is not in use")


def filled(count: int) -> MemoryEngine:
    engine = MemoryEngine()
    (ordered_map,) = engine.maps("keyspace")
    for number in range(count):
        ordered_map.apply(number.to_bytes(4, "big"), RECORD, 0, 1)
    return engine


@needs_core
def test_a_full_collection_does_not_walk_maps() -> None:
    engine = filled(10_000)
    containers = engine.maps("keyspace")[0].entries.containers
    assert len(containers) > 3
    assert any(map(gc.is_tracked, containers))
    gc.collect()
    assert not any(map(gc.is_tracked, containers))


@needs_core
def test_what_comes_later_is_left_out_later() -> None:
    """Lists that are made as a map grows, and the maps of forks."""
    engine = filled(3_000)
    gc.collect()
    (ordered_map,) = engine.maps("keyspace")
    for number in range(3_000, 12_000):
        ordered_map.apply(number.to_bytes(4, "big"), RECORD, 0, 1)
    fork = MemoryEngine(engine.snapshot())
    gc.collect()
    assert not any(map(gc.is_tracked, ordered_map.entries.containers))
    assert not any(map(gc.is_tracked, fork.maps("keyspace")[0].entries.containers))
    engine.check()
    fork.check()


def test_they_are_freed_all_the_same() -> None:
    """Also where what holds them is part of a cycle."""

    class Holder:
        pass

    holder = Holder()
    holder.entries, holder.itself = Entries({b"key": RECORD}), holder  # type: ignore[attr-defined]
    reference = weakref.ref(holder.entries)  # type: ignore[attr-defined]
    gc.collect()
    assert reference() is not None
    del holder
    gc.collect()
    assert reference() is None


def test_thresholds_are_the_users_own() -> None:
    before = gc.get_threshold(), gc.isenabled(), gc.get_freeze_count()
    filled(1_000)
    gc.collect()
    assert (gc.get_threshold(), gc.isenabled(), gc.get_freeze_count()) == before
