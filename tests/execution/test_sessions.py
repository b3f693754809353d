"""boto3's default session, of which there is one in a process: functions in threads have their own."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
import pytest

import minidynamo
from minidynamo import Database
from minidynamo.execution.configuration import Isolation
from tests.execution.conftest import Write

TEXT = """
import boto3
def handler(event, context):
    session = boto3._get_default_session()
    return [session.region_name, session.get_credentials().access_key, boto3.client("dynamodb").meta.region_name]
"""


def test_a_default_session_is_the_environments_own(
    database: Database, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of the process")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-2")
    database.functions.deploy("f", write(app=TEXT), "app.handler")
    with minidynamo.mock(database):
        answer = database.functions.invoke("f")
        assert json.loads(answer["Payload"]) == ["eu-west-1", "minidynamo", "eu-west-1"]
        assert boto3.DEFAULT_SESSION is None
        credentials = boto3._get_default_session().get_credentials()
        assert credentials is not None and credentials.access_key == "of the process"
        assert json.loads(database.functions.invoke("f")["Payload"]) == json.loads(answer["Payload"])


COUNTING = """
import os
count = 0
def handler(event, context):
    global count
    count += 1
    return [os.getpid(), count]
"""


def test_a_stop_ends_environments_until_the_next_start(database: Database, write: Write) -> None:
    database.functions.deploy("f", write(app=COUNTING), "app.handler")
    counts = lambda: [json.loads(database.functions.invoke("f")["Payload"])[1] for _ in range(2)]  # noqa: E731
    assert counts() == [1, 2]
    database.functions.stop()
    assert counts() == [1, 1]
    database.functions.start()
    assert counts() == [1, 2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_a_child_has_environments_of_its_own(database: Database, write: Write, isolation: Any) -> None:
    database.functions.deploy("f", write(app=COUNTING), "app.handler", isolation=isolation)
    ours = json.loads(database.functions.invoke("f")["Payload"])
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # The child ends here, whatever happens, and says what it has got.
        try:
            os.write(writing, database.functions.invoke("f")["Payload"])
            database.functions.stop()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        theirs = json.loads(pipe.read())
    os.waitpid(child, 0)
    assert theirs[1] == 1 and theirs[0] != ours[0]
    assert json.loads(database.functions.invoke("f")["Payload"]) == [ours[0], 2]


NAMES_HOSTS = """
import boto3
def handler(event, context):
    url = "https://dynamodb.eu-west-1.amazonaws.com"
    client = boto3.client("dynamodb", endpoint_url=url, region_name="eu-west-1")
    client.put_item(TableName="tbl", Item={"pk": {"S": "a"}})
    logs = boto3.client("logs", endpoint_url="https://logs.eu-west-1.amazonaws.com", region_name="eu-west-1")
    groups = logs.describe_log_groups()["logGroups"]
    return [client.scan(TableName="tbl")["Count"], [each["logGroupName"] for each in groups]]
"""


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_hosts_that_a_function_names_itself_are_the_database(
    database: Database, write: Write, isolation: Isolation
) -> None:
    """It has no way to an account of AWS, whatever it says."""
    parameters = {
        "TableName": "tbl",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    database.execute("CreateTable", parameters)
    database.functions.deploy("f", write(app=NAMES_HOSTS), "app.handler", Timeout=30, isolation=isolation)
    with minidynamo.mock(database):
        answer = database.functions.invoke("f")
    assert json.loads(answer["Payload"]) == [1, ["/aws/lambda/f"]]
