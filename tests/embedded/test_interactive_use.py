"""What a person sees at a prompt: representations, completion, help, and words for calls that are wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import botocore.session
import pytest

import minidynamo
from minidynamo import Database
from minidynamo.formats.short_tables import create_table_request
from minidynamo.requests.operations import ABSENT_OPERATIONS, API, snake_case


@pytest.fixture
def shop(tmp_path: Path) -> Database:
    shop = minidynamo.connect(tmp_path / "shop.db")
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    shop.client().create_table(**create_table_request("Orders", {"key": ["id S"]}), StreamSpecification=stream)
    return shop


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda shop: shop, "<Database shop.db: 1 table>"),
        (lambda shop: shop.fork(), "<Database in memory: 1 table>"),
        (lambda shop: shop.client(), "<Client of <Database shop.db: 1 table>>"),
        (lambda shop: shop.resource(), "<Resource of <Database shop.db: 1 table>>"),
        (lambda shop: shop.client().get_paginator("scan"), "<Paginator of scan>"),
        (lambda shop: shop.client().get_waiter("table_exists"), "<Waiter table_exists>"),
        (lambda shop: shop.client().meta, "<ClientMeta us-east-1 minidynamo://123456789012>"),
        (lambda shop: shop.functions, "<Functions: none>"),
        (lambda shop: shop.on_stream("Orders", print), "<EventSourceMapping Orders -> print: Enabled>"),
        (lambda shop: shop.serve(), "<Server that is not running>"),
        (lambda shop: minidynamo.mock(shop), "<Mock: off>"),
        (lambda shop: minidynamo.SystemClock(), "SystemClock()"),
        (lambda shop: minidynamo.ManualClock(86_400), "ManualClock(86400.0)  # 1970-01-02 00:00:00 UTC"),
        (lambda shop: minidynamo.simulate(shop).faults, "<Faults: 0 aimed, on>"),
    ],
)
def test_objects_say_what_they_are(shop: Database, make: Callable[[Database], object], text: str) -> None:
    assert repr(make(shop)) == text


def test_what_changes_shows(shop: Database) -> None:
    assert repr(shop.snapshot()).startswith("<Snapshot of ")
    assert shop.tables == ["Orders"]
    with minidynamo.mock(shop) as database, shop.serve() as server:
        assert repr(server) == f"<Server {server.url}>"
        assert database is shop
    shop.close()
    assert repr(shop) == "<Database shop.db: closed>"


def test_completion_offers_what_is_public(shop: Database) -> None:
    names = dir(shop)
    assert {"client", "drain", "on_stream", "tables", "execute", "clock"} <= {*names}
    assert not {"catalog", "engine", "fork_settings", "tokens"} & {*names}
    assert {"faults", "history"} <= {*dir(minidynamo.simulate(shop))}
    assert {"ClientError", "ResourceInUseException"} <= {*dir(shop.client().exceptions)}


def test_help_names_parameters(shop: Database) -> None:
    method = shop.client().put_item
    assert str(inspect.signature(method)).startswith("(*, TableName, Item, ReturnConsumedCapacity=None")
    assert method.__qualname__ == "DynamoClient.put_item"
    assert "Required: TableName, Item." in (method.__doc__ or "")


def test_positional_arguments_are_refused_in_boto3s_words(shop: Database) -> None:
    with pytest.raises(TypeError, match=r"^put_item\(\) only accepts keyword arguments\.$"):
        shop.client().put_item("Orders")  # type: ignore[call-arg]


def test_every_operation_of_the_service_is_a_method(shop: Database) -> None:
    """Those that are absent are answered as through the other faces."""
    assert not API.keys() & {*ABSENT_OPERATIONS}
    model = botocore.session.get_session().get_service_model("dynamodb")
    assert {*model.operation_names} <= {*API, *ABSENT_OPERATIONS}
    for name in ABSENT_OPERATIONS:
        with pytest.raises(minidynamo.DynamoError, match=f"does not carry out the operation {name}") as caught:
            getattr(shop.client(), snake_case(name))(Any=1)
        assert caught.value.code == "UnknownOperationException"
