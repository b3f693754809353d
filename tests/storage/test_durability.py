"""Syncs: shared by threads, and waited for by whoever saw what they make durable."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from tests.storage.filled_file import fill, item


def test_threads_share_a_sync(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where syncing is slow, many answers wait for one."""
    syncs = []
    sync = os.fsync

    def slow(file: int) -> None:
        time.sleep(0.01)
        syncs.append(file)
        sync(file)

    with minidynamo.connect(path) as database:
        fill(database, 1)
        monkeypatch.setattr(os, "fsync", slow)
        syncs.clear()

        def work(number: int) -> None:
            for turn in range(10):
                database.execute("PutItem", {"TableName": "tbl", "Item": item(number * 100 + turn)})

        threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        monkeypatch.undo()
        assert database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})["Count"] >= 160
    assert len(syncs) < 80


def test_an_answer_waits_for_what_it_saw(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read is not answered before the write it saw is on the disk; nor is an error."""
    may_sync = threading.Event()
    sync = os.fsync
    with minidynamo.connect(path) as database:
        fill(database, 1)

        def waiting(file: int) -> None:
            may_sync.wait(10)
            sync(file)

        monkeypatch.setattr(os, "fsync", waiting)
        request = {"TableName": "tbl", "Item": item(5)}
        key = {"pk": {"S": "p2"}, "sk": {"N": "5"}}
        guarded = {**request, "ConditionExpression": "attribute_not_exists(pk)"}
        answered: list[Any] = []

        def attempt(operation: str, members: Any) -> None:
            try:
                answered.append(database.execute(operation, members))
            except minidynamo.DynamoError as error:
                answered.append(error.code)

        threads = [threading.Thread(target=attempt, args=("PutItem", request))]
        threads[0].start()
        while database.catalog.table("tbl").keyspace.item_count < 2:
            time.sleep(0.001)
        threads += [
            threading.Thread(target=attempt, args=("GetItem", {"TableName": "tbl", "Key": key})),
            threading.Thread(target=attempt, args=("PutItem", guarded)),
        ]
        for thread in threads[1:]:
            thread.start()
        time.sleep(0.1)
        assert answered == []
        may_sync.set()
        for thread in threads:
            thread.join()
        assert sorted(map(str, answered)) == sorted(
            [str({}), str({"Item": item(5)}), "ConditionalCheckFailedException"]
        )
