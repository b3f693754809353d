"""What a person sees at a prompt: representations, completion, help, and words for calls that are wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import boto3
import botocore.session
import pytest

import minidynamo
from minidynamo import Database
from minidynamo.formats.short_tables import create_table_request
from minidynamo.http.server.server import ServerOptions
from minidynamo.requests.operations import ABSENT_OPERATIONS, API, snake_case
from minidynamo.simulation import Simulation
from minidynamo.testing import MutationReport, ReferenceModel, explore, mutants

TO_PRINT = {"OnFailure": {"Destination": print}}


def boto3_client() -> object:
    return boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any")


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
        (lambda shop: shop.client().get_paginator("scan").paginate(TableName="Orders"), "<PageIterator of scan>"),
        (lambda shop: shop.resource().meta, "<ResourceMeta: <ResourceClient of <Database shop.db: 1 table>>>"),
        (
            lambda shop: shop.resource().tables,
            "<TableCollection of <ResourceClient of <Database shop.db: 1 table>>>",
        ),
        (lambda shop: shop.Table("Orders").batch_writer(), "<BatchWriter of Orders: 0 to be sent>"),
        (lambda shop: shop.functions.register("f", print), "<LambdaFunction f: $LATEST>"),
        (lambda shop: shop.on_stream("Orders", print).settings, "MappingSettings()"),
        (
            lambda shop: shop.on_stream("Orders", print, BatchSize=5, DestinationConfig=TO_PRINT).settings,
            "MappingSettings(BatchSize=5, DestinationConfig={'OnFailure': {'Destination': print}})",
        ),
        (
            lambda shop: shop.as_principal(),
            "<<Database shop.db: 1 table> as arn:aws:iam::123456789012:user/application>",
        ),
        (
            lambda shop: shop.as_principal().principal,
            "Principal(arn='arn:aws:iam::123456789012:user/application', identity=(), boundary=None, session=None, "
            "context={})",
        ),
        (
            lambda shop: minidynamo.simulate(shop, profile="calm").find(Simulation),
            "<Simulation of simulate(seed=0, profile='calm')>",
        ),
        (lambda shop: minidynamo.attach(boto3_client(), shop), "<Attachment: on, <Database shop.db: 1 table>>"),
        (lambda shop: ReferenceModel(["id"], {}), "<ReferenceModel with the key id: 0 items>"),
        (lambda shop: explore(lambda db: None), "<Exploration: 1 outcome, 0 failed>"),
        (lambda shop: mutants(["ends_paging"]), "[<Mutant ends_paging>]"),
        (lambda shop: MutationReport({}), "<MutationReport: 0 noticed, 0 survived, 0 not exercised, of 0 mutants>"),
        (
            lambda shop: ServerOptions(credentials={"AKIA": "secret"}),
            "ServerOptions(host='127.0.0.1', port=0, allows_anonymous=False, allows_origins=False, certificate=None, "
            "private_key=None)",
        ),
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
    with minidynamo.mock(isolate_by_region=True) as mocked:
        assert repr(mocked) == "<Database in memory: 0 tables>"
    isolating = minidynamo.mock(isolate_by_region=True, isolate_by_account=True)
    with isolating:
        assert repr(isolating.databases) == "<Databases: one for each region and access key, 1 open>"
    attachment = minidynamo.attach(boto3_client(), shop)
    attachment.detach()
    assert repr(attachment) == "<Attachment: off>"
    with shop.Table("Orders").batch_writer() as writer:
        writer.put_item(Item={"id": "1"})
        assert repr(writer) == "<BatchWriter of Orders: 1 to be sent>"
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
