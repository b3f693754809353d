"""boto3's default session, of which there is one in a process: functions in threads have their own."""

from __future__ import annotations

import json

import boto3
import pytest

import minidynamo
from minidynamo import Database
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
