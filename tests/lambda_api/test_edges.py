"""What is out of the ordinary at AWS Lambda's API: bodies that are none, changes during invocations, other accounts."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import threading
import weakref
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from aiobotocore.session import get_session

import minidynamo
from minidynamo import Database
from minidynamo.lambda_api.api import api_of
from minidynamo.lambda_api.routes import ApiRequest
from tests.lambda_api.conftest import REGION, refusal

MAPPINGS = "/2015-03-31/event-source-mappings"


def put(database: Database, *keys: int) -> None:
    for key in keys:
        database.execute("PutItem", {"TableName": "orders", "Item": {"pk": {"S": str(key)}}})


def stream_arn(database: Database) -> str:
    return str(database.execute("DescribeTable", {"TableName": "orders"})["Table"]["LatestStreamArn"])


def keys_of(event: Any) -> list[int]:
    return [int(each["dynamodb"]["Keys"]["pk"]["S"]) for each in event["Records"]]


def sent(database: Database, method: str, path: str, body: str) -> tuple[int, Any]:
    api = api_of(database)
    assert api is not None
    reply = api.respond(ApiRequest(method, path, "", {}, body.encode()))
    return reply.status, json.loads(reply.body or b"null")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"BatchSize": 1.5}, 202),
        ({"FilterCriteria": {"Filters": None}}, 202),
        ({"DestinationConfig": {"OnFailure": {"Destination": None}}}, 202),
        ({"Tags": {"a": None}}, 202),
        ({"FunctionResponseTypes": [None]}, 202),
        ({"BatchSize": "x"}, 400),
        ({"FunctionName": 5}, 400),
        ({"Unknown": [1]}, 202),
    ],
)
def test_bodies_that_no_client_would_send(database: Database, change: dict[str, Any], status: int) -> None:
    body = {"FunctionName": "echo", "EventSourceArn": stream_arn(database), "StartingPosition": "LATEST", **change}
    assert sent(database, "POST", MAPPINGS, json.dumps(body))[0] == status


@pytest.mark.parametrize("body", ["", "[]", "{x", "null", "[" * 100_000])
def test_bodies_that_are_none(database: Database, body: str) -> None:
    assert sent(database, "POST", MAPPINGS, body)[0] == 400


def test_no_payload_but_json(client: Any) -> None:
    assert refusal(client.invoke, FunctionName="echo", Payload=b"NaN")[0] == "InvalidRequestContentException"


def test_a_payload_may_be_a_file(client: Any) -> None:
    assert json.loads(client.invoke(FunctionName="echo", Payload=io.BytesIO(b"[1]"))["Payload"].read()) == [1]


def test_answers_tell_their_request(client: Any) -> None:
    assert client.invoke(FunctionName="echo")["ResponseMetadata"]["RequestId"]


def test_a_client_of_aiobotocore(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)

    async def called() -> Any:
        async with get_session().create_client("lambda", region_name=REGION) as client:
            reply = await client.invoke(FunctionName="echo", Payload=b'{"a": 1}')
            return json.loads(await reply["Payload"].read())

    with minidynamo.mock(database):
        assert asyncio.run(called()) == {"a": 1}


@pytest.mark.parametrize(
    "name",
    [
        "arn:aws:lambda:eu-west-1:999999999999:function:echo",
        "arn:aws-cn:lambda:eu-west-1:123456789012:function:echo",
        "999999999999:function:echo",
        "us-east-2:123456789012:function:echo",
    ],
)
def test_functions_of_others(client: Any, name: str) -> None:
    assert refusal(client.invoke, FunctionName=name)[0] == "ResourceNotFoundException"


@pytest.mark.damaged  # Which is not looked at when the test ends: that would keep it.
def test_a_database_is_not_kept_by_its_api() -> None:
    database = minidynamo.connect()
    assert sent(database, "GET", "/2015-03-31/functions", "") == (200, {"Functions": []})
    left = weakref.ref(database)
    del database
    gc.collect()
    assert left() is None


def test_one_mapping_of_many_that_are_made_at_once(database: Database) -> None:
    body = json.dumps({"FunctionName": "echo", "EventSourceArn": stream_arn(database), "StartingPosition": "LATEST"})
    statuses: list[int] = []
    barrier = threading.Barrier(6)

    def create() -> None:
        barrier.wait()
        statuses.append(sent(database, "POST", MAPPINGS, body)[0])

    threads = [threading.Thread(target=create) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(statuses) == [202, *[409] * 5]
    latest = body.replace('"echo"', '"echo:$LATEST"')
    assert sent(database, "POST", MAPPINGS, latest)[0] == 409


@pytest.fixture
def mapped(database: Database) -> Callable[[Callable[[Any, str], None]], tuple[Any, list[int], str]]:
    """Makes a mapping in batches of two, whose handler also does something to it."""

    def make(work: Callable[[Any, str], None]) -> tuple[Any, list[int], str]:
        seen: list[int] = []
        client = boto3.client("lambda")

        def handle(event: Any, context: object) -> None:
            seen.extend(keys_of(event))
            work(client, uuid)

        database.functions.register("handle", handle)
        uuid = client.create_event_source_mapping(
            FunctionName="handle", EventSourceArn=stream_arn(database), StartingPosition="TRIM_HORIZON", BatchSize=2
        )["UUID"]
        return client, seen, uuid

    return make


Made = Callable[[Callable[[Any, str], None]], tuple[Any, list[int], str]]


def test_a_handler_that_changes_its_own_mapping(database: Database, mapped: Made) -> None:
    """Nothing is handed over again, and the next batches go by the new settings."""
    with minidynamo.mock(database):
        _, seen, _ = mapped(
            lambda client, uuid: client.update_event_source_mapping(UUID=uuid, BatchSize=3, ParallelizationFactor=4)
        )
        put(database, *range(12))
        report = database.drain(max_batches=100)
    assert sorted(seen) == list(range(12)) and report.invocations["handle"] < 12
    database.check()


def test_a_handler_that_ends_its_own_mapping(database: Database, mapped: Made) -> None:
    """A new one begins where it is told to."""
    with minidynamo.mock(database):
        client, seen, _ = mapped(lambda client, uuid: client.delete_event_source_mapping(UUID=uuid))
        put(database, *range(6))
        database.drain()
        assert seen == [0, 1]
        database.functions.register("handle", lambda event, context: seen.extend(keys_of(event)))
        client.create_event_source_mapping(
            FunctionName="handle", EventSourceArn=stream_arn(database), StartingPosition="TRIM_HORIZON"
        )
        database.drain()
    assert seen == [0, 1, *range(6)]


def test_an_alias_named_like_its_function(client: Any, database: Database) -> None:
    client.publish_version(FunctionName="echo")
    database.functions.register("echo", lambda event, context: "new")
    client.publish_version(FunctionName="echo")
    weights = {"AdditionalVersionWeights": {"2": 1.0}}
    client.create_alias(FunctionName="echo", Name="echo", FunctionVersion="1", RoutingConfig=weights, Description="x")
    assert client.invoke(FunctionName="echo")["ExecutedVersion"] == "$LATEST"
    assert (
        client.invoke(FunctionName=f"arn:aws:lambda:{REGION}:123456789012:function:echo:echo")["ExecutedVersion"] == "2"
    )
    assert refusal(client.delete_function, FunctionName="echo", Qualifier="2")[0] == "ResourceConflictException"
    client.delete_alias(FunctionName="echo", Name="echo")
    assert client.create_alias(FunctionName="echo", Name="echo", FunctionVersion="1")["Description"] == ""
    for wrong in ({"1": 0.5}, {"$LATEST": 0.5}):
        config = {"AdditionalVersionWeights": wrong}
        assert refusal(client.update_alias, FunctionName="echo", Name="echo", RoutingConfig=config)[2] == 400


def test_dead_letters_stay(client: Any, database: Database) -> None:
    """They are a setting of the function, not of its queued invocations."""
    letters: list[Any] = []

    def fail(event: object, context: object) -> None:
        raise ValueError("no")

    database.functions.register("fail", fail, DeadLetterConfig=letters.append)
    client.put_function_event_invoke_config(FunctionName="fail", MaximumRetryAttempts=0)
    client.invoke(FunctionName="fail", InvocationType="Event", Payload=b"[7]")
    database.drain(errors="report")
    assert letters == [[7]]


def test_calls_of_many_threads_sign(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client without credentials borrows ours until the last of its calls has ended."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # Which keeps the credentials that it has found.
    with minidynamo.mock(database):
        client = boto3.client("lambda")
        inner = threading.Event(), threading.Event()

        def wait(event: Any, context: object) -> None:
            inner[0].set()
            inner[1].wait(20)

        database.functions.register("wait", wait)
        thread = threading.Thread(target=lambda: client.invoke(FunctionName="wait"))
        thread.start()
        assert inner[0].wait(20)
        client.invoke(FunctionName="echo")
        assert client._request_signer._credentials is not None
        inner[1].set()
        thread.join()
        assert client._request_signer._credentials is None
