"""One file has one owner, whatever it is called, who notices when it is taken away; and a log whose end is known."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, StoreError
from minidynamo.cli.command_line import main
from minidynamo.errors import StorageFailure, StoreDamaged
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage.sqlite import log_watch, ownership, recovery, store_path
from minidynamo.storage.sqlite.engine import SqliteEngine

ROOT = Path(__file__).parents[2]
TABLE = create_table_request("tbl", {"key": ["pk S"]})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


def put(database: Database, *numbers: int) -> None:
    for number in numbers:
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": str(number)}}})


def made(path: Path, **settings: Any) -> Database:
    database = minidynamo.connect(path, **settings)
    database.execute("CreateTable", TABLE)
    return database


def count(database: Database) -> int:
    return int(database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})["Count"])


# One owner.


def test_a_link_is_the_file_it_leads_to(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains of links, relative ones, links of folders, and relative names whose folder is left later."""
    (tmp_path / "folder").mkdir()
    names = [tmp_path / "one.db", tmp_path / "two.db", tmp_path / "folder" / "up.db", tmp_path / "door" / "up.db"]
    for name, target in zip(names, ["shop.db", "one.db", "../two.db"], strict=False):
        name.symlink_to(target)
    (tmp_path / "door").symlink_to("folder")
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate([*names, Path("two.db"), path, Path("folder/../shop.db")]):
        with minidynamo.connect(name, durability=("full", "process")[number % 2]) as database:
            if number == 0:
                database.execute("CreateTable", TABLE)
            for other in (path, *names):
                with pytest.raises(StoreError, match="in use by process"):
                    minidynamo.connect(other)
            monkeypatch.chdir("/")
            put(database, *range(number * 10, number * 10 + 10))
            database.check()
            with minidynamo.connect(names[0], read_only=True) as reader:
                assert count(reader) == number * 10 + 10
            monkeypatch.chdir(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["door", "folder", "one.db", "shop.db", "two.db"]
    (tmp_path / "round.db").symlink_to("round.db")
    with pytest.raises(StoreError, match="cannot open"):
        minidynamo.connect(tmp_path / "round.db")


def test_copies_to_links_overwrite_nothing(path: Path, tmp_path: Path) -> None:
    (tmp_path / "dangling.db").symlink_to("shop.db")
    with minidynamo.connect() as database, pytest.raises(StoreError, match="never overwrites"):
        database.backup(tmp_path / "dangling.db")
    assert not path.exists()


def test_a_file_with_a_second_name_is_refused(path: Path, tmp_path: Path) -> None:
    made(path).close()
    os.link(path, tmp_path / "second.db")
    for each in (path, tmp_path / "second.db"):
        with pytest.raises(StoreError, match="hard links"):
            minidynamo.connect(each)
    (tmp_path / "second.db").unlink()
    os.link(path, tmp_path / ".shop.db.00000000.unfinished")  # As a process leaves it that is killed in between.
    with minidynamo.connect(path) as database:
        put(database, 1)
    assert not (tmp_path / ".shop.db.00000000.unfinished").exists()


def test_a_file_that_is_itself_mounted_is_refused(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As containers mount single files: its log would lie elsewhere."""
    made(path).close()
    mounts = tmp_path / "mountinfo"
    path = path.rename(tmp_path / "a b\u00e9.db")
    place = str(path).replace(" ", "\\040")
    mounts.write_text(f"1 2 0:1 / / rw - ext4 /dev/x rw\n3 1 0:1 /data {place} rw - ext4 /dev/x rw\n")
    monkeypatch.setattr(store_path, "_MOUNTS", mounts)
    with pytest.raises(StoreError, match="Mount the folder"):
        minidynamo.connect(path)


def test_a_clean_end_leaves_nothing_beside_the_file(path: Path) -> None:
    with made(path) as database:
        put(database, 1)
    with pytest.raises(ValueError, match="wording"):
        minidynamo.connect(path, wording="nonsense")
    assert [each.name for each in path.parent.iterdir()] == ["shop.db"]


def test_a_file_system_without_locks_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(file: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(ownership, "lock", refusing)
    with pytest.raises(StoreError, match=r"No locks available. Its file system knows no locks"):
        minidynamo.connect(path)


# Files that are taken away.


def taken_away(path: Path, how: str) -> None:
    if how == "deleted":
        for each in path.parent.glob("shop.db*"):
            each.unlink()
    elif how == "moved":
        for each in path.parent.glob("shop.db*"):
            each.rename(path.parent / f"old-{each.name}")
    elif how == "log deleted":
        path.with_name("shop.db-wal").unlink()
    elif how == "log moved":
        path.with_name("shop.db-wal").rename(path.parent / "log")
    elif how == "log replaced":
        shutil.copy(path.with_name("shop.db-wal"), path.parent / "log")
        (path.parent / "log").rename(path.with_name("shop.db-wal"))
    elif how == "restored over":
        shutil.copyfile(path.parent / "copy.db", path)
    else:
        (path.parent / "copy.db").replace(path)


@pytest.mark.parametrize("durability", ["full", "process"])
@pytest.mark.parametrize(
    "how", ["deleted", "moved", "log deleted", "log moved", "log replaced", "restored over", "replaced"]
)
def test_an_owner_notices_that_its_files_are_gone(path: Path, durability: str, how: str) -> None:
    """No write is acknowledged that goes nowhere; whoever opens the name next may own it."""
    database = made(path, durability=durability)
    put(database, 1, 2)
    database.backup(path.with_name("copy.db"))
    put(database, 3)
    taken_away(path, how)
    engine: Any = database.engine
    engine._durability._due = engine._watch._due = 0.0  # It looks now and then.
    said = "written to" if how == "restored over" else "replaced|deleted or moved away"
    with pytest.raises(StorageFailure, match=rf"({said}).*Nothing more is written"):
        put(database, 4)
    with pytest.raises(StorageFailure, match="Nothing more is written"):
        put(database, 5)
    with pytest.raises(StorageFailure, match="Nothing more is written"):
        count(database)
    with pytest.raises(StorageFailure, match="Nothing more is written"):
        database.backup(path.with_name("second.db"))
    if how in ("deleted", "moved"):
        with minidynamo.connect(path) as other:
            database.close()
            with pytest.raises(StoreError, match="in use"):  # The first owner has not taken its lock along.
                minidynamo.connect(path)
            other.check()
    database.close()


def test_its_own_checkpoints_are_no_strangers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from minidynamo.storage.sqlite import checkpointer as checkpointing

    monkeypatch.setattr(checkpointing, "_LOG_BYTES", 100_000)
    for durability in ("full", "process"):
        with minidynamo.connect(path, durability=durability) as database:
            if durability == "full":
                database.execute("CreateTable", TABLE)
            put(database, *range(500))
            database.engine._watch.require_in_place()  # type: ignore[attr-defined]
            database.check()


# The end of the log.

_WRITER = """
import os, sys, signal, minidynamo
from tests.storage.test_owners import made, put
database = minidynamo.connect(sys.argv[1]) if os.path.exists(sys.argv[1]) else made(sys.argv[1])
put(database, *range(int(sys.argv[2]), int(sys.argv[3])))
if len(sys.argv) > 4:
    engine = database.engine
    engine._checkpointer._move(engine._connection)
    put(database, *range(int(sys.argv[3]), int(sys.argv[4])))
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_after(path: Path, *numbers: int) -> Path:
    """A store whose owner was killed after it had put items; its log."""
    command = [sys.executable, "-c", _WRITER, str(path), *map(str, numbers)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    return path.with_name(path.name + "-wal")


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
        with pytest.raises(AssertionError, match="damaged from byte"):
            database.check()
        with log.open("r+b") as file:
            file.seek(32 + 2 * (24 + 8192) + 100)
            file.write(byte)


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


def test_a_lock_file_that_is_cut_off_kills_nobody(path: Path) -> None:
    database = made(path)
    ownership.lock_file(path).write_bytes(b"")
    with pytest.raises(StorageFailure, match="has been cut off"):
        put(database, 1)
    database.close()


def test_a_copy_with_two_names_can_be_read(path: Path, tmp_path: Path) -> None:
    """As backup tools keep them."""
    made(path).close()
    os.link(path, tmp_path / "second.db")
    assert main(["check", str(path)]) == 0
    with minidynamo.connect(path, read_only=True) as database:
        assert count(database) == 0


@pytest.mark.parametrize("end", ["pass", "sys.exit(1)", "1 / 0", "del database; gc.collect()"])
@pytest.mark.parametrize("durability", ["full", "process"])
def test_a_program_that_closes_nothing_leaves_a_whole_store(path: Path, end: str, durability: str) -> None:
    code = (
        "import gc, sys, minidynamo\nfrom tests.storage.test_owners import made, put\n"
        f"database = made({str(path)!r}, durability={durability!r}); put(database, 1, 2); {end}"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True)
    assert [each.name for each in path.parent.iterdir()] == ["shop.db"]
    with minidynamo.connect(path) as database:
        assert count(database) == 2


def test_a_child_that_ends_later_touches_nothing(path: Path) -> None:
    """Though its parent has closed the store, and another process owns it by then."""
    code = f"""
import os, subprocess, sys, minidynamo
from tests.storage.test_owners import made, put
path = {str(path)!r}
database = made(path); put(database, 1)
reading, writing = os.pipe()
if os.fork() == 0:
    os.close(writing); os.read(reading, 1); sys.exit(0)
os.close(reading); database.close()
other = "import os, minidynamo; from tests.storage.test_owners import put\\n"
other += "d = minidynamo.connect(%r); put(d, 2, 3); os.kill(os.getpid(), 9)"
subprocess.run([sys.executable, "-c", other % path])
os.close(writing); os.wait()
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
    with minidynamo.connect(path) as database:
        assert count(database) == 3


def test_closing_beside_a_backup_loses_nothing(path: Path) -> None:
    for _ in range(3):
        database = minidynamo.connect(path) if path.exists() else made(path)
        put(database, *range(300))
        thread = threading.Thread(target=suppressed, args=(database.backup, path.with_name("copy.db")))
        thread.start()
        put(database, 1_000)
        database.close()
        thread.join()
        path.with_name("copy.db").unlink(missing_ok=True)
    with minidynamo.connect(path) as database:
        assert count(database) == 301


def suppressed(call: Any, *arguments: Any) -> None:
    with suppress(minidynamo.DynamoError, StoreError):
        call(*arguments)


# Failures to open.


def test_every_failure_to_open_says_what_to_do(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd:
        def now(self) -> float:
            return float("nan")

    with pytest.raises(StoreError, match="the clock tells nan"):
        minidynamo.connect(path, clock=Odd())
    with pytest.raises(ValueError, match="the clock tells nan"):
        minidynamo.connect(clock=Odd())

    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("minidynamo.storage.whole_file.sync_file", full)
        with pytest.raises(StoreError, match=r"No space left on device; free some room"):
            minidynamo.connect(tmp_path / "new.db")
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(StoreError, match="No space left on device; free some room"):
            minidynamo.connect(tmp_path / "new.db")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        with pytest.raises(StoreError, match="No space left on device"):
            minidynamo.connect(tmp_path / "new.db")

    def failing(*arguments: Any) -> None:
        raise StorageFailure("The data could not be written: database or disk is full. Nothing has been changed.")

    made(path).close()
    with monkeypatch.context() as patch:
        patch.setattr("minidynamo.storage.sqlite.engine.SqliteEngine.commit", failing)
        with pytest.raises(StoreError, match=r"full.* Free some room on its disk"):
            minidynamo.connect(path)
    minidynamo.connect(path).close()
