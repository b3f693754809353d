"""The end of the log: what a killed owner has left is taken up, and what is missing is missed."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

import minidynamo
from minidynamo import StoreError
from minidynamo.cli.command_line import main
from minidynamo.errors import StoreDamaged
from minidynamo.storage.sqlite import ownership, recovery
from tests.storage.owned_file import count, killed_after, made, put


def corrupt(file: Path, position: int) -> None:
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)


def refused(path: Path, match: str) -> None:
    for read_only in (False, True, False):
        with pytest.raises(StoreDamaged, match=match):
            minidynamo.connect(path, read_only=read_only)
    assert main(["check", str(path)]) == 1


def test_a_log_that_was_left_is_taken_up(path: Path) -> None:
    """Again and again; what lies behind its end is cut off."""
    for number in range(0, 40, 10):
        log = killed_after(path, number, number + 10)
        with log.open("ab") as file:
            file.write(os.urandom(10_000))
    with minidynamo.connect(path, read_only=True) as database:
        assert count(database) == 40
    with minidynamo.connect(path) as database:
        database.check()
        put(database, 40)
        database.check()
        assert count(database) == 41
    assert [each.name for each in path.parent.iterdir()] == ["shop.db"]


@pytest.mark.parametrize("numbers", [(0, 30), (0, 30, 60)], ids=["a log", "a log after a checkpoint"])
def test_no_corrupted_byte_drops_commits_in_silence(
    path: Path, tmp_path: Path, numbers: tuple[int, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """A bit of the log, wherever: it is said how many commits are missing, or everything is there."""
    log = killed_after(path, *numbers)
    files = {each: each.read_bytes() for each in (path, log, ownership.lock_file(path))}
    size, chance, verdicts = log.stat().st_size, random.Random(5), set()
    for position in [0, 9, 20, 40, 100, size - 1, *(chance.randrange(size) for _ in range(60))]:
        for each, content in files.items():
            each.write_bytes(content)
        corrupt(log, position)
        try:
            with minidynamo.connect(path) as database:
                assert count(database) == numbers[-1], f"byte {position}"
                database.check()
            verdicts.add("all there")
        except StoreDamaged as error:
            assert "damaged" in str(error)
            verdicts.add("refused")
            refused(path, "damaged")
    assert "refused" in verdicts
    capsys.readouterr()


def test_it_is_told_how_many_commits_are_missing(path: Path) -> None:
    log = killed_after(path, 0, 30)
    noted = ownership.end_without_owner(path)
    assert noted is not None
    frame = 24 + 8192
    assert noted.frame == (log.stat().st_size - 32) // frame
    corrupt(log, 32 + (noted.frame - 5) * frame + 2_000)
    with pytest.raises(StoreDamaged, match=r"from byte [0-9,]+ on, which loses [23] of its last commits\. Put a copy"):
        minidynamo.connect(path)
    ownership.lock_file(path).unlink()  # As the message says.
    with minidynamo.connect(path) as database:
        database.check()
        assert 26 <= count(database) < 30


def test_a_missing_log_is_missed(path: Path) -> None:
    """Deleted, cut off, or that of another day."""
    log = killed_after(path, 0, 5)
    kept = log.read_bytes()
    log.unlink()
    refused(path, "is missing, and with it up to")
    log.write_bytes(kept[:20_000])
    refused(path, "loses")
    log.write_bytes(b"")
    refused(path, "cut off")
    other = path.with_name("other.db")
    log.write_bytes(killed_after(other, 0, 50).read_bytes())
    refused(path, "is another one")
    log.write_bytes(kept)
    with minidynamo.connect(path) as database:
        assert count(database) == 5


def test_a_log_that_stays_beside_a_reader_is_known_as_well(path: Path) -> None:
    for durability in ("full", "process"):
        database = minidynamo.connect(path, durability=durability) if path.exists() else made(path)
        reader = minidynamo.connect(path, read_only=True)
        fork = reader.fork()  # Keeps the log from being moved.
        put(database, *range(20))
        database.close()
        log = path.with_name("shop.db-wal")
        kept = log.read_bytes()
        if durability == "full":
            corrupt(log, 20_000)
            with pytest.raises(StoreDamaged, match="loses"):
                minidynamo.connect(path)
            log.write_bytes(kept)
        fork.close()
        reader.close()
    with minidynamo.connect(path) as database:
        assert count(database) == 20


def test_check_sees_a_byte_corrupted_under_its_owner(path: Path) -> None:
    with made(path) as database:
        put(database, *range(10))
        log = path.with_name("shop.db-wal")
        with log.open("r+b") as file:
            file.seek(32 + 2 * (24 + 8192) + 100)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        with pytest.raises(StoreDamaged, match="damaged from byte"):
            database.check()
        with log.open("r+b") as file:
            file.seek(32 + 2 * (24 + 8192) + 100)
            file.write(byte)


def test_a_log_is_not_touched_while_another_program_is_at_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite does not say then where it ends: it is waited for, and nothing is cut off."""
    killed_after(path, 0, 20)
    monkeypatch.setattr(recovery, "_RECOVERY_SECONDS", 0.1)
    with monkeypatch.context() as patch:
        patch.setattr(recovery, "CHECKPOINT", "SELECT 1, -1, -1")
        with pytest.raises(StoreError, match="another program is at its log"):
            minidynamo.connect(path)
    with minidynamo.connect(path) as database:
        assert count(database) == 20
