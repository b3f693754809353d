"""Engines, keyspaces and partitions. Every engine passes the same tests."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.storage.engine import Batch, Engine
from minidynamo.storage.keyspace import Keyspace, read_page
from minidynamo.storage.memory.engine import MemoryEngine
from minidynamo.storage.sqlite.engine import SqliteEngine


def sqlite_engine(folder: Path) -> Engine:
    return SqliteEngine(folder / f"{len(list(folder.iterdir()))}.db")


ENGINES: dict[str, Callable[[Path], Engine]] = {"memory": lambda folder: MemoryEngine(), "sqlite": sqlite_engine}


def record(size: int) -> bytes:
    """A record that says it is of a size."""
    return size.to_bytes(3, "big") + b"\x80"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    made = ENGINES[request.param](tmp_path)
    yield made
    made.close()


def fill(engine: Engine, keyspace: Keyspace, sizes: dict[bytes, int]) -> None:
    for key, size in sizes.items():
        partition = keyspace.partition_of(key)
        batch = Batch()
        batch.put(keyspace.name, key, record(size), size, 1)
        engine.commit(batch)
        keyspace.split_where_due(partition, batch)


def check(engine: Engine, *keyspaces: Keyspace) -> None:
    engine.check()
    for keyspace in keyspaces:
        keyspace.check()


def test_a_batch_puts_replaces_and_deletes(engine: Engine) -> None:
    """Counts and sizes follow the records."""
    (only,) = engine.maps("space")
    batch = Batch()
    batch.put("space", b"a", record(5), 5, 1)
    batch.put("space", b"b", record(7), 7, 1)
    engine.commit(batch)
    batch = Batch()
    batch.put("space", b"a", record(9), 4, 0)
    batch.delete("space", b"b", 7)
    engine.commit(batch)
    assert list(only.range(None, None)) == [(b"a", record(9))]
    assert (only.get(b"a"), only.get(b"b")) == (record(9), None)
    assert (only.size_bytes, only.item_count) == (9, 1)
    check(engine)


def test_ranges_exclude_their_end_and_turn_round(engine: Engine) -> None:
    """start <= key < stop, in either direction."""
    keyspace = Keyspace(engine, "space", 10**9, keeps_collections_whole=False)
    fill(engine, keyspace, {bytes([each]) * 9: 1 for each in range(10)})
    keys = [key[0] for key, _ in keyspace.range(b"\x02" * 9, b"\x05" * 9)]
    assert keys == [2, 3, 4]
    assert [key[0] for key, _ in keyspace.range(b"\x02" * 9, b"\x05" * 9, reverse=True)] == [4, 3, 2]


@pytest.mark.parametrize("name", ENGINES)
@given(
    sizes=st.dictionaries(st.binary(min_size=9, max_size=10), st.integers(1, 50), max_size=60),
    bounds=st.tuples(st.binary(max_size=10), st.none() | st.binary(max_size=10)),
    limit=st.none() | st.integers(1, 20),
    is_reversed=st.booleans(),
)
def test_ranges_run_across_partitions(
    name: str, sizes: dict[bytes, int], bounds: tuple[bytes, bytes | None], limit: int | None, is_reversed: bool
) -> None:
    """A range over many partitions gives what a sorted dict would, both ways, page by page."""
    with tempfile.TemporaryDirectory() as folder, closing(ENGINES[name](Path(folder))) as engine:
        keyspace = Keyspace(engine, "space", 60, keeps_collections_whole=False)
        fill(engine, keyspace, sizes)
        start, stop = bounds
        expected = sorted(key for key in sizes if key >= start and (stop is None or key < stop))
        expected = expected[::-1] if is_reversed else expected
        assert [key for key, _ in keyspace.range(start, stop, is_reversed)] == expected
        page = read_page(keyspace.map_ranges(start, stop, is_reversed), start, stop, is_reversed, limit, 200)
        taken, total = 0, 0
        for key in expected:
            taken, total = taken + 1, total + sizes[key]
            if taken == limit or total >= 200:
                break
        assert page.records == [record(sizes[key]) for key in expected[:taken]]
        assert page.size_bytes == total == sum(size for _, size in page.segments)
        assert page.is_cut == (taken == limit or total >= 200)
        assert all(each.map.size_bytes <= 60 or each.map.item_count == 1 for each in keyspace.partitions)
        check(engine, keyspace)


def test_a_split_halves_by_size(engine: Engine) -> None:
    """Not by count."""
    keyspace = Keyspace(engine, "space", 100, keeps_collections_whole=False)
    fill(engine, keyspace, {b"%09d" % each: (60 if each == 0 else 5) for each in range(10)})
    assert [each.map.item_count for each in keyspace.partitions] == [1, 9]
    check(engine, keyspace)


def test_item_collections_stay_whole_where_they_must(engine: Engine) -> None:
    """Keys of one token are never divided; a partition that holds nothing else stays as it is."""
    keyspace = Keyspace(engine, "space", 100, keeps_collections_whole=True)
    fill(engine, keyspace, {b"token--1" + bytes([each]): 10 for each in range(30)})
    assert len(keyspace.partitions) == 1
    fill(engine, keyspace, {b"token--2" + bytes([each]): 10 for each in range(30)})
    assert len(keyspace.partitions) == 2
    tokens = [{key[:8] for key, _ in each.map.range(None, None)} for each in keyspace.partitions]
    assert tokens == [{b"token--1"}, {b"token--2"}]
    check(engine, keyspace)


def test_the_load_is_shared_by_a_split(engine: Engine) -> None:
    """Units consumed before are divided by size."""
    keyspace = Keyspace(engine, "space", 100, keeps_collections_whole=False)
    keyspace.partitions[0].write_units = 10.0
    fill(engine, keyspace, {b"%09d" % each: 10 for each in range(11)})
    assert sum(each.write_units for each in keyspace.partitions) == pytest.approx(10.0)
    assert len(keyspace.partitions) == 2


def test_a_dropped_keyspace_is_gone(engine: Engine) -> None:
    """And its name can be used anew."""
    keyspace = Keyspace(engine, "space", 100, keeps_collections_whole=False)
    fill(engine, keyspace, {b"a" * 9: 1})
    batch = Batch()
    batch.drops.append("space")
    engine.commit(batch)
    assert engine.keyspaces() == []
    assert Keyspace(engine, "space", 100, keeps_collections_whole=False).item_count == 0
