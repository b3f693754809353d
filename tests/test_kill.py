"""A process that writes is killed at random moments: what it was answered is there, and no half of anything.

Covered: SIGKILL at any moment, in every kind of write, with splits and index backfills. Not covered here: power cuts.
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
from tests.durable_writer import SETTINGS, create_tables, perform
from tests.test_streams import changes

ROOT = Path(__file__).parent.parent


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
    command = [sys.executable, "-m", "tests.durable_writer", str(path), durability, str(first)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    answered = process.stdout.read().split(b"\n")[:-1]  # A half-written line was no answer.
    process.stdout.close()
    process.wait()
    return int(answered[-1]) if answered else first - 1


def check_kills(folder: Path, durability: str, count: int) -> None:
    """Kills a writer `count` times; after each time the store holds what a plain database does."""
    path, chance = folder / "store.db", random.Random(count)
    model = minidynamo.connect(**SETTINGS)
    create_tables(model)
    done = 0
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
    assert done > count, "too few operations to mean anything"


@pytest.mark.parametrize("durability", ["full", "process"])
def test_nothing_answered_is_lost_by_a_kill(durability: str, tmp_path: Path) -> None:
    check_kills(tmp_path, durability, 10)


@pytest.mark.long
@pytest.mark.parametrize("durability", ["full", "process"])
def test_nothing_answered_is_lost_by_many_kills(durability: str, tmp_path: Path) -> None:
    check_kills(tmp_path, durability, 100)
