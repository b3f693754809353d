"""The HTTP server as its users meet it."""

from __future__ import annotations

import json
import logging
import threading

import boto3
import pytest

import minidynamo
from minidynamo import Database
from minidynamo.errors import NoResponse
from minidynamo.http.exchange import Exchange
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server.access import SignedDatabases
from minidynamo.http.server.server import Server
from minidynamo.remote.signing import sign_formally
from minidynamo.requests.operations import API
from tests.http.servers import HEADERS, KEYS, TABLE, client_of, endpoint_at


def test_boto3_works_through_it(database: Database, server: Server) -> None:
    client = client_of(server)
    client.create_table(**TABLE)
    client.put_item(TableName="tbl", Item={"pk": {"S": "a"}, "b": {"B": b"\x00\xff"}})
    assert client.get_item(TableName="tbl", Key={"pk": {"S": "a"}})["Item"]["b"] == {"B": b"\x00\xff"}
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="Table: nope not found"):
        client.describe_table(TableName="nope")
    table = boto3.resource("dynamodb", endpoint_url=server.url, region_name="eu-west-1").Table("tbl")
    table.meta.client._request_signer._credentials = KEYS
    with table.batch_writer() as batch:
        for number in range(60):
            batch.put_item(Item={"pk": str(number)})
    assert database.Table("tbl").scan()["Count"] == 61


def test_one_database_answers_whatever_key_or_region(server: Server) -> None:
    client_of(server).create_table(**TABLE)
    other = client_of(server, region_name="eu-west-1", aws_access_key_id="other")
    assert other.list_tables()["TableNames"] == ["tbl"]


def test_callers_may_be_isolated() -> None:
    databases = SignedDatabases(
        minidynamo.connect(), lambda region, access_key: minidynamo.connect(region=region), True, True
    )
    with Server(databases) as server:
        client_of(server).create_table(**TABLE)
        for options in ({"region_name": "eu-west-1"}, {"aws_access_key_id": "other"}):
            assert client_of(server, **options).list_tables()["TableNames"] == []
        europe = client_of(server, region_name="eu-west-1")
        europe.create_table(**TABLE)
        assert ":eu-west-1:" in europe.describe_table(TableName="tbl")["Table"]["TableArn"]
        assert client_of(server).list_tables()["TableNames"] == ["tbl"]


def test_a_region_that_can_be_none_has_no_database() -> None:
    databases = SignedDatabases(minidynamo.connect(), lambda region, _: minidynamo.connect(region=region), True)
    with Server(databases) as server:
        client = client_of(server)
        client._request_signer._region_name = "bogus!"
        with pytest.raises(client.exceptions.ClientError, match="'bogus!' is no name of a region"):
            client.list_tables()


def test_the_endpoint_that_is_described_is_the_server(server: Server) -> None:
    """A client that discovers its endpoint stays here, under the name by which it has called."""
    address = f"localhost:{server.port}"
    for url, named in ((server.url, server.address), (f"http://{address}", address)):
        (found,) = endpoint_at(url).execute("DescribeEndpoints", {})["Endpoints"]
        assert found == {"Address": named, "CachePeriodInMinutes": 1440}


def test_the_endpoint_that_is_described_to_who_names_no_host(server: Server) -> None:
    head = {**HEADERS, "x-amz-target": "DynamoDB_20120810.DescribeEndpoints"}
    signed = sign_formally(HttpRequest("POST", "/", "", head, b"{}"))
    signed.headers.pop("host", None)
    response = server.application.respond(signed)
    assert json.loads(response.body)["Endpoints"][0]["Address"] == f"127.0.0.1:{server.port}"


def test_the_endpoint_that_is_described_in_this_process_is_the_regions() -> None:
    database = minidynamo.connect(region="eu-west-1")
    aws = [{"Address": "dynamodb.eu-west-1.amazonaws.com", "CachePeriodInMinutes": 1440}]
    assert database.client().describe_endpoints()["Endpoints"] == aws
    with minidynamo.mock(database):
        assert boto3.client("dynamodb", region_name="eu-west-1").describe_endpoints()["Endpoints"] == aws


def test_many_clients_at_once(database: Database, server: Server) -> None:
    database.execute("CreateTable", TABLE)

    def work(number: int) -> None:
        endpoint = endpoint_at(server.url)
        for turn in range(50):
            endpoint.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": f"{number}/{turn}"}}})
        endpoint.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.Table("tbl").scan()["Count"] == 400


def test_a_stopped_server_is_gone(database: Database) -> None:
    server = database.serve()
    with server:
        url = server.url
    with pytest.raises(NoResponse, match="refused"):
        endpoint_at(url).execute("ListTables", {})
    server.stop()


def test_a_port_in_use_is_reported(server: Server, database: Database) -> None:
    with pytest.raises(OSError, match="in use"):
        database.serve(port=server.port).start()


def test_a_bug_is_a_500_without_a_traceback(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    database = minidynamo.connect()
    monkeypatch.setattr(database, "execute", lambda operation, request: 1 / 0)
    request = sign_formally(HttpRequest("POST", "/", "", HEADERS, b"{}"))
    response = Exchange(lambda signature: database).respond(request)
    assert response.status == 500
    assert json.loads(response.body) == {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}
    assert "ZeroDivisionError" in caplog.text


def test_logs_are_off_by_default(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        client_of(server).list_tables()
    assert caplog.text == ""


def test_targets_are_the_models() -> None:
    """Every operation that this package carries out, and every one of botocore's model, has a target."""
    from minidynamo.requests.operations import SERVICES

    session = boto3.Session()
    for service, target in (("dynamodb", "DynamoDB_20120810"), ("dynamodbstreams", "DynamoDBStreams_20120810")):
        model = session.client(service, region_name="us-east-1").meta.service_model
        assert model.metadata["targetPrefix"] == target
        assert set(model.operation_names) <= SERVICES[target]
    assert API.keys() <= SERVICES["DynamoDB_20120810"] | SERVICES["DynamoDBStreams_20120810"]
    assert SERVICES["DynamoDBStreams_20120810"] == {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}
