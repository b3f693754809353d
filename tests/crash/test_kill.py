"""A process that writes is killed at random moments: what it was answered is there, and no half of anything.

Covered: SIGKILL at any moment, in every kind of write, with splits and index backfills, beside a function in the
background, copies and forks; files that are deleted under their owner. Not covered here: power cuts.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from tests.crash.durable_writer import SETTINGS, create_tables, perform
from tests.streams.stream_reading import changes

ROOT = Path(__file__).parents[2]


def contents(database: Database) -> Any:
    """Everything a client can see: items, index entries, indexes, counts, and the changes of each item in order."""
    seen: dict[str, Any] = {}
    for name in database.execute("ListTables", {})["TableNames"]:
        table = database.execute("DescribeTable", {"TableName": name})["Table"]
        indexes = [each["IndexName"] for each in table.get("GlobalSecondaryIndexes", [])]
        seen[name] = [table["ItemCount"], table["TableSizeBytes"], indexes, scanned(database, TableName=name)]
        seen[f"{name}/stream"] = histories(database, table["LatestStreamArn"])
        for index in [*indexes, *(each["IndexName"] for each in table.get("LocalSecondaryIndexes", []))]:
            seen[f"{name}/{index}"] = scanned(database, TableName=name, IndexName=index)
    return seen


def histories(database: Database, arn: str) -> dict[str, list[Any]]:
    """By key, what a stream tells of each item: nothing is missing, and nothing comes twice."""
    found: dict[str, list[Any]] = {}
    for record in sorted(changes(database, arn), key=lambda each: int(each["dynamodb"]["SequenceNumber"])):
        change = record["dynamodb"]
        found.setdefault(repr(change["Keys"]), []).append((record["eventName"], change.get("NewImage")))
    return found


def scanned(database: Database, **request: Any) -> list[Any]:
    items: list[Any] = []
    page: dict[str, Any] = {"LastEvaluatedKey": None}
    while "LastEvaluatedKey" in page:
        start = page["LastEvaluatedKey"]
        page = database.execute("Scan", {**request, **({"ExclusiveStartKey": start} if start else {})})
        items += page["Items"]
    return items


def killed(path: Path, durability: str, first: int, seconds: float) -> int:
    """Lets a process write for some time and kills it; the number of the last operation it was answered."""
    command = [sys.executable, "-m", "tests.crash.durable_writer", str(path), durability, str(first)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    answered = process.stdout.read().split(b"\n")[:-1]  # A half-written line was no response.
    process.stdout.close()
    process.wait()
    return int(answered[-1]) if answered else first - 1


def check_kills(folder: Path, durability: str, count: int) -> None:
    """Kills a writer `count` times; after each time the store holds what a plain database does."""
    path, chance = folder / "store.db", random.Random(count)
    model = minidynamo.connect(**SETTINGS)
    create_tables(model)
    done = copies = 0
    for _ in range(count):
        answered = killed(path, durability, done + 1, chance.uniform(0, 0.15))
        while done < answered:
            done += 1
            perform(model, done)
        with minidynamo.connect(path, durability=durability, **SETTINGS) as database:
            database.check()
            found = contents(database)
        if found != contents(model):  # The operation in flight took effect, whole.
            done += 1
            perform(model, done)
            assert found == contents(model), f"after operation {done}"
        copies += check_copies(path)
    assert done > count, "too few operations to mean anything"
    assert count < 20 or copies > count / 4, "too few copies to mean anything"


def check_copies(path: Path) -> int:
    """Every copy is whole; how many there were, which are removed."""
    copies = [each for each in path.parent.glob(f"{path.name}.copy*") if each.name.rpartition("copy")[2].isdigit()]
    for each in copies:
        with minidynamo.connect(each, **SETTINGS) as copy:
            copy.check()
            assert contents(copy)["two"][0] > 0
        each.unlink()
    return len(copies)


def test_nothing_is_answered_once_the_files_are_gone(tmp_path: Path) -> None:
    """The writer ends with an error; what it was answered before is in the copy that was taken."""
    for turn in range(2):
        path, aside = tmp_path / f"{turn}.db", tmp_path / f"{turn}-aside"
        command = [sys.executable, "-m", "tests.crash.durable_writer", str(path), "full", "1"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == b"ready\n"
        while (answered := int(process.stdout.readline())) < 20 + turn:
            pass
        aside.mkdir()
        files = (path, path.with_name(path.name + "-wal"), path.with_name(path.name + ".lock"))
        for each in files if turn % 2 else reversed(files):
            each.rename(aside / each.name)
        said = process.stderr.read().decode()
        answered = int((process.stdout.read().split() or [answered])[-1])
        assert process.wait() == 1
        assert "Nothing more is written" in said or "unable to open database file" in said  # In a backup, perhaps.
        process.stdout.close()
        process.stderr.close()
        (aside / (path.name + "-shm")).unlink(missing_ok=True)
        model = minidynamo.connect(**SETTINGS)
        create_tables(model)
        for number in range(1, answered + 1):
            perform(model, number)
        with minidynamo.connect(aside / path.name, **SETTINGS) as database:
            database.check()
            found = contents(database)
        if found != contents(model):
            perform(model, answered + 1)
            assert found == contents(model)


@pytest.mark.parametrize("durability", ["full", "process"])
def test_nothing_answered_is_lost_by_a_kill(durability: str, tmp_path: Path) -> None:
    check_kills(tmp_path, durability, 4)


@pytest.mark.long
@pytest.mark.parametrize("durability", ["full", "process"])
def test_nothing_answered_is_lost_by_many_kills(durability: str, tmp_path: Path) -> None:
    check_kills(tmp_path, durability, 40)
