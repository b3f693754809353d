"""What requests come to is recorded as the service does, and no response is another for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database, DynamoError, ManualClock
from minidynamo.formats.short_tables import create_table_request
from minidynamo.metrics.metrics import Metrics
from minidynamo.testing import requests, statements

SHORT = {"key": ["pk S", "sk N"], "gsi": {"by_a": {"key": ["a S"]}}, "lsi": {"by_b": {"key": ["pk S", "b N"]}}}
TABLE = create_table_request("tbl", SHORT)
KEY = {"pk": {"S": "p"}, "sk": {"N": "1"}}
ITEM = {**KEY, "a": {"S": "x"}}
DRAWN = ("PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem")


def measured(**settings: Any) -> tuple[Database, Metrics]:
    database = minidynamo.connect(**settings)
    database.execute("CreateTable", TABLE)
    return database, database.metrics


def of(metrics: Metrics, name: str, **dimensions: str) -> float:
    return metrics.sum("AWS/DynamoDB", name, **dimensions)


def attempt(database: Database, operation: str, request: Any) -> tuple[Any, str]:
    try:
        return database.execute(operation, request), ""
    except DynamoError as error:
        return error.body, error.code


def units_of(metrics: Metrics) -> float:
    names = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
    return sum(metrics.sum(*each[:2], **dict(each.dimensions)) for each in metrics if each.name in names)


def test_units_are_recorded_of_the_table_and_of_each_global_index() -> None:
    """Source: DynamoDB Developer Guide, "DynamoDB metrics and dimensions": a table's exclude those of its GSIs."""
    database, metrics = measured()
    database.execute("PutItem", {"TableName": "tbl", "Item": {**ITEM, "b": {"N": "1"}, "big": {"S": "x" * 1500}}})
    database.execute("Scan", {"TableName": "tbl", "IndexName": "by_a"})
    database.execute("GetItem", {"TableName": database.scope.table_arn("tbl"), "Key": KEY, "ConsistentRead": True})
    assert of(metrics, "ConsumedWriteCapacityUnits", TableName="tbl") == 4
    assert of(metrics, "ConsumedWriteCapacityUnits", TableName="tbl", GlobalSecondaryIndexName="by_a") == 2
    assert of(metrics, "ConsumedReadCapacityUnits", TableName="tbl") == 1
    assert of(metrics, "ConsumedReadCapacityUnits", TableName="tbl", GlobalSecondaryIndexName="by_a") == 0.5
    assert {each.name for each in metrics.list("AWS/DynamoDB")} >= {"ReturnedItemCount", "SuccessfulRequestLatency"}
    assert all(dict(each.dimensions).get("TableName") == "tbl" for each in metrics)


@given(st.data())
def test_metrics_change_no_response_and_sum_to_what_is_reported(data: st.DataObject) -> None:
    """Beside a database without metrics, whatever is asked for; a third one reports all it consumes."""
    database, metrics = measured(clock=ManualClock())
    plain, reporting = (minidynamo.connect(clock=ManualClock()) for _ in range(2))
    for each in (plain, reporting):
        each.execute("CreateTable", TABLE)
    reported = 0.0
    for _ in range(data.draw(st.integers(1, 6))):
        operation = data.draw(st.sampled_from((*DRAWN, "ExecuteStatement", "TransactWriteItems", "TransactGetItems")))
        drawn = statements(TABLE) if operation == "ExecuteStatement" else requests(operation, TABLE)
        request = dict(data.draw(drawn))
        request.pop("ReturnConsumedCapacity", None)
        mode = data.draw(st.sampled_from([None, "NONE", "TOTAL", "INDEXES", "SOME"]))
        asked = request if mode is None else {**request, "ReturnConsumedCapacity": mode}
        assert attempt(database, operation, asked) == attempt(plain, operation, asked)
        if mode != "SOME":
            response, _ = attempt(reporting, operation, {**request, "ReturnConsumedCapacity": "INDEXES"})
            capacity = response.get("ConsumedCapacity", [])
            capacities = capacity if isinstance(capacity, list) else [capacity]
            reported += sum(each["CapacityUnits"] for each in capacities)
    assert units_of(metrics) == reported


def test_latency_is_that_of_the_databases_clock() -> None:
    clock = ManualClock()
    database, metrics = measured(clock=clock)
    database.functions.register("f", lambda event, context: clock.advance(0.5))
    database.execute("GetItem", {"TableName": "tbl", "Key": KEY})
    database.functions.invoke("f")
    dimensions = {"TableName": "tbl", "Operation": "GetItem"}
    assert metrics.get("AWS/DynamoDB", "SuccessfulRequestLatency", "SampleCount", **dimensions) == 1
    assert metrics.get("AWS/Lambda", "Duration", "Maximum", FunctionName="f") == 500


def test_returned_items_are_counted() -> None:
    database, metrics = measured()
    for number in range(3):
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "p"}, "sk": {"N": str(number)}}})
    database.execute("Scan", {"TableName": "tbl", "Limit": 2})
    database.execute("Scan", {"TableName": "tbl", "Select": "COUNT"})
    database.execute("ExecuteStatement", {"Statement": "SELECT * FROM tbl WHERE pk = 'p' AND sk = 1"})
    assert metrics.series("AWS/DynamoDB", "ReturnedItemCount", TableName="tbl", Operation="Scan")[0][1] == 5
    assert of(metrics, "ReturnedItemCount", TableName="tbl", Operation="ExecuteStatement") == 1


def test_failed_conditions_are_no_user_errors() -> None:
    """Source: "DynamoDB metrics and dimensions", UserErrors."""
    database, metrics = measured()
    put = {"TableName": "tbl", "Item": ITEM, "ConditionExpression": "attribute_exists(pk)"}
    statement = {"Statement": "UPDATE tbl SET c = 1 WHERE pk = 'p' AND sk = 1"}
    for operation, request in (
        ("PutItem", put),
        ("TransactWriteItems", {"TransactItems": [{"Put": put}]}),
        ("ExecuteStatement", statement),
    ):
        assert attempt(database, operation, request)[1]
    database.execute("BatchExecuteStatement", {"Statements": [statement]})
    assert of(metrics, "ConditionalCheckFailedRequests", TableName="tbl") == 4
    assert of(metrics, "UserErrors") == 0
    attempt(database, "PutItem", {"TableName": "nope", "Item": ITEM})
    attempt(database, "DescribeTable", {"TableName": "nope"})
    attempt(database, "PutItem", None)
    assert of(metrics, "UserErrors") == 2


THROTTLES = [
    ("PutItem", {"TableName": "tbl", "Item": ITEM}, "Write"),
    ("GetItem", {"TableName": "tbl", "Key": KEY}, "Read"),
    ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "tbl", "Item": ITEM}}]}, "Write"),
]


@pytest.mark.parametrize(("operation", "request_made", "way"), THROTTLES)
def test_throttles_are_counted_as_requests_and_events(operation: str, request_made: Any, way: str) -> None:
    database = minidynamo.simulate(profile="calm", seed=1)
    database.execute("CreateTable", TABLE)
    metrics = database.metrics
    database.faults.on(operation, fault="throttled")
    assert attempt(database, operation, request_made)[1]
    assert of(metrics, "ThrottledRequests", TableName="tbl", Operation=operation) == 1
    assert sum(
        metrics.sum(*each[:2], **dict(each.dimensions)) for each in metrics if each.name == f"{way}ThrottleEvents"
    )
    assert of(metrics, "UserErrors") == 0
    causes = [each.name for each in metrics if each.name.endswith("ThroughputThrottleEvents")]
    assert all(each.startswith(way) for each in causes)
    assert bool(causes) == (operation != "TransactWriteItems")


def test_conflicts_and_server_errors() -> None:
    database = minidynamo.simulate(profile="calm", seed=1)
    database.execute("CreateTable", TABLE)
    metrics = database.metrics
    for fault in ("conflict", "server_error", "connection_lost"):
        database.faults.on("PutItem", fault=fault)
        assert attempt(database, "PutItem", {"TableName": "tbl", "Item": ITEM})[1]
    assert of(metrics, "TransactionConflict", TableName="tbl") == 1
    assert of(metrics, "SystemErrors", TableName="tbl", Operation="PutItem") == 1


def test_simulations_choose_the_same_with_metrics() -> None:
    histories = []
    for is_measured in (False, True):
        database = minidynamo.simulate(profile="stormy", seed=7)
        if is_measured:
            assert database.metrics.list() == []
        with suppress(DynamoError):
            database.execute("CreateTable", TABLE)
        for number in range(30):
            attempt(database, "PutItem", {"TableName": "tbl", "Item": {**ITEM, "sk": {"N": str(number)}}})
            attempt(database, "Query", {"TableName": "tbl", **QUERY})
        histories.append([(each.operation, each.choices, each.outcome) for each in database.history().calls])
    assert histories[0] == histories[1]


QUERY = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}


def test_what_expires_is_counted_and_costs_nothing(open_database: Callable[..., Database], clock: ManualClock) -> None:
    database = open_database(clock=clock)
    database.execute("CreateTable", TABLE)
    specification = {"Enabled": True, "AttributeName": "ends"}
    database.execute("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": specification})
    database.execute("PutItem", {"TableName": "tbl", "Item": {**ITEM, "ends": {"N": str(int(clock.now()) + 10)}}})
    metrics = database.metrics
    clock.advance(100)
    assert database.expire() == 1
    assert database.expire() == 0
    assert of(metrics, "TimeToLiveDeletedItemCount", TableName="tbl") == 1
    assert [each.name for each in metrics] == ["TimeToLiveDeletedItemCount"]


def test_records_of_streams_are_counted(database: Database) -> None:
    """Source: "DynamoDB metrics and dimensions", ReturnedRecordsCount and ReturnedBytes."""
    specification = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    table = database.execute("CreateTable", {**TABLE, "StreamSpecification": specification})["TableDescription"]
    database.execute("PutItem", {"TableName": "tbl", "Item": ITEM})
    arn, metrics = table["LatestStreamArn"], database.metrics
    shard = database.execute("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"][0]["ShardId"]
    place = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = database.execute("GetShardIterator", place)["ShardIterator"]
    records = database.execute("GetRecords", {"ShardIterator": iterator})["Records"]
    dimensions = {"TableName": "tbl", "StreamLabel": table["LatestStreamLabel"], "Operation": "GetRecords"}
    assert of(metrics, "ReturnedRecordsCount", **dimensions) == len(records) == 1
    assert of(metrics, "ReturnedBytes", **dimensions) == records[0]["dynamodb"]["SizeBytes"]


def test_metrics_begin_when_they_are_asked_for(open_database: Callable[..., Database]) -> None:
    """Before that, and in a fork, nothing stands around the database."""
    database = open_database()
    database.execute("CreateTable", TABLE)
    assert database._entry is None
    metrics = database.metrics
    assert database.metrics is metrics
    assert database._entry is not None
    assert database.fork()._entry is None
    assert metrics.list() == []


def test_principals_are_counted_once() -> None:
    database, metrics = measured()
    somebody = database.as_principal({"Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}]})
    somebody.execute("PutItem", {"TableName": "tbl", "Item": ITEM})
    assert of(metrics, "ConsumedWriteCapacityUnits", TableName="tbl") == 1


def test_what_is_misspelt_is_refused_and_not_zero_for_ever() -> None:
    with minidynamo.connect() as database:
        metrics = database.metrics
        database.functions.register("mailer", lambda event, context: None)
        metrics.require("AWS/Lambda", "Errors", "Sum <= 0", FunctionName="mailer")
        with pytest.raises(ValueError, match=r"there is no FunctionName 'mialer': did you mean mailer?"):
            metrics.require("AWS/Lambda", "Errors", "Sum <= 0", FunctionName="mialer")
        with pytest.raises(ValueError, match="there is no TableName 'tbl': there are none"):
            metrics.require("AWS/DynamoDB", "TransactionConflict", "Sum <= 0", TableName="tbl")
        with pytest.raises(ValueError, match=r"no namespace AWS/Lamda is recorded: did you mean AWS/Lambda?"):
            metrics.require("AWS/Lamda", "Errors", "Sum <= 0")
        metrics.require("own", "Errors", "Sum <= 0", FunctionName="anything")
