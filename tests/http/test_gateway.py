"""The door to functions: HTTP requests become events of API Gateway, and answers of handlers HTTP responses."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.cli.command_line import main
from minidynamo.gateway.single_function import Gateway
from minidynamo.http.server.server import Server

PAGE = (Path(__file__).parents[2] / "spec" / "microservice.md").read_text("utf-8")
SERVICE, TEMPLATE = re.findall(r"```(?:python|yaml)\n(.*?)```", PAGE, re.DOTALL)


@contextmanager
def serving(handler: Any, payload_format: str) -> Iterator[tuple[Database, Server]]:
    with (
        minidynamo.connect(clock=ManualClock()) as database,
        Server(database, gateway=Gateway(database, handler, payload_format)) as server,
    ):
        yield database, server


def ask(server: Server, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(method, path, body or None, {name.replace("_", "-"): each for name, each in headers.items()})
    response = connection.getresponse()
    found = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return found


def test_the_event_of_an_http_api() -> None:
    events: list[Any] = []
    with serving(lambda event, context: events.append(event) or {"got": 1}, "2.0") as (_, server):
        status, headers, body = ask(
            server, "POST", "/a%20b/c?x=1&x=2&y=", b"text \xc3\xa9", Cookie="one=1; two=2", X_Own="z"
        )
        assert (status, headers["content-type"], json.loads(body)) == (200, "application/json", {"got": 1})
        ask(server, "PUT", "/", b"\xff\x00")
        assert ask(server, "GET", "/")[0] == 200
    first, second, third = events
    assert (first["version"], first["routeKey"], first["rawPath"]) == ("2.0", "$default", "/a b/c")
    assert first["rawQueryString"] == "x=1&x=2&y="
    assert first["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert first["cookies"] == ["one=1", "two=2"]
    assert first["headers"]["x-own"] == "z" and "cookie" not in first["headers"]
    assert (first["body"], first["isBase64Encoded"]) == ("text é", False)
    assert first["requestContext"]["http"]["method"] == "POST"
    assert first["requestContext"]["timeEpoch"] == 1_700_000_000_000
    assert (base64.b64decode(second["body"]), second["isBase64Encoded"]) == (b"\xff\x00", True)
    assert not {"body", "queryStringParameters"} & set(third)


def test_the_event_of_a_rest_api() -> None:
    events: list[Any] = []
    response = {"statusCode": 201, "headers": {"X-Own": "z"}, "body": base64.b64encode(b"\xff").decode()}

    def handler(event: Any, context: Any) -> Any:
        events.append(event)
        return {**response, "isBase64Encoded": True, "multiValueHeaders": {"x-many": ["1", "2"]}}

    with serving(handler, "1.0") as (_, server):
        status, headers, body = ask(server, "GET", "/things/1?x=1&x=2")
        assert (status, headers["x-own"], headers["x-many"], body) == (201, "z", "1,2", b"\xff")
    (event,) = events
    assert (event["httpMethod"], event["path"], event["resource"]) == ("GET", "/things/1", "/{proxy+}")
    assert event["queryStringParameters"] == {"x": "2"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["pathParameters"] == {"proxy": "things/1"}
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert event["body"] is None


@pytest.mark.parametrize(
    ("payload_format", "returned", "status", "body"),
    [
        ("1.0", RuntimeError("no"), 502, {"message": "Internal server error"}),
        ("2.0", RuntimeError("no"), 500, {"message": "Internal Server Error"}),
        ("1.0", "no answer", 502, {"message": "Internal server error"}),
        ("1.0", {"statusCode": 200, "body": {"not": "text"}}, 502, {"message": "Internal server error"}),
        ("1.0", {"statusCode": "many"}, 502, {"message": "Internal server error"}),
        ("2.0", {"statusCode": 999}, 500, {"message": "Internal Server Error"}),
        ("2.0", "text", 200, None),
        ("1.0", "slow", 504, {"message": "Endpoint request timed out"}),
    ],
)
def test_answers_of_handlers(payload_format: str, returned: Any, status: int, body: Any) -> None:
    clock = ManualClock()

    def handler(event: Any, context: Any) -> Any:
        if isinstance(returned, Exception):
            raise returned
        if returned == "slow":
            clock.advance(30)
        return returned

    with (
        minidynamo.connect(clock=clock) as database,
        Server(database, gateway=Gateway(database, handler, payload_format)) as server,
    ):
        found = ask(server, "GET", "/")
    assert found[0] == status
    assert body is None or json.loads(found[2]) == body


def test_dynamodb_is_answered_beside_it() -> None:
    """Also to the handler itself, which may call the server it runs in."""

    def handler(event: Any, context: Any) -> Any:
        client = boto3.client(
            "dynamodb",
            endpoint_url=f"http://{event['requestContext']['domainName']}",
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        return client.list_tables()["TableNames"]

    with serving(handler, "2.0") as (database, server):
        key = [{"AttributeName": "pk", "KeyType": "HASH"}]
        types = [{"AttributeName": "pk", "AttributeType": "S"}]
        table = {"TableName": "tbl", "KeySchema": key, "AttributeDefinitions": types}
        database.execute("CreateTable", {**table, "BillingMode": "PAY_PER_REQUEST"})
        assert json.loads(ask(server, "GET", "/tables")[2]) == ["tbl"]


def test_a_microservice_in_one_process(tmp_path: Path) -> None:
    """HTTP, handler, table, stream, handler: under `minidynamo serve`."""
    (tmp_path / "service.py").write_text(SERVICE)
    (tmp_path / "tables.yaml").write_text(TEMPLATE)
    command = [sys.executable, "-m", "minidynamo", "serve", "--port", "0"]
    command += ["--tables", "tables.yaml", "--api", "service:api", "--api-format", "1.0"]
    command += ["--on-stream", "things=service:count"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        url = found.group(0)

        def call(method: str, query: str = "", **body: Any) -> Any:
            data = json.dumps({"TableName": "things", **body}).encode() if body else None
            request = urllib.request.Request(f"{url}/things{query}", data, method=method)
            with urllib.request.urlopen(request, timeout=20) as response:
                return json.loads(response.read())

        call("POST", Item={"pk": "a", "name": "one"})
        call("POST", Item={"pk": "b"})
        call("PUT", Key={"pk": "a"}, Name="name", Value="two")
        call("DELETE", Key={"pk": "b"})
        assert call("GET", "?TableName=things") == [{"pk": "a", "name": "two"}]
        for _ in range(200):
            counts = {each["pk"] for each in call("GET", "?TableName=counts")}
            if counts == {"INSERT", "MODIFY", "REMOVE"}:
                break
        assert counts == {"INSERT", "MODIFY", "REMOVE"}
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--api", "nonsense"], "names no handler: write module:handler"),
        (["--api", "no_such_module:handler"], "cannot import no_such_module:handler"),
        (["--api", "json:no_such_thing"], "cannot import json:no_such_thing"),
        (["--api", "json:__name__"], "json:__name__ cannot be called"),
        (["--on-stream", "nowhere=json:dumps"], "--on-stream nowhere=json:dumps"),
    ],
)
def test_wrong_handlers_are_named(arguments: list[str], fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "0", *arguments]) == 2
    assert fault in capsys.readouterr().err
