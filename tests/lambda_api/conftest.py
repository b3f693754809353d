"""A database with functions, and clients of Lambda that it answers: through the double, and over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import minidynamo
from minidynamo import Database
from minidynamo.http.server.server import Server, ServerOptions

REGION = "eu-west-1"
TABLE = {
    "TableName": "orders",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
}


@pytest.fixture
def database() -> Iterator[Database]:
    database = minidynamo.connect(region=REGION)
    database.execute("CreateTable", TABLE)
    database.functions.register("greet", lambda event, context: {"hello": event.get("name")})
    database.functions.register("echo", lambda event, context: event)
    yield database
    database.close()


@pytest.fixture(params=["double", "server"])
def client(request: pytest.FixtureRequest, database: Database) -> Iterator[Any]:
    if request.param == "double":
        with minidynamo.mock(database):
            yield boto3.client("lambda")
        return
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "secret", "region_name": REGION}
    with Server(database, ServerOptions(credentials={"AKIA": "secret"})) as server:
        yield boto3.client("lambda", endpoint_url=server.url, **keys)


def refusal(call: Callable[..., object], **parameters: object) -> tuple[str, str, int]:
    """Code, message and status of the error that a call raises."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]
