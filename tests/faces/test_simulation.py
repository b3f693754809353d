"""Simulated databases behind boto3, aiobotocore and the server: retries are the SDK's own, and nobody sleeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

import minidynamo
from minidynamo import simulate
from minidynamo.formats.short_tables import create_table_request
from minidynamo.simulation import (
    ConnectionLost,
    ConnectionLostAfter,
    Kind,
    ResponseLost,
    ServerError,
    SimulatedDatabase,
    Throttled,
    TimedOut,
)

TABLE = create_table_request("tbl", {"key": ["pk S"]})
COUNT = {
    "TableName": "tbl",
    "Key": {"pk": {"S": "a"}},
    "UpdateExpression": "ADD n :one",
    "ExpressionAttributeValues": {":one": {"N": "1"}},
    "ReturnValues": "ALL_NEW",
}
# What goes wrong twice before an update, and what it counts in the end.
COUNTED = {Throttled: 1, ServerError: 1, ConnectionLost: 1, TimedOut: 1, ResponseLost: 3, ConnectionLostAfter: 3}
OPTIONS: dict[str, Any] = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}


@pytest.fixture
def database() -> Iterator[SimulatedDatabase]:
    database = simulate(profile="calm")
    database.execute("CreateTable", TABLE)
    yield database
    database.check()


@pytest.fixture
def sleepless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sleeping for real fails."""

    def sleep(seconds: float) -> None:
        raise AssertionError(f"slept for {seconds} s")

    monkeypatch.setattr(time, "sleep", sleep)


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize("kind", COUNTED, ids=lambda kind: kind.name)
def test_boto3_retries_without_sleeping(database: SimulatedDatabase, sleepless: None, mode: str, kind: Kind) -> None:
    started, moment = time.monotonic(), database.clock.now()
    with minidynamo.mock(database):
        client = boto3.client("dynamodb", config=Config(retries={"mode": mode}), **OPTIONS)
        database.faults.on("UpdateItem", fault=kind, times=2)
        response = client.update_item(**COUNT)
    assert response["Attributes"]["n"] == {"N": str(COUNTED[kind])}
    assert response["ResponseMetadata"]["RetryAttempts"] == 2
    passed = database.clock.now() - moment
    # It has waited by the database's clock; were it by the machine's, an adaptive client would wait for seconds.
    assert mode != "adaptive" or passed > time.monotonic() - started


@pytest.mark.parametrize(("kind", "error"), [(ConnectionLost, ConnectionClosedError), (TimedOut, ReadTimeoutError)])
def test_boto3_gives_up_in_the_end(
    database: SimulatedDatabase, sleepless: None, kind: Kind, error: type[Exception]
) -> None:
    with minidynamo.mock(database):
        client = boto3.client(
            "dynamodb", config=Config(retries={"mode": "standard", "total_max_attempts": 3}), **OPTIONS
        )
        database.faults.on("UpdateItem", fault=kind, times=None)
        with pytest.raises(error):
            client.update_item(**COUNT)
        database.faults.clear()
        database.faults.on("UpdateItem", fault=Throttled, times=None)
        with pytest.raises(ClientError) as raised:
            client.update_item(**COUNT)
    assert raised.value.response["throttlingReasons"]
    assert len([call for call in database.history().calls if call.operation == "UpdateItem"]) == 6


def test_batch_writer_sends_again_what_was_not_processed(sleepless: None) -> None:
    database = simulate(profile=minidynamo.Profile(unprocessed=0.9), seed=5)
    database.execute("CreateTable", TABLE)
    with minidynamo.mock(database):
        with boto3.resource("dynamodb", **OPTIONS).Table("tbl").batch_writer() as batch:
            for number in range(100):
                batch.put_item(Item={"pk": str(number)})
        assert boto3.resource("dynamodb", **OPTIONS).Table("tbl").scan()["Count"] == 100
    assert any(kind == "unprocessed" for _, kind, _ in database.history().choices)


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_aiobotocore_retries(database: SimulatedDatabase, mode: str) -> None:
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session

    async def run() -> list[str]:
        counts = []
        config = AioConfig(retries={"mode": mode})
        async with get_session().create_client("dynamodb", config=config, **OPTIONS) as client:
            for kind in COUNTED:
                database.faults.on("UpdateItem", fault=kind, times=2)
                key = {"pk": {"S": kind.name}}
                response = await client.update_item(**{**COUNT, "Key": key})
                counts.append(response["Attributes"]["n"]["N"])
        return counts

    with minidynamo.mock(database):
        assert asyncio.run(run()) == [str(each) for each in COUNTED.values()]


def test_the_server_ends_the_connection(database: SimulatedDatabase) -> None:
    with database.serve() as server:
        config = Config(retries={"mode": "standard"})
        client = boto3.client("dynamodb", endpoint_url=server.url, config=config, **OPTIONS)
        for kind, expected in ((ConnectionLost, 1), (TimedOut, 1), (ConnectionLostAfter, 2)):
            database.faults.on("UpdateItem", fault=kind)
            response = client.update_item(**{**COUNT, "Key": {"pk": {"S": kind.name}}})
            assert response["Attributes"]["n"] == {"N": str(expected)}
            assert response["ResponseMetadata"]["RetryAttempts"] == 1
