"""Notes of how far the log is synced: taken with checkpoints, taken back, never believed of another file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo.storage.sqlite import log_watch, ownership
from minidynamo.storage.sqlite.engine import SqliteEngine
from tests.storage.owned_file import count, killed_after, made, put


def test_with_process_durability_what_a_checkpoint_has_passed_is_known(path: Path) -> None:
    database = made(path, durability="process")
    put(database, *range(10))
    engine: Any = database.engine
    engine._checkpointer._move(engine._connection)
    noted = ownership._read_end(engine._ownership._file)
    assert noted is not None
    put(database, 11)
    assert ownership._read_end(engine._ownership._file) == noted
    database.close()


def test_a_note_of_a_file_that_is_gone_says_nothing_of_a_new_one(path: Path) -> None:
    killed_after(path, 0, 5).unlink()
    path.unlink()
    assert ownership.end_without_owner(path) is not None
    engine = SqliteEngine(path)  # Killed before it has synced anything.
    assert ownership._read_end(engine._ownership._file) is None  # type: ignore[arg-type]
    engine.close()
    with minidynamo.connect(path) as database:
        assert database.execute("ListTables", {})["TableNames"] == []


def test_a_half_written_note_is_none(path: Path) -> None:
    killed_after(path, 0, 5)
    name = ownership.lock_file(path)
    right = name.read_bytes()
    assert ownership.end_without_owner(path) is not None
    for length in range(16, len(right)):
        name.write_bytes(right[:length])
        assert ownership.end_without_owner(path) is None
    name.write_bytes(right[:20] + (b"8" if right[20:21] == b"7" else b"7") + right[21:])
    assert ownership.end_without_owner(path) is None


def test_a_checkpoint_that_a_reader_holds_up_notes_what_is_synced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With process durability, nobody else syncs the log."""
    database = made(path, durability="process")
    fork = database.fork()
    put(database, *range(10))
    engine: Any = database.engine
    synced: list[int] = []
    sync = log_watch.sync_file

    def counting(file: int) -> None:
        assert ownership._read_end(engine._ownership._file) is None  # It is noted afterwards.
        synced.append(file)
        sync(file)

    monkeypatch.setattr(log_watch, "sync_file", counting)
    engine._checkpointer._move(engine._connection)
    assert synced
    assert ownership._read_end(engine._ownership._file) is not None
    monkeypatch.undo()
    fork.close()
    database.close()


def test_a_note_is_taken_back_for_good_before_the_log_goes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut may keep the lock file and lose the log."""
    database = made(path)
    put(database, 1)
    engine: Any = database.engine
    flushed: list[bool] = []

    class Memory:
        def __init__(self, memory: Any) -> None:
            self._memory = memory

        def __setitem__(self, place: slice, text: bytes) -> None:
            self._memory[place] = text

        def flush(self) -> None:
            flushed.append(path.with_name("shop.db-wal").exists())
            self._memory.flush()

        def close(self) -> None:
            self._memory.close()

    engine._ownership._memory = Memory(engine._ownership._memory)
    database.close()
    assert flushed[0] is True


def test_a_checkpoint_that_cannot_be_noted_ends_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = made(path, durability="process")
    engine: Any = database.engine

    def failing(*arguments: Any) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(log_watch, "sync_file", failing)
        put(database, 1)
        engine._checkpointer._move(engine._connection)
    put(database, 2)
    assert count(database) == 2
    database.close()
