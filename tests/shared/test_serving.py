"""Several servers over one store, of which one is killed; and a fork of what they hold."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

import minidynamo
from minidynamo.cli.command_line import main
from minidynamo.errors import DynamoError
from minidynamo.formats.short_tables import create_table_request
from tests.shared.conftest import Opens
from tests.shared.postgres_server import PostgresServer
from tests.shared.test_postgres import TABLE, add, item

STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}


@pytest.fixture
def url(postgres: PostgresServer) -> Iterator[str]:
    """A database of its own on the server."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS served WITH (FORCE)")
        admin.execute("CREATE DATABASE served")
    yield postgres.url.removesuffix("postgres") + "served"


def serving(url: str) -> tuple[subprocess.Popen[str], str]:
    """A server process, and where it answers."""
    command = [sys.executable, "-m", "minidynamo", "serve", "--db", url, "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert found is not None, "it does not say where it answers"
    return process, found[0]


def test_a_server_that_is_killed_is_not_missed(url: str) -> None:
    """What it has answered is there, by the other one, and work goes on."""
    first, second = serving(url), serving(url)
    try:
        with minidynamo.connect(first[1]) as one, minidynamo.connect(second[1]) as two:
            one.execute("CreateTable", TABLE)
            for _ in range(20):
                add(one, "a")
            add(two, "a")
            os.kill(first[0].pid, signal.SIGKILL)
            with pytest.raises(DynamoError):
                add(one, "a")
            add(two, "a")
            assert item(two, "a")["n"] == {"N": "22"}
    finally:
        for process, _ in (first, second):
            process.kill()
            process.communicate()


def test_a_table_moves_there_and_back(url: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the commands of a move, from a file and into another one."""
    monkeypatch.chdir(str(tmp_path))
    with minidynamo.connect("shop.db") as shop:
        shop.execute("CreateTable", {**create_table_request("tbl", {"key": ["pk S"]}), **STREAM})
        for number in range(50):
            shop.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": str(number)}, "b": {"B": b"\0\xff"}}})
    assert main(["copy", "shop.db", url]) == 0
    with minidynamo.connect(url) as store:
        store.execute("DeleteItem", {"TableName": "tbl", "Key": {"pk": {"S": "7"}}})
    assert main(["verify", "shop.db", url]) == 1
    assert main(["copy", url, "back.db"]) == main(["follow", url, "back.db", "--once"]) == 0
    assert main(["verify", url, "back.db"]) == main(["cutover", url, "back.db"]) == 0


def test_a_fork_is_tried_out_beside_the_store(store: Opens) -> None:
    """It has what was there, keeps what it writes, and sees nothing of what comes."""
    shared = store()
    shared.execute("CreateTable", {**TABLE, **STREAM})
    for key in "abc":
        add(shared, key)
    fork = shared.fork()
    add(fork, "a")
    fork.execute("DeleteItem", {"TableName": "tbl", "Key": {"pk": {"S": "b"}}})
    add(shared, "d")
    names = sorted(each["pk"]["S"] for each in fork.execute("Scan", {"TableName": "tbl"})["Items"])
    assert names == ["a", "c"]
    assert (item(fork, "a")["n"], item(shared, "a")["n"]) == ({"N": "2"}, {"N": "1"})
    assert fork.execute("DescribeTable", {"TableName": "tbl"})["Table"]["ItemCount"] == 2
    fork.check()
    fork.close()
    assert len(shared.execute("Scan", {"TableName": "tbl"})["Items"]) == 4
