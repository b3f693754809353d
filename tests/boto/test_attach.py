"""`minidynamo.attach()`: one client, resource or session is answered, and nobody else."""

from __future__ import annotations

import asyncio
import time

import aiobotocore.session
import boto3
import pytest
from botocore.exceptions import ClientError

import minidynamo
from minidynamo.boto.routes import current_endpoint
from tests.boto.fresh_clients import TABLE, table_names

pytestmark = pytest.mark.usefixtures("nothing_configured", "botocore_is_restored")


def test_attach_answers_one_client_only() -> None:
    database = minidynamo.connect()
    database.execute("CreateTable", TABLE)
    client = boto3.client("dynamodb", region_name="us-east-1")
    with minidynamo.attach(client, database), minidynamo.mock():
        assert client.list_tables()["TableNames"] == ["tbl"]
        assert table_names() == []


def test_attach_takes_resources_and_sessions() -> None:
    database = minidynamo.connect()
    database.execute("CreateTable", TABLE)
    resource = boto3.resource("dynamodb", region_name="us-east-1")
    with minidynamo.attach(resource, database):
        assert [each.name for each in resource.tables.all()] == ["tbl"]
        resource.Table("tbl").put_item(Item={"pk": "a"})
    session = boto3.Session()
    attachment = minidynamo.attach(session, database)
    assert session.resource("dynamodb").Table("tbl").scan()["Items"] == [{"pk": "a"}]
    attachment.detach()
    attachment.detach()
    for wrong in (5, boto3.client("s3", region_name="us-east-1")):
        with pytest.raises(TypeError, match="attach\\(\\) takes"):
            minidynamo.attach(wrong, database)


def test_attach_takes_sessions_of_aiobotocore() -> None:
    database = minidynamo.connect()
    database.execute("CreateTable", TABLE)
    session = aiobotocore.session.get_session()

    async def names() -> list[str]:
        async with session.create_client("dynamodb") as client:
            response: dict[str, list[str]] = await client.list_tables()
            return response["TableNames"]

    with minidynamo.attach(session, database), minidynamo.mock():
        assert asyncio.run(names()) == ["tbl"]
    with minidynamo.mock():
        assert asyncio.run(names()) == []


def test_attach_answers_nobody_else_meanwhile() -> None:
    """Not even while its session makes a client."""
    database = minidynamo.connect()
    session = boto3.Session()
    seen = []
    with minidynamo.attach(session, database):
        session.events.register("creating-client-class", lambda **ignored: seen.append(current_endpoint()))
        session.client("dynamodb")
    assert seen == [None]


def test_a_closed_database_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying again would be of no use."""
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept for {seconds} seconds"))
    database = minidynamo.connect()
    database.close()
    with minidynamo.mock(database), pytest.raises(ClientError, match=r"InternalServerError.*database is closed"):
        table_names()
