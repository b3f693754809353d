"""What users of boto3 see of the double: hooks, stubs, retries, waiters, the resource."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any

import aiobotocore.session
import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError
from botocore.stub import Stubber

import minidynamo
from minidynamo import DynamoError, ManualClock
from minidynamo.errors import InternalServerError, Throttling, TransactionInProgress
from tests.boto.both_roads import TABLE, FailingDatabase, full_path_client, new_client


def test_timestamps_are_datetimes_of_the_local_zone(database: FailingDatabase) -> None:
    created = new_client().describe_table(TableName="tbl")["Table"]["CreationDateTime"]
    assert created == full_path_client().describe_table(TableName="tbl")["Table"]["CreationDateTime"]
    assert isinstance(created, datetime)
    assert str(created.tzinfo) == "tzlocal()"


def test_hooks_on_parameters_and_answers_run(database: FailingDatabase) -> None:
    client = new_client()
    seen: list[str] = []

    def provide(params: dict[str, Any], **ignored: Any) -> dict[str, Any]:
        seen.append("provide")
        return {**params, "TableName": "tbl"}

    client.meta.events.register("provide-client-params.dynamodb.GetItem", provide)
    client.meta.events.register("before-parameter-build.dynamodb", lambda params, **ignored: params.pop("Typo"))
    client.meta.events.register(
        "after-call.dynamodb.*", lambda parsed, http_response, **ignored: seen.append(http_response.status_code)
    )
    assert "Item" not in client.get_item(TableName="other", Key={"pk": {"S": "a"}}, Typo=1)
    with pytest.raises(ClientError):
        client.get_item(TableName="other", Key={"pk": {"N": "1"}}, Typo=1)
    assert seen == ["provide", 200, "provide", 400]


def test_hooks_on_the_request_see_it_whole(database: FailingDatabase) -> None:
    """Auditing before the request is sent, and signing."""
    client = new_client()
    seen: list[Any] = []
    client.meta.events.register(
        "before-call.dynamodb.ListTables", lambda params, **ignored: seen.append(params["body"])
    )
    client.meta.events.register("request-created.dynamodb", lambda request, **ignored: seen.append(request.method))
    client.meta.events.register("before-send.dynamodb", lambda request, **ignored: seen.append(dict(request.headers)))
    client.meta.events.register(
        "response-received.dynamodb", lambda parsed_response, **ignored: seen.append(parsed_response["TableNames"])
    )
    client.list_tables()
    assert seen[0] == b"{}"
    assert seen[1] == "POST"
    assert "Authorization" in seen[2]
    assert seen[3] == ["tbl"]


def test_hooks_may_come_and_go(database: FailingDatabase) -> None:
    client = new_client()
    seen = []

    def hook(**ignored: Any) -> None:
        seen.append(1)

    client.list_tables()
    client.meta.events.register("request-created.dynamodb", hook)
    client.list_tables()
    client.meta.events.unregister("request-created.dynamodb", hook)
    client.list_tables()
    assert seen == [1]


def test_stubs_win(database: FailingDatabase) -> None:
    client = new_client()
    with Stubber(client) as stubber:
        stubber.add_response("list_tables", {"TableNames": ["stubbed"]})
        assert client.list_tables()["TableNames"] == ["stubbed"]
    assert client.list_tables()["TableNames"] == ["tbl"]


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize("error", [Throttling("slow down"), InternalServerError("oh"), TransactionInProgress("wait")])
def test_botocore_retries_without_sleeping(
    database: FailingDatabase, mode: str, error: DynamoError, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own logic; the manual clock moves by its delays instead."""
    if mode != "adaptive":
        monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept for {seconds} seconds"))
    database.planned = [error, error]
    response = new_client(retries={"mode": mode, "max_attempts": 5}).list_tables()
    assert response["TableNames"] == ["tbl"]
    assert response["ResponseMetadata"]["RetryAttempts"] == 2
    assert database.call_count == 3
    assert database.clock.now() >= 1_700_000_000.0


def test_retries_end(database: FailingDatabase) -> None:
    database.planned = [Throttling("slow down") for _ in range(20)]
    client = new_client(retries={"mode": "standard", "total_max_attempts": 3})
    with pytest.raises(ClientError, match="reached max retries: 2"):
        client.list_tables()
    assert database.call_count == 3


def test_a_retried_transaction_keeps_its_token(database: FailingDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = []
    execute = FailingDatabase.execute

    def spy(self: Any, operation: str, request: Any) -> Any:
        tokens.append(request["ClientRequestToken"])
        return execute(self, operation, request)

    monkeypatch.setattr(FailingDatabase, "execute", spy)
    database.planned = [InternalServerError("oh")]
    client = boto3.resource("dynamodb", region_name="us-east-1").meta.client
    client.transact_write_items(TransactItems=[{"Put": {"TableName": "tbl", "Item": {"pk": "a"}}}])
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


def test_asynchronous_retries_do_not_sleep_either(database: FailingDatabase) -> None:
    async def work() -> None:
        database.planned = [Throttling("slow down")] * 2
        async with aiobotocore.session.get_session().create_client("dynamodb", region_name="us-east-1") as client:
            response = await client.list_tables()
            assert response["ResponseMetadata"]["RetryAttempts"] == 2

    asyncio.run(work())


def test_waiters_let_the_manual_clock_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept for {seconds} seconds"))
    clock = ManualClock()
    with minidynamo.mock(clock=clock, table_delays=50):
        client = new_client()
        client.create_table(**TABLE)
        client.get_waiter("table_exists").wait(TableName="tbl")
        assert clock.now() == 1_700_000_060.0
        table = boto3.resource("dynamodb", region_name="us-east-1").Table("tbl")
        table.delete()
        table.wait_until_not_exists()
        with pytest.raises(WaiterError):
            client.get_waiter("table_exists").wait(TableName="tbl", WaiterConfig={"MaxAttempts": 2})


def test_waiters_wait_no_longer_than_needed() -> None:
    with minidynamo.mock(table_delays=0.05):
        client = new_client()
        client.create_table(**TABLE)
        started = time.monotonic()
        client.get_waiter("table_exists").wait(TableName="tbl")
        assert time.monotonic() - started < 15  # Its own delay is 20 seconds.


def test_the_resource_works(database: FailingDatabase) -> None:
    """Types are converted by boto3's own hooks."""
    resource = boto3.resource("dynamodb", region_name="us-east-1")
    table = resource.Table("tbl")
    with table.batch_writer() as batch:
        for number in range(60):
            batch.put_item(Item={"pk": str(number), "number": number, "kinds": {"x", "y"}})
    found = table.query(
        KeyConditionExpression=boto3.dynamodb.conditions.Key("pk").eq("7"),
        FilterExpression=boto3.dynamodb.conditions.Attr("number").between(5, 9),
    )
    assert found["Items"] == [{"pk": "7", "number": 7, "kinds": {"x", "y"}}]
    assert len(table.scan()["Items"]) == 60
    table.load()
    assert table.item_count == 60
    assert [each.name for each in resource.tables.all()] == ["tbl"]
    with pytest.raises(TypeError, match="Float types are not supported"):
        table.put_item(Item={"pk": "a", "x": 1.5})
    with pytest.raises(table.meta.client.exceptions.ConditionalCheckFailedException) as caught:
        table.put_item(
            Item={"pk": "7"},
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Item"]["pk"] == {"S": "7"}


def test_paginators_work(database: FailingDatabase) -> None:
    client = new_client()
    for number in range(10):
        client.put_item(TableName="tbl", Item={"pk": {"S": str(number)}})
    pages = client.get_paginator("scan").paginate(TableName="tbl", PaginationConfig={"PageSize": 3, "MaxItems": 8})
    assert [len(page["Items"]) for page in pages] == [3, 3, 2]
    assert pages.resume_token
