"""Statements under the faults of the operations that do the same."""

from __future__ import annotations

from typing import Any

import pytest

import minidynamo
from minidynamo import DynamoError
from minidynamo.simulation import (
    Conflict,
    EmptyPage,
    InProgress,
    NoTrailingKey,
    ResponseLost,
    ShortPage,
    SimulatedDatabase,
    StaleRead,
    Throttled,
    Unprocessed,
)
from tests.simulation.small_table import TABLE, keys_of, put, query

SELECT = {"Statement": "SELECT * FROM tbl WHERE pk = 'a'"}


def selected(database: SimulatedDatabase, **options: Any) -> dict[str, Any]:
    return database.execute("ExecuteStatement", {**SELECT, **options})


def inserted(key: str) -> dict[str, Any]:
    return {"Statement": "INSERT INTO tbl VALUE {'pk': 'a', 'sk': ?}", "Parameters": [{"S": key}]}


@pytest.fixture
def filled(database: SimulatedDatabase) -> SimulatedDatabase:
    for key in "123":
        put(database, "a", key)
    return database


def test_a_stale_read(filled: SimulatedDatabase) -> None:
    """Not of a consistent one."""
    filled.faults.on("ExecuteStatement", fault=StaleRead, times=None)
    assert len(selected(filled)["Items"]) < 3
    assert len(selected(filled, ConsistentRead=True)["Items"]) == 3


def test_a_short_page(filled: SimulatedDatabase) -> None:
    """It goes on where it has ended."""
    filled.faults.on("ExecuteStatement", fault=ShortPage)
    page = selected(filled)
    assert 0 < len(page["Items"]) < 3
    rest = selected(filled, NextToken=page["NextToken"])
    assert keys_of(page["Items"] + rest["Items"]) == ["1", "2", "3"]


def test_an_empty_page(filled: SimulatedDatabase) -> None:
    token = selected(filled, Limit=1)["NextToken"]
    filled.faults.on("ExecuteStatement", fault=EmptyPage)
    page = selected(filled, NextToken=token)
    assert page["Items"] == []
    assert page["NextToken"] == token and keys_of([page["LastEvaluatedKey"]]) == ["1"]
    assert keys_of(selected(filled, NextToken=page["NextToken"])["Items"]) == ["2", "3"]


def test_the_last_page_may_have_no_token(filled: SimulatedDatabase) -> None:
    assert "NextToken" in selected(filled, Limit=3)
    filled.faults.on("ExecuteStatement", fault=NoTrailingKey)
    page = selected(filled, Limit=3)
    assert len(page["Items"]) == 3
    assert "NextToken" not in page and "LastEvaluatedKey" not in page


@pytest.mark.parametrize(("request_", "kind"), [(SELECT, "Read"), (inserted("9"), "Write")])
def test_throttles_say_what_is_used_up(filled: SimulatedDatabase, request_: dict[str, Any], kind: str) -> None:
    filled.faults.on("ExecuteStatement", fault=Throttled)
    with pytest.raises(DynamoError) as raised:
        filled.execute("ExecuteStatement", request_)
    assert f"Table{kind}" in raised.value.members["throttlingReasons"][0]["reason"]
    assert keys_of(query(filled, ConsistentRead=True)["Items"]) == ["1", "2", "3"]


def test_conflicts_are_met_by_writes_alone(filled: SimulatedDatabase) -> None:
    filled.faults.on("ExecuteStatement", fault=Conflict)
    assert len(selected(filled)["Items"]) == 3
    with pytest.raises(DynamoError) as raised:
        filled.execute("ExecuteStatement", inserted("9"))
    assert raised.value.code == "TransactionConflictException"


def test_a_conflict_cancels_a_transaction(filled: SimulatedDatabase) -> None:
    filled.faults.on("ExecuteTransaction", fault=Conflict)
    with pytest.raises(DynamoError) as raised:
        filled.execute("ExecuteTransaction", {"TransactStatements": [inserted("8"), inserted("9")]})
    codes = [reason["Code"] for reason in raised.value.members["CancellationReasons"]]
    assert len(codes) == 2 and "TransactionConflict" in codes


def test_a_transaction_may_still_be_in_progress(filled: SimulatedDatabase) -> None:
    """Where its first call has got no answer, and not that of another operation with the same token."""
    request = {"TransactStatements": [inserted("9")], "ClientRequestToken": "t"}
    filled.faults.on("ExecuteTransaction", fault=ResponseLost)
    filled.faults.on(fault=InProgress)
    with pytest.raises(DynamoError, match="Internal"):
        filled.execute("ExecuteTransaction", request)
    with pytest.raises(DynamoError) as raised:
        filled.execute("ExecuteTransaction", request)
    assert raised.value.code == "TransactionInProgressException"
    assert filled.execute("ExecuteTransaction", request) == {"Responses": []}
    assert keys_of(query(filled, ConsistentRead=True)["Items"]) == ["1", "2", "3", "9"]


@pytest.mark.parametrize("variant", range(6))
def test_statements_of_a_batch_that_are_not_carried_out(filled: SimulatedDatabase, variant: int) -> None:
    """Their entries say so; those at fault say what is wrong with them, as ever."""
    filled.faults.on("BatchExecuteStatement", fault=Unprocessed, variant=variant)
    statements = [*map(inserted, "567"), {"Statement": "SELECT"}]
    entries = filled.execute("BatchExecuteStatement", {"Statements": statements})["Responses"]
    codes = [entry.get("Error", {}).get("Code") for entry in entries]
    assert codes[3] == "ValidationError"
    assert {*codes[:3]} <= {None, "ThrottlingError"} and "ThrottlingError" in codes
    done = [key for key, code in zip("567", codes, strict=False) if code is None]
    assert keys_of(query(filled, ConsistentRead=True)["Items"]) == ["1", "2", "3", *done]


def test_capacity_runs_out_for_single_statements() -> None:
    """Of a batch: the others are carried out."""
    quiet = minidynamo.connect(clock=minidynamo.ManualClock())
    quiet.execute(
        "CreateTable",
        {
            "TableName": "tbl",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        },
    )
    database = minidynamo.simulate(quiet, seed=1, profile=minidynamo.Profile(capacity=True))
    codes: list[str | None] = []
    for start in range(0, 400, 20):
        statements = [{"Statement": f"INSERT INTO tbl VALUE {{'pk': '{start + each}'}}"} for each in range(20)]
        entries = database.execute("BatchExecuteStatement", {"Statements": statements})["Responses"]
        codes += [entry.get("Error", {}).get("Code") for entry in entries]
    assert {*codes} == {None, "ThrottlingError"}
    with database.faults.paused():
        assert database.client().scan(TableName="tbl")["Count"] == codes.count(None)


def test_a_history_replays_statements() -> None:
    """The same choices, the same answers."""

    def run(database: SimulatedDatabase) -> list[str]:
        told = []
        for key in "456789":
            for operation, request in (
                ("ExecuteStatement", {**SELECT, "Limit": 2}),
                ("BatchExecuteStatement", {"Statements": [inserted(key)]}),
            ):
                try:
                    told.append(str(database.execute(operation, request)))
                except DynamoError as error:
                    told.append(error.code)
        return told

    quiet = minidynamo.connect(clock=minidynamo.ManualClock(), seed=1)
    quiet.execute("CreateTable", TABLE)
    first = minidynamo.simulate(quiet, seed=3, profile="stormy")
    told = run(first)
    assert run(minidynamo.simulate(quiet, replay=first.history())) == told
    assert any(call.choices for call in first.history().calls)
