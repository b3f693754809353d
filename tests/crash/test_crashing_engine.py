"""Every step of every operation fails in turn: the database is then as before or as after, and goes on.

A step is one statement to SQLite, or one sync of its log. A statement fails before it has done anything; where a COMMIT
fails, SQLite has undone the transaction.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from minidynamo import Database, ManualClock
from minidynamo.errors import InternalServerError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage.sqlite import durability
from minidynamo.storage.sqlite import engine as sqlite_engine
from minidynamo.storage.sqlite.engine import SqliteEngine
from minidynamo.storage.sqlite.store_file import open_file

PARTITION_SIZE = 400
SHORT = {"key": ["pk S", "sk N"], "gsi": {"by_g": {"key": ["g S"]}}, "lsi": {"by_l": {"key": ["pk S", "l S"]}}}
KEY = {"pk": {"S": "p1"}, "sk": {"N": "1"}}
NEW_INDEX = {
    "IndexName": "by_t",
    "KeySchema": [{"AttributeName": "t", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}


def item(number: int, **more: str) -> dict[str, Any]:
    texts = {"g": f"g{number % 2}", "l": "x", "t": "." * 30, **more}
    return {"pk": {"S": f"p{number}"}, "sk": {"N": "1"}, **{name: {"S": text} for name, text in texts.items()}}


def put(number: int) -> dict[str, Any]:
    return {"Put": {"TableName": "tbl", "Item": item(number)}}


REQUESTS: dict[str, dict[str, Any]] = {
    "PutItem": {"TableName": "tbl", "Item": item(1, g="other", l="y")},
    "PutItem that splits": {"TableName": "tbl", "Item": item(50, t="." * 145)},
    "UpdateItem": {
        "TableName": "tbl",
        "Key": KEY,
        "UpdateExpression": "SET g = :g REMOVE l",
        "ExpressionAttributeValues": {":g": {"S": "z"}},
    },
    "DeleteItem": {"TableName": "tbl", "Key": KEY},
    "GetItem": {"TableName": "tbl", "Key": KEY},
    "Query": {
        "TableName": "tbl",
        "IndexName": "by_g",
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"S": "g1"}},
    },
    "Scan": {"TableName": "tbl"},
    "BatchGetItem": {"RequestItems": {"tbl": {"Keys": [KEY]}}},
    "BatchWriteItem": {"RequestItems": {"tbl": [{"PutRequest": {"Item": item(60)}}, {"DeleteRequest": {"Key": KEY}}]}},
    "TransactGetItems": {"TransactItems": [{"Get": {"TableName": "tbl", "Key": KEY}}]},
    "TransactWriteItems": {"TransactItems": [put(70), put(71), {"Delete": {"TableName": "tbl", "Key": KEY}}]},
    "TransactWriteItems with a token": {"ClientRequestToken": "token", "TransactItems": [put(80)]},
    "CreateTable": create_table_request("new", SHORT),
    "DeleteTable": {"TableName": "tbl"},
    "UpdateTable that adds an index": {
        "TableName": "tbl",
        "AttributeDefinitions": [{"AttributeName": "t", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": NEW_INDEX}],
    },
    "UpdateTable that drops an index": {
        "TableName": "tbl",
        "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by_g"}}],
    },
    "UpdateTimeToLive": {"TableName": "tbl", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"}},
    "TagResource": {
        "ResourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/tbl",
        "Tags": [{"Key": "k", "Value": "v"}],
    },
}


class Crash:
    """Counts steps and fails at a chosen one.

    Attributes:
        at: the step that fails, None for none; counted from 1 since `arm`.
    """

    def __init__(self) -> None:
        self.at: int | None = None
        self.steps: list[str] = []

    def arm(self, at: int | None) -> None:
        self.at, self.steps = at, []

    def is_due(self, step: str) -> bool:
        self.steps.append(step)
        return len(self.steps) == self.at


class CrashingConnection:
    """SQLite's connection, of which each statement may fail."""

    def __init__(self, connection: sqlite3.Connection, crash: Crash) -> None:
        self._connection = connection
        self._crash = crash

    def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        # What undoes a transaction is not counted: where it fails too, SQLite undoes it when the file is next opened.
        if statement != "ROLLBACK" and self._crash.is_due(statement):
            if statement == "COMMIT":
                self._connection.execute("ROLLBACK")
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a table of several partitions."""
    path = tmp_path_factory.mktemp("prepared") / "store.db"
    with Database(SqliteEngine(path, "process"), partition_size=PARTITION_SIZE) as database:
        database.execute("CreateTable", create_table_request("tbl", SHORT))
        for number in range(12):
            database.execute("PutItem", {"TableName": "tbl", "Item": item(number)})
        assert len(database.partitions("tbl")) > 4
    return path


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Crash:
    """What makes steps of every engine that is opened fail."""
    crash = Crash()
    sync = durability.LogSync._sync_file

    def sync_file(self: durability.LogSync) -> None:
        if crash.is_due("sync"):
            raise OSError("I/O error")
        sync(self)

    monkeypatch.setattr(sqlite_engine, "open_file", lambda *given: CrashingConnection(open_file(*given), crash))
    monkeypatch.setattr(durability.LogSync, "_sync_file", sync_file)
    return crash


def state(database: Database) -> Any:
    """All that can be seen of a database."""
    tables = []
    for name in database.catalog.tables:
        described = database.execute("DescribeTable", {"TableName": name})["Table"]
        del described["TableId"], described["CreationDateTime"]
        arn = {"ResourceArn": described["TableArn"]}
        tables.append(
            (
                described,
                database.execute("Scan", {"TableName": name})["Items"],
                database.execute("ListTagsOfResource", arn),
                database.execute("DescribeTimeToLive", {"TableName": name}),
                [name for name, _ in database.catalog.system.range(b"token/", b"token0")],
            )
        )
    return tables


@pytest.mark.damaged
@pytest.mark.parametrize("name", REQUESTS)
def test_every_step_fails(prepared: Path, tmp_path: Path, crash: Crash, name: str) -> None:
    operation, request = name.split()[0], REQUESTS[name]
    failed = 0
    path = tmp_path / "after.db"
    shutil.copy(prepared, path)
    with Database(SqliteEngine(path), clock=ManualClock(), partition_size=PARTITION_SIZE) as database:
        before = state(database)
        partitions = len(database.partitions("tbl"))
        database.execute(operation, request)
        after = state(database)
        assert "splits" not in name or len(database.partitions("tbl")) > partitions
    for number in range(1, 1_000):
        path = tmp_path / f"{number}.db"
        shutil.copy(prepared, path)
        crash.arm(None)
        database = Database(SqliteEngine(path), clock=ManualClock(), partition_size=PARTITION_SIZE)
        crash.arm(number)
        try:
            database.execute(operation, request)
            has_failed = False
        except InternalServerError:
            has_failed = True
        if len(crash.steps) < number:
            break
        step = crash.steps[number - 1]
        crash.arm(None)
        if step == "sync":  # What the disk holds is not known: everything is refused until it is opened again.
            with pytest.raises(InternalServerError, match="Open it again"):
                database.execute("ListTables", {})
        else:
            found = state(database)
            assert found in (before, after), f"neither before nor after: {step}"
            assert has_failed or found == after, f"answered, but not done: {step}"
            database.check()
            if found == before:
                database.execute(operation, request)
                assert state(database) == after, f"not done when asked again: {step}"
                database.check()
        database.close()
        with Database(SqliteEngine(path), clock=ManualClock(), partition_size=PARTITION_SIZE) as database:
            assert state(database) in ((before, after) if step == "sync" else (after,)), step
            database.check()
        failed += 1
    assert failed >= 1
