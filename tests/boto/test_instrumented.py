"""Tools that watch botocore's calls keep their view of those that a database answers, in whatever order both come.

ddtrace's cases run in a process of its own; see `test_instrumented_by_ddtrace.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import botocore.client
import botocore.endpoint
import botocore.httpsession
import botocore.session
import pytest
from botocore.exceptions import ClientError

import minidynamo
from minidynamo.boto import calls, transport
from minidynamo.errors import ThroughputExceeded
from tests.boto.both_roads import FailingDatabase
from tests.boto.fresh_clients import TABLE
from tests.boto.tracing_tools import ASYNCHRONOUS_TOOLS, TOOLS, Seen, Tool

PUT = {"TableName": "tbl", "Item": {"pk": {"S": "a"}}}
LIST = [Seen("ListTables", "", False)]
BEFORE_AND_INSIDE = pytest.mark.parametrize("before", [True, False], ids=["before", "inside"])


def methods() -> dict[str, object]:
    """All that the double or a tool could leave behind in botocore, but for the mark that ddtrace makes."""
    owners = (
        botocore.client.BaseClient,
        botocore.session.Session,
        botocore.httpsession.URLLib3Session,
        botocore.endpoint.Endpoint,
    )
    return {
        f"{owner.__name__}.{name}": each
        for owner in owners
        for name, each in vars(owner).items()
        if name != "_datadog_pin"
    }


@pytest.fixture(autouse=True)
def everything_is_restored(nothing_configured: None) -> Iterator[None]:
    before = methods()
    yield
    after = methods()
    assert [name for name, each in before.items() if after[name] is not each] == []
    assert before.keys() == after.keys()


@pytest.fixture(params=list(TOOLS))
def tool(request: pytest.FixtureRequest) -> Tool:
    return TOOLS[request.param]()


def client() -> Any:
    return boto3.Session().client("dynamodb", region_name="us-east-1")


def outcome(call: Callable[[], Any]) -> tuple[str, Any]:
    """What comes of a call, without what is another one each time."""
    try:
        answer = call()
    except ClientError as error:
        answer, kind = error.response, type(error).__name__
    else:
        kind = type(answer).__name__
    answer["ResponseMetadata"].pop("RequestId")
    answer["ResponseMetadata"]["HTTPHeaders"] = sorted(answer["ResponseMetadata"]["HTTPHeaders"])
    return kind, answer


@BEFORE_AND_INSIDE
def test_each_call_is_seen_with_its_attributes(tool: Tool, before: bool) -> None:
    with ExitStack() as stack:
        stack.callback(tool.switch_off)
        if before:
            tool.switch_on()
        with minidynamo.mock():
            if not before:
                tool.switch_on()
            db = client()
            db.create_table(**TABLE)
            db.put_item(**PUT)
            assert db.get_item(TableName="tbl", Key={"pk": {"S": "a"}})["Item"] == PUT["Item"]
            with pytest.raises(db.exceptions.ResourceNotFoundException):
                db.put_item(TableName="nope", Item=PUT["Item"])
    assert tool.seen() == [
        Seen("CreateTable", "tbl", False),
        Seen("PutItem", "tbl", False),
        Seen("GetItem", "tbl", False),
        Seen("PutItem", "nope", True),
    ]


@BEFORE_AND_INSIDE
def test_answers_and_errors_are_as_without_it(tool: Tool, before: bool) -> None:
    def outcomes() -> list[tuple[str, Any]]:
        db = client()
        missing = {"TableName": "nope", "Item": PUT["Item"]}
        return [
            outcome(lambda: db.put_item(**PUT, ReturnConsumedCapacity="INDEXES")),
            outcome(lambda: db.put_item(**PUT, ConditionExpression="attribute_not_exists(pk)")),
            outcome(lambda: db.put_item(**missing)),
            outcome(lambda: db.query(TableName="tbl", KeyConditionExpression="nonsense")),
        ]

    with ExitStack() as stack:
        stack.callback(tool.switch_off)
        if before:
            tool.switch_on()
        with minidynamo.mock() as database:
            database.execute("CreateTable", TABLE)
            plain = outcomes() if not before else None
            if not before:
                tool.switch_on()
            watched = outcomes()
            if before:
                tool.switch_off()
                plain = outcomes()
                tool.switch_on()
    assert watched == plain
    assert [each.operation for each in tool.seen()] == ["PutItem"] * 3 + ["Query"]


@BEFORE_AND_INSIDE
def test_it_may_be_switched_off_inside_and_on_again(tool: Tool, before: bool) -> None:
    if before:
        tool.switch_on()
    with minidynamo.mock():
        if not before:
            tool.switch_on()
        db = client()
        db.list_tables()
        tool.switch_off()
        assert db.list_tables()["TableNames"] == client().list_tables()["TableNames"] == []
        assert tool.seen() == LIST
        tool.switch_on()
        db.list_tables()
        tool.switch_off()
    assert tool.seen() == LIST * 2


@BEFORE_AND_INSIDE
def test_it_may_outlive_the_mock(tool: Tool, before: bool) -> None:
    """It sees the calls of the next one, too, and none after its end."""
    if before:
        tool.switch_on()
    for rounds in (1, 2):
        with minidynamo.mock():
            if not before and rounds == 1:
                tool.switch_on()
            client().list_tables()
        assert tool.seen() == LIST * rounds
    tool.switch_off()
    with minidynamo.mock():
        assert client().list_tables()["TableNames"] == []
    assert tool.seen() == LIST * 2


@pytest.mark.parametrize("switched_on", ["before", "in the outer", "in the inner"])
@pytest.mark.parametrize("switched_off", ["in the inner", "in the outer", "after"])
def test_nested_mocks(tool: Tool, switched_on: str, switched_off: str) -> None:
    """Each call is seen once, and answered by the mock that is innermost."""
    steps = {switched_on: tool.switch_on}
    steps.get("before", int)()
    with minidynamo.mock() as outer:
        outer.execute("CreateTable", TABLE)
        steps.get("in the outer", int)()
        with minidynamo.mock():
            steps.get("in the inner", int)()
            assert client().list_tables()["TableNames"] == []
            if switched_off == "in the inner":
                tool.switch_off()
        assert client().list_tables()["TableNames"] == ["tbl"]
        if switched_off == "in the outer":
            tool.switch_off()
        assert client().list_tables()["TableNames"] == ["tbl"]
    if switched_off == "after":
        tool.switch_off()
    assert tool.seen() == LIST * {"in the inner": 1, "in the outer": 2, "after": 3}[switched_off]


@BEFORE_AND_INSIDE
def test_attached_clients(tool: Tool, before: bool) -> None:
    db = client()
    if before:
        tool.switch_on()
    with minidynamo.attach(db, minidynamo.connect()) as database:
        if not before:
            tool.switch_on()
        database.execute("CreateTable", TABLE)
        assert db.list_tables()["TableNames"] == ["tbl"]
    tool.switch_off()
    assert tool.seen() == LIST


@BEFORE_AND_INSIDE
def test_a_call_that_is_tried_again_is_seen_once(tool: Tool, before: bool) -> None:
    database = FailingDatabase(clock=minidynamo.ManualClock())
    if before:
        tool.switch_on()
    with minidynamo.mock(database):
        if not before:
            tool.switch_on()
        database.planned = [ThroughputExceeded()] * 2
        answer = client().list_tables()
    tool.switch_off()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert tool.seen() == LIST


def test_two_tools_at_once() -> None:
    """One switched on before, the other inside; the first is the last to go."""
    first, second = TOOLS["opentelemetry"](), TOOLS["xray"]()
    first.switch_on()
    with minidynamo.mock():
        second.switch_on()
        client().list_tables()
        second.switch_off()
        client().list_tables()
    first.switch_off()
    assert (first.seen(), second.seen()) == (LIST * 2, LIST)


def test_the_fast_path_stays_the_one_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a wrapper nothing is serialised or parsed, as without it."""
    tool = TOOLS["opentelemetry"]()
    monkeypatch.setattr(transport, "response_to", None)
    monkeypatch.setattr(calls, "_full_path", None)
    tool.switch_on()
    with minidynamo.mock():
        client().list_tables()
    tool.switch_off()
    assert tool.seen() == LIST


@pytest.mark.parametrize("name", list(ASYNCHRONOUS_TOOLS))
@BEFORE_AND_INSIDE
def test_asynchronous_clients(name: str, before: bool) -> None:
    session: Any = pytest.importorskip("aiobotocore.session", reason="aiobotocore is not installed")
    import aiobotocore.client

    own = vars(aiobotocore.client.AioBaseClient)["_make_api_call"]
    tool = ASYNCHRONOUS_TOOLS[name]()

    async def use() -> None:
        async with session.get_session().create_client("dynamodb", region_name="us-east-1") as db:
            await db.create_table(**TABLE)
            with pytest.raises(ClientError, match="ResourceNotFoundException"):
                await db.put_item(TableName="nope", Item=PUT["Item"])

    if before:
        tool.switch_on()
    with minidynamo.mock():
        if not before:
            tool.switch_on()
        asyncio.run(use())
    assert tool.seen() == [Seen("CreateTable", "tbl", False), Seen("PutItem", "nope", True)]
    tool.switch_off()
    assert vars(aiobotocore.client.AioBaseClient)["_make_api_call"] is own


def test_a_plain_function_in_its_place_sees_each_call() -> None:
    """Which one that calls botocore's own keeps to itself, so that calls go the long road below it."""
    original = vars(botocore.client.BaseClient)["_make_api_call"]
    seen = []

    def spy(self: Any, operation_name: str, api_params: Any) -> Any:
        seen.append(operation_name)
        return original(self, operation_name, api_params)

    db = client()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", spy)
        with minidynamo.mock():
            client().create_table(**TABLE)
            assert client().list_tables()["TableNames"] == ["tbl"]
        assert vars(botocore.client.BaseClient)["_make_api_call"] is spy
        with minidynamo.attach(db, minidynamo.connect()):
            assert db.list_tables()["TableNames"] == []
    assert seen == ["CreateTable", "ListTables", "ListTables"]


def test_a_plain_function_that_outlives_the_mock_leaves_nothing_in_use() -> None:
    """It holds on to our method, which is put back with it; the next mock takes it out."""
    original = vars(botocore.client.BaseClient)["_make_api_call"]
    mock = minidynamo.mock()
    mock.start()
    ours: Any = vars(botocore.client.BaseClient)["_make_api_call"]
    botocore.client.BaseClient._make_api_call = lambda *rest: ours(*rest)  # type: ignore[method-assign]
    assert client().list_tables()["TableNames"] == []
    mock.stop()
    botocore.client.BaseClient._make_api_call = ours  # type: ignore[method-assign]
    with minidynamo.mock():
        assert client().list_tables()["TableNames"] == []
    assert vars(botocore.client.BaseClient)["_make_api_call"] is original
