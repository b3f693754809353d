"""What functions log, by boto3's `logs` client and the server, and what X-Ray is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

import minidynamo
from minidynamo import Database
from minidynamo.gateway.definition import ApiDefinition, Route
from minidynamo.gateway.gateway import ApiGateway
from minidynamo.http.server.server import Server, ServerOptions
from tests.lambda_api.conftest import REGION, refusal

CODE = """
import os
def handler(event, context):
    for line in event.get("lines", []):
        print(line)
    return os.environ["_X_AMZN_TRACE_ID"]
"""
GROUP = "/aws/lambda/talks"


@pytest.fixture
def talking(database: Database, tmp_path: Path) -> Database:
    (tmp_path / "app.py").write_text(CODE)
    database.functions.deploy("talks", tmp_path, "app.handler")
    database.functions.invoke("talks", {"lines": ["one ERROR", "two words", "three"]})
    return database


@pytest.fixture(params=["double", "server"])
def logs(request: pytest.FixtureRequest, talking: Database) -> Iterator[Any]:
    if request.param == "double":
        with minidynamo.mock(talking):
            yield boto3.client("logs", region_name=REGION)
        return
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "secret", "region_name": REGION}
    with Server(talking, ServerOptions(credentials={"AKIA": "secret"})) as server:
        yield boto3.client("logs", endpoint_url=server.url, **keys)


def messages(answer: Any) -> list[str]:
    return [each["message"] for each in answer["events"]]


def test_events_are_filtered_by_terms(logs: Any) -> None:
    for pattern, found in (
        ("ERROR", ["one ERROR\n"]),
        ('"two words"', ["two words\n"]),
        ("?ERROR ?three", ["one ERROR\n", "three\n"]),
        ("o -ERROR -RequestId", ["two words\n"]),
    ):
        assert messages(logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern)) == found
    assert refusal(logs.filter_log_events, logGroupName=GROUP, filterPattern="{ $.a = 1 }")[0] == (
        "InvalidParameterException"
    )


def test_events_come_in_pages(logs: Any) -> None:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP, PaginationConfig={"PageSize": 2})
    assert [len(page["events"]) for page in pages] == [2, 2, 2]
    group = logs.describe_log_groups(logGroupNamePrefix="/aws/")["logGroups"][0]
    assert group["logGroupName"] == GROUP
    stream = logs.describe_log_streams(logGroupName=GROUP)["logStreams"][0]["logStreamName"]
    first = logs.get_log_events(logGroupName=GROUP, logStreamName=stream, startFromHead=True, limit=4)
    assert messages(first)[1] == "one ERROR\n"
    rest = logs.get_log_events(logGroupName=GROUP, logStreamName=stream, nextToken=first["nextForwardToken"])
    assert len(rest["events"]) == 2
    end = logs.get_log_events(logGroupName=GROUP, logStreamName=stream, nextToken=rest["nextForwardToken"])
    assert (end["events"], end["nextForwardToken"]) == ([], rest["nextForwardToken"])


def test_other_groups_are_left_to_moto(talking: Database) -> None:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": REGION}
    with mock_aws(), minidynamo.mock(talking):
        client = boto3.client("logs", **keys)
        client.create_log_group(logGroupName="/mine")
        assert messages(client.filter_log_events(logGroupName=GROUP, filterPattern="ERROR")) == ["one ERROR\n"]
        assert client.filter_log_events(logGroupName="/mine")["events"] == []


def test_what_is_not_there(talking: Database) -> None:
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "secret", "region_name": REGION}
    with Server(talking, ServerOptions(credentials={"AKIA": "secret", "OTHER": {"secret": "secret"}})) as server:
        client = boto3.client("logs", endpoint_url=server.url, **keys)
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.filter_log_events(logGroupName="/aws/lambda/none")
        assert refusal(client.describe_metric_filters)[0] == "UnknownOperationException"
        stranger = boto3.client("logs", endpoint_url=server.url, **{**keys, "aws_secret_access_key": "wrong"})
        with pytest.raises(ClientError, match="signature"):
            stranger.filter_log_events(logGroupName=GROUP)


def test_the_trace_header_is_passed_on(talking: Database) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    api = ApiGateway(talking, [ApiDefinition("Api", "HTTP", (Route("GET", "/", "talks"),))])
    assert api.request("GET", "/", {"X-Amzn-Trace-Id": trace}).body.decode() == trace
