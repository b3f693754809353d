"""Requests that are refused, or whose answer is lost: before their effect or after it."""

from __future__ import annotations

from typing import Any

import pytest

from minidynamo import DynamoError, Profile
from minidynamo.errors import NoResponse
from minidynamo.formats.short_tables import create_table_request
from minidynamo.simulation import (
    Conflict,
    ConnectionLost,
    ConnectionLostAfter,
    InProgress,
    ResponseLost,
    ServerError,
    SimulatedDatabase,
    Throttled,
    TimedOut,
)
from tests.simulation.small_table import PROVISIONED, get, item, opened, put, query


def test_a_timeout_hides_an_error_as_well(database: SimulatedDatabase) -> None:
    database.faults.on("PutItem", fault=TimedOut, variant=1)
    with pytest.raises(NoResponse):
        database.execute("PutItem", {"TableName": "tbl", "Item": {}})


NOTHING_DONE = [Throttled, Conflict, ServerError, ConnectionLost, TimedOut]
DONE = [ResponseLost, ConnectionLostAfter]


@pytest.mark.parametrize("kind", NOTHING_DONE, ids=lambda kind: kind.name)
def test_a_refused_write_changes_nothing(database: SimulatedDatabase, kind: Any) -> None:
    database.faults.on("PutItem", fault=kind)
    with pytest.raises(DynamoError):
        put(database, "a")
    assert get(database, "a", consistent=True) is None
    put(database, "a")
    assert get(database, "a", consistent=True) is not None


@pytest.mark.parametrize("kind", DONE, ids=lambda kind: kind.name)
def test_a_lost_answer_hides_a_write_that_was_done(database: SimulatedDatabase, kind: Any) -> None:
    request = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    database.faults.on("UpdateItem", fault=kind)
    for _ in range(2):
        try:
            database.execute("UpdateItem", {"TableName": "tbl", "Key": item("a"), **request})
            break
        except DynamoError as error:
            assert error.status == 500
    assert get(database, "a", consistent=True)["n"] == {"N": "2"}


def test_a_timeout_may_hide_a_write(database: SimulatedDatabase) -> None:
    database.faults.on("PutItem", fault=TimedOut, variant=1)
    with pytest.raises(NoResponse) as raised:
        put(database, "a")
    assert raised.value.is_timeout
    assert get(database, "a", consistent=True) is not None


def test_throttles_say_where_and_why(database: SimulatedDatabase) -> None:
    database.execute(
        "CreateTable",
        {**create_table_request("small", {"key": ["pk S"]}), "BillingMode": "PROVISIONED",
         "ProvisionedThroughput": PROVISIONED},
    )  # fmt: skip
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/"
    for table, member, code, reason in (
        ("tbl", "throttlingReasons", "ThrottlingException", "TableReadKeyRangeThroughputExceeded"),
        ("small", "ThrottlingReasons", "ProvisionedThroughputExceededException",
         "TableReadProvisionedThroughputExceeded"),
    ):  # fmt: skip
        database.faults.on("Scan", fault=Throttled)
        with pytest.raises(DynamoError) as raised:
            database.execute("Scan", {"TableName": table})
        assert raised.value.code == code
        assert raised.value.members[member] == [{"reason": reason, "resource": arn + table}]


def test_a_write_is_only_throttled_for_indexes_it_changes(database: SimulatedDatabase) -> None:
    for members, expected in (({}, {"tbl"}), ({"g": "x"}, {"tbl", "by_g"})):
        resources = set()
        for variant in range(4):
            database.faults.on("PutItem", fault=Throttled, variant=variant)
            with pytest.raises(DynamoError) as raised:
                put(database, "new", **members)
            resources.add(raised.value.members["throttlingReasons"][0]["resource"].rpartition("/")[2])
        assert resources == expected


def test_transactions_are_cancelled_where_they_conflict(database: SimulatedDatabase) -> None:
    puts = [{"Put": {"TableName": "tbl", "Item": item("a", str(each))}} for each in range(3)]
    codes = set()
    for variant in range(9):
        database.faults.on("TransactWriteItems", fault=Conflict, variant=variant)
        with pytest.raises(DynamoError) as raised:
            database.execute("TransactWriteItems", {"TransactItems": puts})
        assert raised.value.code == "TransactionCanceledException"
        reasons = raised.value.members["CancellationReasons"]
        assert {each.get("Message") for each in reasons} <= {None, "Transaction is ongoing for the item"}
        codes.add(tuple(each["Code"] for each in reasons))
    assert ("None", "None", "TransactionConflict") in codes and ("TransactionConflict",) * 3 in codes
    assert query(database, ConsistentRead=True)["Count"] == 0


def test_throttled_transactions_are_cancelled(database: SimulatedDatabase) -> None:
    database.faults.on("TransactWriteItems", fault=Throttled)
    with pytest.raises(DynamoError, match=r"specific reasons \[ThrottlingError\]"):
        puts = [{"Put": {"TableName": "tbl", "Item": item("a")}}]
        database.execute("TransactWriteItems", {"TransactItems": puts})


def test_a_retry_may_find_its_transaction_in_progress(database: SimulatedDatabase) -> None:
    update = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    request = {
        "TransactItems": [{"Update": {"TableName": "tbl", "Key": item("a"), **update}}],
        "ClientRequestToken": "token",
    }
    database.faults.on("TransactWriteItems", fault=InProgress)
    database.faults.on("TransactWriteItems", fault=ResponseLost)
    codes = []
    for _ in range(4):
        try:
            database.execute("TransactWriteItems", request)
            codes.append("ok")
        except DynamoError as error:
            codes.append(error.code)
    assert codes == ["InternalServerError", "TransactionInProgressException", "ok", "ok"]
    assert get(database, "a", consistent=True)["n"] == {"N": "1"}  # Idempotent.


@pytest.mark.parametrize("kind", [Throttled, Conflict], ids=lambda kind: kind.name)
def test_wrong_requests_are_refused_for_what_is_wrong(database: SimulatedDatabase, kind: Any) -> None:
    database.faults.on("PutItem", fault=kind, times=None)
    with pytest.raises(DynamoError) as raised:
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}}})
    assert raised.value.code == "ValidationException"
    with pytest.raises(DynamoError) as raised:
        database.execute("PutItem", {"TableName": "nowhere", "Item": item("a")})
    assert raised.value.code == "ResourceNotFoundException"


def test_so_many_calls_in_a_row_are_refused_and_no_more() -> None:
    database = opened(Profile(server_error=1.0, refusals_in_a_row_max=2))
    outcomes = []
    for _ in range(6):
        try:
            put(database, "a")
            outcomes.append("ok")
        except DynamoError as error:
            outcomes.append(error.code)
    assert outcomes == ["InternalServerError", "InternalServerError", "ok"] * 2
