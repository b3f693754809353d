"""What the checks of maps, layers, snapshots and partitions find, and how they name it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from minidynamo import Database
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage.engine import Batch
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.memory.engine import MemoryEngine, MemoryMap
from minidynamo.storage.memory.layers import TOMBSTONE, Entries, FrozenMap

Damage = Callable[[Any], None]


def record(size: int) -> bytes:
    return size.to_bytes(3, "big") + b"x"


def put(engine: MemoryEngine, *keys: bytes) -> None:
    batch = Batch()
    for key in keys:
        batch.put("space", key, record(10), 10, 1)
    engine.commit(batch)


@pytest.fixture
def engine() -> MemoryEngine:
    engine = MemoryEngine()
    engine.maps("space")
    put(engine, b"a", b"b", b"c")
    return engine


def frozen_of(engine: MemoryEngine) -> FrozenMap:
    (ordered_map,) = engine.maps("space")
    assert isinstance(ordered_map.below, FrozenMap)
    return ordered_map.below


def lose_a_key(frozen: FrozenMap) -> None:
    del frozen.layers[0][b"b"]  # type: ignore[attr-defined]


def add_layer(frozen: FrozenMap) -> None:
    frozen.layers = (*frozen.layers, Entries(frozen.layers[0]))  # type: ignore[call-overload]


def miscount(frozen: FrozenMap) -> None:
    frozen.size_bytes += 5


FROZEN_DAMAGES: dict[str, tuple[Damage, str]] = {
    "a lost key": (lose_a_key, "the frozen map that begins at b'' counts 3 items, holds 2"),
    "a wrong size": (miscount, "the frozen map that begins at b'' counts 35 bytes, holds 30"),
    "layers unmerged": (add_layer, r"layers of \[3, 3\] entries are not merged"),
}


@pytest.mark.parametrize(("damage", "message"), FROZEN_DAMAGES.values(), ids=FROZEN_DAMAGES)
@pytest.mark.parametrize("is_fork", [False, True], ids=["snapshot", "fork"])
def test_check_finds_damaged_frozen_layers(engine: MemoryEngine, is_fork: bool, damage: Damage, message: str) -> None:
    """In the database itself after a snapshot, and in a fork: both lie above the frozen map."""
    fork = MemoryEngine(engine.snapshot())
    frozen = frozen_of(fork if is_fork else engine)
    for each in (engine, fork):
        put(each, b"z")
        each.check()
    damage(frozen)
    with pytest.raises(AssertionError, match=message):
        frozen.check()
    with pytest.raises(AssertionError, match=r"counts|not merged"):
        (fork if is_fork else engine).check()


def test_check_finds_what_is_gone_from_below_nothing(engine: MemoryEngine) -> None:
    lowest = Entries({b"a": record(10), b"b": TOMBSTONE})
    (ordered_map,) = engine.maps("space")
    ordered_map.entries.clear()
    ordered_map.entries.update(lowest)
    with pytest.raises(AssertionError, match=r"that begins at b'' lies above nothing, and says that \[b'b'\] are gone"):
        engine.check()
    frozen = FrozenMap(b"", None, 1, 10, [Entries({b"a": record(10)})])
    frozen.check()
    above = FrozenMap(b"", None, 0, 0, [lowest, Entries({b"a": TOMBSTONE})])
    with pytest.raises(AssertionError, match=r"the lowest layer of the frozen map .* says that \[b'b'\] are gone"):
        above.check()


def test_check_finds_a_snapshot_that_has_changed(engine: MemoryEngine) -> None:
    """Also where what is held now lies above another one."""
    snapshot = engine.snapshot()
    put(engine, b"d", b"e", b"f", b"g")
    latest = engine.snapshot()
    engine.check()
    (first,) = snapshot.keyspaces["space"]
    first.item_count += 1
    with pytest.raises(
        AssertionError, match="the map of space in a snapshot that begins at b'' counts 4 items, holds 3"
    ):
        engine.check()
    first.item_count -= 1
    latest.keyspaces["space"][0].stop = b"x"  # type: ignore[index]
    with pytest.raises(AssertionError, match="the last map of space in a snapshot ends at b'x'"):
        latest.check()
    del snapshot, latest, first


def test_a_map_lies_above_one_that_covers_it() -> None:
    with pytest.raises(AssertionError, match="a map from b'b' to None lies above one from b'b' to b'c'"):
        MemoryMap(b"b", None, MemoryMap(b"b", b"c"))


def set_size_max(keyspace: Keyspace) -> None:
    keyspace.partitions[0].size_bytes_max = 50


def set_units(keyspace: Keyspace) -> None:
    keyspace.partitions[0].read_units = -1.0


def set_name(keyspace: Keyspace) -> None:
    keyspace.partitions[0].keyspace = "other"


PARTITION_DAMAGES: dict[str, tuple[Damage, str]] = {
    "splits early": (set_size_max, r"partition space\[:\] splits at 50 bytes, space at 100"),
    "units below zero": (set_units, r"-1.0 units were read and 0.0 written in partition space"),
    "another keyspace": (set_name, r"partition other\[:\] is one of space"),
}


@pytest.mark.parametrize(("damage", "message"), PARTITION_DAMAGES.values(), ids=PARTITION_DAMAGES)
def test_check_finds_damaged_partitions(engine: MemoryEngine, damage: Damage, message: str) -> None:
    keyspace = Keyspace(engine, "space", 100, False)
    keyspace.check()
    damage(keyspace)
    with pytest.raises(AssertionError, match=message):
        keyspace.check()


def test_a_cut_that_heat_asks_for_does_not_lower_the_size_of_a_partition(engine: MemoryEngine) -> None:
    """One collection cannot be cut; the partition goes on until it has its size."""
    keyspace = Keyspace(engine, "space", 100, keeps_collections_whole=True)
    batch = Batch()
    for key in (b"12345678d", b"12345678e"):
        batch.put("space", key, record(10), 10, 1)
    for key in (b"a", b"b", b"c"):
        batch.delete("space", key, 10)
    engine.commit(batch)
    assert keyspace.split(keyspace.partitions[0]) == ()
    assert keyspace.partitions[0].size_bytes_max == 100
    keyspace.check()


def test_a_database_looks_at_its_tables_again_when_it_is_checked(database: Database) -> None:
    database.execute("CreateTable", create_table_request("tbl", {"key": ["pk S"], "gsi": {"by_g": {"key": ["g S"]}}}))
    database.check()
    table = database.catalog.table("tbl")
    index = table.indexes.pop("by_g")
    with pytest.raises(AssertionError, match=r"tbl has the indexes \[\], its state \['by_g'\]"):
        database.check()
    table.indexes["by_g"] = index
    database.catalog._dues["gone"] = 1.0
    with pytest.raises(AssertionError, match=r"\{'gone'\} are noted as due, and are no tables"):
        database.check()
    del database.catalog._dues["gone"]
