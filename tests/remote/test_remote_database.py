"""A database at a URL: the faces of a local one, over HTTP."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

import minidynamo
from minidynamo import Attr, Database, Key, StoreError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.http.messages import HttpRequest
from minidynamo.http.verification import Verifier
from minidynamo.remote import endpoint as remote_endpoint
from minidynamo.remote.signing import Credentials, signed
from minidynamo.simulation import ConnectionLost, ServerError, SimulatedDatabase
from tests.http.botocore_signing import botocore_signer

TABLE = create_table_request("tbl", {"key": ["pk S", "sk N"], "gsi": {"by_city": {"key": ["city S"]}}})
NOW = 1_700_000_000.0


@pytest.fixture
def origin() -> Iterator[SimulatedDatabase]:
    """What the server shows: a database in which nothing goes wrong but what a test aims."""
    database = minidynamo.simulate(schedule=[], clock=minidynamo.SystemClock())
    yield database
    database.check()
    database.close()


@pytest.fixture
def remote(origin: SimulatedDatabase) -> Iterator[Database]:
    """The same database, seen from afar."""
    with origin.serve() as server:
        database = minidynamo.connect(server.url)
        yield database
        database.close()


def test_clients_paginators_and_waiters(remote: Database, origin: Database) -> None:
    """Behave as those of a local database."""
    client = remote.client()
    created = client.create_table(**TABLE)
    assert created["TableDescription"]["CreationDateTime"].tzinfo is not None
    client.get_waiter("table_exists").wait(TableName="tbl")
    for number in range(7):
        client.put_item(
            TableName="tbl", Item={"pk": {"S": "a"}, "sk": {"N": str(number)}, "data": {"B": bytes([number])}}
        )
    pages = list(client.get_paginator("query").paginate(
        TableName="tbl", KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "a"}},
        PaginationConfig={"PageSize": 3},
    ))  # fmt: skip
    assert [page["Count"] for page in pages] == [3, 3, 1]
    assert pages[1]["Items"][0]["data"] == {"B": b"\3"}
    assert origin.client().scan(TableName="tbl")["Count"] == 7
    metadata = client.list_tables()["ResponseMetadata"]
    assert len(metadata["RequestId"]) == 52 and metadata["HTTPHeaders"]["x-amzn-requestid"] == metadata["RequestId"]
    client.delete_table(TableName="tbl")
    client.get_waiter("table_not_exists").wait(TableName="tbl")


def test_resources_and_tables(remote: Database) -> None:
    """Python values go there and come back; conditions and batches work."""
    table = remote.resource().create_table(**TABLE)
    table.wait_until_exists()
    with table.batch_writer() as batch:
        for number in range(30):
            batch.put_item(Item={"pk": "a", "sk": number, "city": "Oslo", "price": Decimal("1.5"), "raw": b"\0\1"})
    found = remote.Table("tbl").query(IndexName="by_city", KeyConditionExpression=Key("city").eq("Oslo"), Limit=2)
    assert found["Items"][0]["price"] == Decimal("1.5") and bytes(found["Items"][0]["raw"]) == b"\0\1"
    assert remote.Table("tbl").scan(FilterExpression=Attr("sk").lt(5))["Count"] == 5
    with pytest.raises(remote.client().exceptions.ConditionalCheckFailedException) as caught:
        table.put_item(Item={"pk": "a", "sk": 1}, ConditionExpression="attribute_not_exists(pk)",
                       ReturnValuesOnConditionCheckFailure="ALL_OLD")  # fmt: skip
    assert caught.value.response["Item"]["city"] == {"S": "Oslo"}


def test_its_tables_are_named(remote: Database, origin: Database) -> None:
    """All of them, over several pages."""
    names = [f"tbl-{number:03}" for number in range(105)]
    for name in names:
        origin.execute("CreateTable", {**TABLE, "TableName": name})
    assert remote.tables == origin.tables == names


def test_streams(remote: Database) -> None:
    """The client of streams reads the records of a stream."""
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
    remote.client().create_table(**TABLE, **stream)
    remote.client().put_item(TableName="tbl", Item={"pk": {"S": "a"}, "sk": {"N": "1"}, "b": {"B": b"\xff"}})
    client = remote.streams_client()
    (found,) = client.list_streams(TableName="tbl")["Streams"]
    description = client.describe_stream(StreamArn=found["StreamArn"])["StreamDescription"]
    assert description["CreationRequestDateTime"].tzinfo is not None
    iterator = client.get_shard_iterator(
        StreamArn=found["StreamArn"], ShardId=description["Shards"][0]["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = client.get_records(ShardIterator=iterator)["Records"]
    assert record["dynamodb"]["NewImage"]["b"] == {"B": b"\xff"}


def test_the_double_in_front_of_a_remote(remote: Database, origin: Database) -> None:
    """A mock may be answered from afar."""
    import boto3

    with minidynamo.mock(remote):
        boto3.client("dynamodb").create_table(**TABLE)
    assert origin.client().list_tables()["TableNames"] == ["tbl"]


@pytest.mark.parametrize(
    "use",
    [
        lambda database: database.fork(),
        lambda database: database.check(),
        lambda database: database.partitions("tbl"),
        lambda database: database.snapshot(),
        lambda database: database.restore(None),
        lambda database: database.backup("x.db"),
        lambda database: database.expire(),
        lambda database: database.expire_in_background(),
        lambda database: database.skipped_count,
    ],
)
def test_what_needs_the_store_says_so(remote: Database, use: Any) -> None:
    """In one line that names the method and the address."""
    with pytest.raises(
        StoreError, match=r"^\w+(\(\))? needs the store itself, and this database is at http://127"
    ) as caught:
        use(remote)
    assert "\n" not in str(caught.value)


def test_its_requests_are_measured(remote: Database) -> None:
    """As a local one's; what its tables hold is the store's to tell."""
    metrics = remote.metrics
    remote.client().create_table(**TABLE)
    remote.client().put_item(TableName="tbl", Item={"pk": {"S": "a"}, "sk": {"N": "1"}})
    assert metrics.sum("AWS/DynamoDB", "ConsumedWriteCapacityUnits", TableName="tbl") >= 1
    text = metrics.prometheus()
    assert 'minidynamo_requests_total{operation="PutItem",table="tbl",error=""} 1' in text
    assert "minidynamo_table_items" not in text


def test_calls_are_tried_again_as_botocore_does(remote: Database, origin: SimulatedDatabase, monkeypatch: Any) -> None:
    """Three attempts in standard mode; the third failure reaches the caller."""
    slept: list[float] = []
    monkeypatch.setattr(remote_endpoint.time, "sleep", slept.append)
    origin.faults.on("ListTables", fault=ServerError, times=2)
    assert remote.client().list_tables()["TableNames"] == []
    assert len(slept) == 2
    origin.faults.on("ListTables", fault=ServerError, times=3)
    with pytest.raises(remote.client().exceptions.InternalServerError):
        remote.client().list_tables()
    origin.faults.on("ListTables", fault=ConnectionLost, times=3)
    with pytest.raises(ConnectionClosedError):
        remote.client().list_tables()
    assert len(slept) == 6


def test_a_wrong_request_is_not_tried_again(remote: Database, monkeypatch: Any) -> None:
    """What the service refuses for what it is, it would refuse again."""
    monkeypatch.setattr(remote_endpoint.time, "sleep", lambda seconds: pytest.fail("it was tried again"))
    with pytest.raises(remote.client().exceptions.ResourceNotFoundException, match="Requested resource not found"):
        remote.client().get_item(TableName="nope", Key={"pk": {"S": "a"}})
    with pytest.raises(remote.client().exceptions.SerializationException):
        remote.client().get_item(TableName="nope", Key={"pk": {"S": {1, 2}}})


def test_threads_share_it(remote: Database) -> None:
    """Each has the request id of its own response."""
    remote.client().create_table(**TABLE)
    seen: list[str] = []

    def work() -> None:
        client = remote.client()
        for number in range(20):
            response = client.put_item(TableName="tbl", Item={"pk": {"S": "a"}, "sk": {"N": str(number)}})
            seen.append(response["ResponseMetadata"]["RequestId"])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == 160


def test_closed(remote: Database) -> None:
    """It says so; the other side goes on."""
    remote.close()
    with pytest.raises(minidynamo.DynamoError, match="closed"):
        remote.execute("ListTables", {})


def test_nobody_there() -> None:
    """botocore's error for an address at which nobody answers."""
    database = minidynamo.connect("http://127.0.0.1:9")
    with pytest.raises(EndpointConnectionError, match=r"Could not connect to the endpoint URL: .http://127.0.0.1:9"):
        database.client().list_tables()


def test_settings_of_the_store_are_refused() -> None:
    """They would have no effect."""
    with pytest.raises(ValueError, match="only region and credentials"):
        minidynamo.connect("http://127.0.0.1:8000", durability="full")
    with pytest.raises(ValueError, match="credentials are for a database at a URL"):
        minidynamo.connect(credentials=("a", "b"))
    with pytest.raises(StoreError, match="credentials are an access key"):
        minidynamo.connect("http://127.0.0.1:8000", credentials=("a",))
    with pytest.raises(StoreError, match="an endpoint is a URL"):
        minidynamo.connect("http://")


def test_given_credentials_sign(origin: Database) -> None:
    """A server that verifies signatures lets in who has the secret, and nobody else."""
    with origin.serve(credentials={"key": "secret"}) as server:
        with minidynamo.connect(server.url, credentials=("key", "secret"), region="eu-west-1") as database:
            assert database.client().list_tables()["TableNames"] == []
            assert database.client().meta.region_name == "eu-west-1"
        stranger = minidynamo.connect(server.url, credentials=("key", "other"))
        with stranger, pytest.raises(minidynamo.DynamoError, match="signature we calculated does not match"):
            stranger.execute("ListTables", {})


def test_credentials_are_found_as_boto3_does(origin: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the environment, for instance; without any, addresses of other machines are refused."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with origin.serve(credentials={"key": "secret"}) as server, minidynamo.connect(server.url) as database:
        assert database.execute("ListTables", {}) == {"TableNames": []}
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(StoreError, match="no credentials for https://dynamodb"):
        minidynamo.connect("https://dynamodb.eu-west-1.amazonaws.com")


@pytest.mark.parametrize("token", [None, "session/token=="])
def test_signatures_are_botocores(token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same signature for the same headers, and one that our own server takes."""
    from datetime import UTC, datetime

    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda **ignored: datetime.fromtimestamp(NOW, UTC))
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.ListTables"}
    request = HttpRequest("POST", "/", "", headers, b'{"Limit":1}')
    theirs = botocore_signer("http://localhost:8000", BotocoreCredentials("key", "secret", token), "eu-west-1")(request)
    own = request._replace(headers={"host": "localhost:8000", **headers})
    ours = signed(own, Credentials("key", "secret", token), "eu-west-1", NOW)
    assert ours.headers["authorization"] == theirs.headers["authorization"]
    if token is None:
        assert Verifier({"key": "secret"}, minidynamo.ManualClock(NOW))(ours).access_key == "key"


def test_without_botocore(origin: Database) -> None:
    """It works all the same: with credentials given, without retries."""
    code = """
import sys
sys.modules["botocore"] = None
import minidynamo
database = minidynamo.connect(sys.argv[1], credentials=("key", "secret"))
print(database.client().list_tables()["TableNames"])
try:
    minidynamo.connect("http://127.0.0.1:9").client().list_tables()
except ConnectionRefusedError as error:
    print("no response" in str(error))
try:
    minidynamo.connect("https://dynamodb.eu-west-1.amazonaws.com")
except minidynamo.StoreError as error:
    print("install botocore" in str(error))
"""
    with origin.serve(credentials={"key": "secret"}) as server:
        result = subprocess.run([sys.executable, "-c", code, server.url], capture_output=True, text=True, check=True)
    assert result.stdout.split("\n")[:3] == ["[]", "True", "True"]
