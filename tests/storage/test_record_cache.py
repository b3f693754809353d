"""The cache of a file's records: gets see what was committed, whatever else changed it, and it stays small."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.errors import StorageFailure
from minidynamo.storage.engine import Batch
from minidynamo.storage.sqlite.engine import SqliteEngine
from minidynamo.storage.sqlite.record_cache import RecordCache

RECORD = b"\x00\x00\x01\x80"
OTHER = b"\x00\x00\x01\x81"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqliteEngine]:
    engine = SqliteEngine(tmp_path / "store.db", durability="process")
    engine.maps("space")
    yield engine
    engine.check()
    engine.close()


def write(engine: SqliteEngine, key: bytes, record: bytes | None) -> None:
    batch = Batch()
    is_there = engine.maps("space")[0].get(key) is not None
    if record is None:
        batch.delete("space", key, 1)
    else:
        batch.put("space", key, record, 0 if is_there else 1, 0 if is_there else 1)
    engine.commit(batch)


@given(st.lists(st.tuples(st.sampled_from([(1, b"a"), (1, b"b"), (2, b"a")]), st.sampled_from([None, RECORD, OTHER]))))
def test_what_it_knows_is_right_and_it_stays_small(changes: list[tuple[tuple[int, bytes], bytes | None]]) -> None:
    cache, model = RecordCache(bytes_max=1_000), dict[tuple[int, bytes], bytes | None]()
    for place, record in changes:
        cache.keep(place, record)
        model[place] = record
        cache.check()
        assert all(cache.get(each) in (None, model[each]) for each in model)
    assert not changes or changes[-1][1] is None or cache.get(changes[-1][0]) == changes[-1][1]


def test_a_get_of_what_was_written_or_read_asks_sqlite_nothing(
    engine: SqliteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(engine, b"a", RECORD)
    (only,) = engine.maps("space")
    monkeypatch.setattr(only, "_connection", None)
    assert only.get(b"a") == RECORD


def test_a_write_that_fails_changes_nothing(engine: SqliteEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    write(engine, b"a", RECORD)

    def fail(*arguments: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch, pytest.raises(StorageFailure):
        patch.setattr(engine._writer, "update_map", fail)
        write(engine, b"b", OTHER)
    assert [engine.maps("space")[0].get(key) for key in (b"a", b"b")] == [RECORD, None]


def test_what_is_restored_and_what_begins_anew_is_not_what_was(engine: SqliteEngine) -> None:
    write(engine, b"a", RECORD)
    snapshot = engine.snapshot()
    write(engine, b"a", OTHER)
    engine.restore(snapshot)
    assert engine.maps("space")[0].get(b"a") == RECORD
    batch = Batch()
    batch.drops.append("space")
    engine.commit(batch)
    assert engine.maps("next")[0].get(b"a") is None  # It has the id of the one that ended.
