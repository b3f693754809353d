"""A commit that fails changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from minidynamo import Database, ManualClock
from minidynamo.formats.short_tables import create_table_request
from tests.database.new_table import make_table
from tests.storage.failing_engine import FailingEngine

CONTROL_REQUESTS: dict[str, dict[str, Any]] = {
    "CreateTable": create_table_request("new", {"key": ["pk S"]}),
    "DeleteTable": {"TableName": "tbl"},
    "TagResource": {"Tags": [{"Key": "k", "Value": "v"}]},
    "UpdateTable": {
        "TableName": "tbl",
        "AttributeDefinitions": [{"AttributeName": "n", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [
            {
                "Create": {
                    "IndexName": "new",
                    "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    },
    "PutItem": {"TableName": "tbl", "Item": {"pk": {"S": "z"}, "g": {"S": "z"}}},
    "TransactWriteItems": {
        "ClientRequestToken": "token",
        "TransactItems": [{"Delete": {"TableName": "tbl", "Key": {"pk": {"S": "a"}}}}],
    },
}


@pytest.mark.parametrize("operation", CONTROL_REQUESTS)
def test_a_failed_commit_changes_nothing(operation: str) -> None:
    """Neither the data nor what is known of the table; the same request succeeds later."""
    engine = FailingEngine()
    database = Database(engine=engine, clock=ManualClock())
    make_table(database, key=["pk S"], gsi={"by_g": {"key": ["g S"]}})
    database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "g": {"S": "x"}, "n": {"S": "y"}}})
    request = dict(CONTROL_REQUESTS[operation])
    if operation == "TagResource":
        request["ResourceArn"] = database.execute("DescribeTable", {"TableName": "tbl"})["Table"]["TableArn"]

    def state() -> Any:
        described = [database.execute("DescribeTable", {"TableName": name}) for name in database.catalog.tables]
        return described, database.execute("Scan", {"TableName": "tbl"}), database.catalog.table("tbl").state

    before = repr(state())
    engine.fails = True
    with pytest.raises(OSError, match="no space left"):
        database.execute(operation, request)
    engine.fails = False
    assert repr(state()) == before
    database.check()
    database.execute(operation, request)
    database.check()
