"""Answers, errors, hooks, retries and waiters of the double, as boto3 gives them.

The full botocore path runs all of botocore, parsers included, so it says what the short one has to give.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import aiobotocore.session
import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointResolutionError, ParamValidationError, WaiterError
from botocore.stub import Stubber
from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

import minidynamo
from minidynamo import Database, DynamoError, ManualClock
from minidynamo.boto.routes import state_of
from minidynamo.errors import InternalServerError, Throttling, TransactionInProgress
from minidynamo.formats.short_tables import create_table_request
from minidynamo.operations import OPERATIONS
from minidynamo.requests.operations import API, STREAM
from tests.mutations import MUTATIONS, SEEDS, mutated

TABLE = create_table_request("tbl", {"key": ["pk S"], "gsi": {"by_a": {"key": ["a S"]}}})
ITEM = {"pk": {"S": "a"}, "n": {"N": "1"}, "b": {"B": b"\x00"}, "l": {"L": [{"NULL": True}]}}


class FailingDatabase(Database):
    """Answers the first calls with the errors planned for them, the way a simulation does."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.planned: list[DynamoError] = []
        self.call_count = 0

    def execute(self, operation: str, request: Any) -> Any:
        self.call_count += 1
        if self.planned:
            raise self.planned.pop(0)
        return super().execute(operation, request)


@pytest.fixture
def database() -> Iterator[FailingDatabase]:
    database = FailingDatabase(clock=ManualClock())
    database.execute("CreateTable", TABLE)
    database.call_count = 0
    with minidynamo.mock(database):
        yield database
    database.check()


def new_client(service: str = "dynamodb", **config: Any) -> Any:
    return boto3.client(service, region_name="us-east-1", config=Config(**config))


def full_path_client(service: str = "dynamodb", **config: Any) -> Any:
    """A client that goes all through botocore, since somebody hooks into it."""
    client = new_client(service, **config)
    client.meta.events.register("before-sign", lambda **ignored: None)
    return client


# botocore itself fails over parameters, before it has validated them or where it does not.
BOTOCORE_TRIPS = object()


def outcome(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
    """A response or an error, without what differs from call to call."""
    state_of(client)
    try:
        response = client._make_api_call(operation, dict(parameters))
    except ClientError as error:
        kinds = [each.__name__ for each in type(error).__mro__]
        return kinds, str(error), _without_call(error.response)
    except ParamValidationError as error:
        return type(error), str(error)
    except (AttributeError, KeyError, TypeError, UnicodeError, JMESPathError, EndpointResolutionError):
        return BOTOCORE_TRIPS
    return _without_call(response)


def _without_call(response: Any) -> Any:
    metadata = response["ResponseMetadata"]
    assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]
    assert len(metadata["RequestId"]) == 52
    kept = {name: value for name, value in metadata.items() if name not in ("RequestId", "HTTPHeaders")}
    return {**response, "ResponseMetadata": kept}


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("PutItem", {"TableName": "tbl", "Item": ITEM, "ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "INDEXES"}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a"}}}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "b"}}}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"N": "1"}}}),
    ("GetItem", {"TableName": "nope", "Key": {"pk": {"S": "a"}}}),
    ("Query", {"TableName": "tbl"}),
    ("Scan", {"TableName": "tbl", "Limit": 1}),
    ("DescribeTable", {"TableName": "tbl"}),
    ("DescribeTable", {"TableName": "nope"}),
    ("CreateTable", {**TABLE, "TableName": "other"}),
    ("TagResource", {"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/tbl", "Tags": []}),
    ("ListTables", {}),
    ("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "t"}}),
    (
        "PutItem",
        {
            "TableName": "tbl",
            "Item": ITEM,
            "ConditionExpression": "attribute_exists(zzz)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
    ),
    (
        "TransactWriteItems",
        {
            "TransactItems": [
                {
                    "Put": {
                        "TableName": "tbl",
                        "Item": ITEM,
                        "ConditionExpression": "attribute_exists(zzz)",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                },
                {"Delete": {"TableName": "tbl", "Key": {"pk": {"S": "z"}}}},
            ]
        },
    ),
    ("BatchGetItem", {"RequestItems": {"tbl": {"Keys": [{"pk": {"S": "a"}}]}}}),
    ("BatchWriteItem", {"RequestItems": {"tbl": []}}),
]
# Requests that boto3 refuses before it sends them, and near misses.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("GetItem", {}),
    ("GetItem", {"TableName": "tbl"}),
    ("GetItem", {"TableName": "", "Key": {"pk": {"S": "a"}}}),
    ("GetItem", {"TableName": "tbl", "Key": None}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": "a"}}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a", "X": 1}}}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a", "N": None}}}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a"}}, "Nonsense": 1}),
    ("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a"}}, "ConsistentRead": "true"}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "s": {"SS": {"a"}}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "b": {"B": minidynamo.Binary(b"x")}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "b": {"B": memoryview(b"x")}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "b": {"B": "text"}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "b": {"BS": [bytearray(b"x")]}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "l": {"L": ({"S": "x"},)}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "l": {"L": [{"S": "x", "dog": "cat"}]}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "m": {"M": {"x": {"NULL": 1}}}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "x": {}}}),
    ("PutItem", {"TableName": "tbl", "Item": {"n": {"N": "bad"}, "pk": {"S": "a", "dog": 1}}}),
    ("Scan", {"TableName": "tbl", "Limit": 0}),
    ("Scan", {"TableName": "tbl", "Limit": 1.5}),
    ("Scan", {"TableName": "tbl", "Limit": True}),
    ("Scan", {"TableName": "tbl", "ExclusiveStartKey": {"pk": {"S": "a", "dog": "cat"}}}),
    ("Scan", {"TableName": "tbl", "FilterExpression": "a = :a", "ExpressionAttributeValues": {":a": {"N": 5}}}),
    ("CreateTable", {**TABLE, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "Typo": 1}}),
    ("BatchWriteItem", {"RequestItems": {"tbl": [{"PutRequest": {"Item": ITEM, "Typo": 1}}]}}),
    ("BatchWriteItem", {"RequestItems": {"tbl": [{"PutRequest": {"Item": {"pk": {"S": "x", "Y": "z"}}}}]}}),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "tbl", "Key": {"pk": {"S": "x", "Y": "z"}}}}]}),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "tbl", "Typo": {}, "Key": {"pk": {"S": "x"}}}}]}),
]


@pytest.mark.parametrize(
    ("number", "validates"),
    [(number, True) for number in range(len(CALLS + REFUSED))] + [(number, False) for number in range(len(CALLS))],
)
def test_both_roads_lead_to_the_same(database: FailingDatabase, number: int, validates: bool) -> None:
    """Answer, error class and text, members of the error, and what botocore's validation says, with it on or off."""
    operation, parameters = (CALLS + REFUSED)[number]
    database.execute("PutItem", {"TableName": "tbl", "Item": ITEM})
    twin = FailingDatabase(clock=database.clock)
    short = outcome(new_client(parameter_validation=validates), operation, parameters)
    with minidynamo.mock(twin):
        twin.execute("CreateTable", TABLE)
        twin.execute("PutItem", {"TableName": "tbl", "Item": ITEM})
        long = outcome(full_path_client(parameter_validation=validates), operation, parameters)
    if long is BOTOCORE_TRIPS:
        return
    assert short == long


MEMBER_NAMES = ["S", "N", "B", "L", "M", "SS", "pk", ":v", "x", "tbl", "Key", "Item", "TableName"]
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text("ab1", max_size=3), st.binary(max_size=3)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBER_NAMES), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
def test_any_request_ends_the_same_on_both_roads(data: st.DataObject) -> None:
    """What botocore's validation refuses is refused in its words; what it lets pass gets the service's answer."""
    operation = data.draw(st.sampled_from(sorted(OPERATIONS)))
    names = st.sampled_from([*API[operation].request.members, "Unknown"])
    parameters: dict[str, Any] = data.draw(st.dictionaries(names, anything, max_size=4))
    if "TableName" in API[operation].request.members:
        parameters["TableName"] = "tbl"
    for name in ("Key", "Item"):
        if name in API[operation].request.members and data.draw(st.booleans()):
            parameters[name] = {"pk": {"S": "a"}, **data.draw(st.dictionaries(st.just("x"), anything, max_size=1))}
    check_both_roads(operation, parameters)


@given(seed=st.sampled_from(SEEDS), mutations=MUTATIONS)
def test_mutated_requests_end_the_same_on_both_roads(seed: Any, mutations: Any) -> None:
    check_mutation(seed, mutations)


@pytest.mark.long
@settings(max_examples=5_000)
@given(seed=st.sampled_from(SEEDS), mutations=MUTATIONS)
def test_many_mutated_requests_end_the_same_on_both_roads(seed: Any, mutations: Any) -> None:
    check_mutation(seed, mutations)


def check_mutation(seed: Any, mutations: Any) -> None:
    operation, request = seed
    parameters = mutated(request, mutations)
    if isinstance(parameters, dict) and all(isinstance(name, str) for name in parameters):
        check_both_roads(operation, parameters)


def check_both_roads(operation: str, parameters: dict[str, Any]) -> None:
    """Requires the same of the fast path and the full one, each on a database of its own."""
    found = []
    for client in SHORT_AND_LONG[API[operation].subject == STREAM]:
        database = minidynamo.connect(clock=ManualClock())
        database.execute("CreateTable", TABLE)
        with minidynamo.mock(database):
            found.append(outcome(client, operation, parameters))
            database.check()
    assert found[1] is BOTOCORE_TRIPS or found[0] == found[1]


with minidynamo.mock():
    SHORT_AND_LONG = {
        is_streams: (new_client(service), full_path_client(service))
        for is_streams, service in ((False, "dynamodb"), (True, "dynamodbstreams"))
    }


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
