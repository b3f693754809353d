"""Clients of CloudWatch are answered with the metrics of the database, beside moto only for what is recorded here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiobotocore.session
import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.stub import Stubber
from moto import mock_aws

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.formats.short_tables import create_table_request

NOW = datetime.fromtimestamp(1_700_000_000, UTC)
MINUTE = datetime.fromtimestamp(1_699_999_980, UTC)
SPAN = {"StartTime": NOW - timedelta(hours=1), "EndTime": NOW + timedelta(hours=1)}
TABLE = [{"Name": "TableName", "Value": "tbl"}]
WRITES = {"Namespace": "AWS/DynamoDB", "MetricName": "ConsumedWriteCapacityUnits", "Dimensions": TABLE}
STAT = {"Metric": WRITES, "Period": 60, "Stat": "Sum"}


@pytest.fixture
def database() -> Iterator[Database]:
    database = minidynamo.connect(clock=ManualClock())
    assert database.metrics.list() == []
    database.execute("CreateTable", create_table_request("tbl", {"key": ["pk S"]}))
    for key, advance in (("a", 60), ("b", 0), ("c", 0)):
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": key}}})
        database.clock.advance(advance)  # type: ignore[attr-defined]
    with minidynamo.mock(database):
        yield database


@pytest.fixture
def client(database: Database) -> Any:
    return boto3.client("cloudwatch", region_name="us-east-1")


def data_of(client: Any, **more: Any) -> Any:
    query = {"Id": "writes", "MetricStat": {**STAT, **more.pop("stat", {})}}
    return client.get_metric_data(MetricDataQueries=[query], **{**SPAN, **more})["MetricDataResults"]


def refusal(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_get_metric_data(client: Any) -> None:
    """Newest first by default. Source: Amazon CloudWatch API reference, GetMetricData."""
    (result,) = data_of(client)
    assert result == {
        "Id": "writes",
        "Label": "ConsumedWriteCapacityUnits",
        "Timestamps": [MINUTE + timedelta(minutes=1), MINUTE],
        "Values": [2.0, 1.0],
        "StatusCode": "Complete",
    }
    assert data_of(client, ScanBy="TimestampAscending")[0]["Values"] == [1.0, 2.0]
    assert data_of(client, stat={"Period": 300, "Stat": "SampleCount"})[0]["Values"] == [3.0]
    assert data_of(client, stat={"Unit": "Bytes"})[0]["Values"] == []
    assert data_of(client, StartTime="2023-11-14T22:14:00Z", EndTime=1_700_003_600)[0]["Values"] == [2.0]


def test_get_metric_statistics(client: Any) -> None:
    asked = {**WRITES, **SPAN, "Period": 3600, "Statistics": ["Sum", "Average"], "ExtendedStatistics": ["p90"]}
    response = client.get_metric_statistics(**asked)
    assert response["Label"] == "ConsumedWriteCapacityUnits"
    (datapoint,) = response["Datapoints"]
    assert datapoint.pop("Timestamp").tzinfo is not None
    assert datapoint == {"Unit": "Count", "Sum": 3.0, "Average": 1.0, "ExtendedStatistics": {"p90": 1.0}}


def test_list_metrics(client: Any) -> None:
    """Source: Amazon CloudWatch API reference, ListMetrics: a dimension without a value stands for any."""
    listed = client.list_metrics(Namespace="AWS/DynamoDB", Dimensions=[{"Name": "Operation"}])["Metrics"]
    operation = {"Name": "Operation", "Value": "PutItem"}
    assert listed == [
        {"Namespace": "AWS/DynamoDB", "MetricName": "SuccessfulRequestLatency", "Dimensions": [operation, *TABLE]}
    ]
    pages = client.get_paginator("list_metrics").paginate(MetricName="ConsumedWriteCapacityUnits")
    assert [each for page in pages for each in page["Metrics"]] == [WRITES]
    assert client.list_metrics(Namespace="AWS/Lambda")["Metrics"] == []


def test_put_metric_data(client: Any, database: Database) -> None:
    data = [
        {"MetricName": "Price", "Value": 3.0, "Unit": "Count", "Timestamp": NOW + timedelta(minutes=1)},
        {"MetricName": "Price", "Values": [1.0, 2.0], "Counts": [2.0, 1.0]},
        {"MetricName": "Size", "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4}},
    ]
    client.put_metric_data(Namespace="Shop", MetricData=data)
    assert database.metrics.sum("Shop", "Price") == 7
    assert database.metrics.get("Shop", "Size", "Average") == 2.5
    assert database.metrics.get("Shop", "Size", "p50") is None
    database.check()


@pytest.mark.parametrize(
    ("datum", "told"),
    [
        ({"Value": float("nan")}, "both must be finite numbers"),
        ({"Value": 1.0, "Timestamp": datetime(2001, 1, 1, tzinfo=UTC)}, "it must be from two weeks before"),
        ({"Values": [1.0, 2.0], "Counts": [1.0]}, "2 Values and 1 Counts"),
        ({}, "needs a Value, Values, or StatisticValues"),
        ({"StatisticValues": {"SampleCount": 0, "Sum": 0, "Minimum": 1, "Maximum": 0}}, "of 0 samples"),
    ],
)
def test_malformed_data_are_refused(client: Any, datum: Any, told: str) -> None:
    code, message = refusal(client.put_metric_data, Namespace="Shop", MetricData=[{"MetricName": "Price", **datum}])
    assert code == "InvalidParameterValue"
    assert told in message


def test_what_is_refused(client: Any) -> None:
    expression = [{"Id": "twice", "Expression": "writes * 2"}]
    code, message = refusal(client.get_metric_data, MetricDataQueries=expression, **SPAN)
    assert (code, "computes no Expression, which twice has" in message) == ("ValidationError", True)
    backwards = {"StartTime": SPAN["EndTime"], "EndTime": SPAN["StartTime"]}
    for wrong in ({"stat": {"Period": 90}}, {"stat": {"Stat": "Median"}}, backwards):
        assert refusal(lambda wrong=wrong: data_of(client, **wrong))[0] == "ValidationError"
    assert refusal(client.get_metric_statistics, **WRITES, **SPAN, Period=60)[0] == "InvalidParameterCombination"
    assert refusal(client.put_metric_data, Namespace="AWS/Lambda", MetricData=[])[0] == "InvalidParameterValue"
    with pytest.raises(ParamValidationError):
        client.list_metrics(Nonsense=1)


def test_moto_answers_what_is_not_recorded_here(database: Database) -> None:
    """A namespace becomes the database's when something is recorded in it here."""
    with mock_aws():
        client = boto3.client("cloudwatch", region_name="us-east-1")
        client.put_metric_data(Namespace="Theirs", MetricData=[{"MetricName": "Price", "Value": 1.0}])
        assert [each["MetricName"] for each in client.list_metrics(Namespace="Theirs")["Metrics"]] == ["Price"]
        assert database.metrics.list("Theirs") == []
        assert data_of(client)[0]["Values"] == [2.0, 1.0]
        database.metrics.record("Ours", "Price", {}, 1)
        assert [each["MetricName"] for each in client.list_metrics(Namespace="Ours")["Metrics"]] == ["Price"]


def test_a_stub_of_a_test_goes_first(client: Any) -> None:
    with Stubber(client) as stubber:
        stubber.add_response("list_metrics", {"Metrics": []}, {"Namespace": "AWS/DynamoDB"})
        assert client.list_metrics(Namespace="AWS/DynamoDB")["Metrics"] == []
    assert client.list_metrics(Namespace="AWS/DynamoDB")["Metrics"]


def test_aiobotocores_clients_are_answered(database: Database) -> None:
    async def values() -> Any:
        async with aiobotocore.session.get_session().create_client("cloudwatch", region_name="us-east-1") as client:
            query = {"Id": "writes", "MetricStat": STAT}
            return (await client.get_metric_data(MetricDataQueries=[query], **SPAN))["MetricDataResults"][0]["Values"]

    assert asyncio.run(values()) == [2.0, 1.0]


def test_nothing_reaches_a_network(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of no operation, of CloudWatch and of its logs: half a double would make real alarms."""

    def connect(*ignored: object, **also: object) -> None:
        raise AssertionError("a request was sent")

    monkeypatch.setattr("socket.getaddrinfo", connect)
    told = "minidynamo does not carry out DescribeAlarms."
    assert refusal(client.describe_alarms) == ("UnknownOperationException", told)
    with pytest.raises(ClientError):
        boto3.client("logs", region_name="us-east-1").create_log_group(logGroupName="any")


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (["a", "a"], "The values for parameter id in MetricDataQueries are not unique."),
        (["a", "B"], "The value B for parameter MetricDataQueries.member.2.Id is not matching the expected pattern"),
    ],
)
def test_queries_have_ids_of_their_own(client: Any, ids: list[str], told: str) -> None:
    queries = [{"Id": each, "MetricStat": STAT} for each in ids]
    code, message = refusal(client.get_metric_data, MetricDataQueries=queries, **SPAN)
    assert code == "ValidationError" and message.startswith(told)


def test_units_are_those_that_there_are(client: Any) -> None:
    datum = {"MetricName": "m", "Value": 1.0, "Unit": "Counts"}
    code, message = refusal(client.put_metric_data, Namespace="own", MetricData=[datum])
    assert code == "InvalidParameterValue"
    assert message.startswith("The parameter MetricData.member.1.Unit must be a value in the set [ Seconds, Micro")
    client.put_metric_data(Namespace="own", MetricData=[{**datum, "Unit": "Kilobytes/Second"}])
