"""Every case of policies: in the process, through boto3's double, and over HTTP with credentials."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from botocore.exceptions import ClientError

import minidynamo
from minidynamo import Database
from minidynamo.conformance.policy_cases import PolicyCase, policy_cases, replay_as
from minidynamo.conformance.replay import put_items
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.formats.short_tables import create_table_request
from minidynamo.http.server.credentials import Credential
from minidynamo.remote.connection import Connections
from minidynamo.remote.endpoint import RemoteEndpoint
from minidynamo.remote.signing import signer_for

ALL_CASES = list(policy_cases())


@contextmanager
def in_process(case: PolicyCase, database: Database) -> Iterator[Endpoint]:
    yield database.seen_by(case.caller)


@contextmanager
def over_http(case: PolicyCase, database: Database) -> Iterator[Endpoint]:
    with database.serve(credentials={"KEY": Credential("secret", case.caller)}) as server:
        connections = Connections(server.url)
        yield RemoteEndpoint(connections, signer_for(server.url, "us-east-1", ("KEY", "secret")), "us-east-1")
        connections.close()


def prepared(case: PolicyCase) -> Database:
    database = minidynamo.connect()
    for name, table in case.tables.items():
        database.execute("CreateTable", create_table_request(name, table))
    put_items(case, database.execute)
    for name, document in case.resources.items():
        database.execute(
            "PutResourcePolicy",
            {
                "ResourceArn": database.scope.table_arn(name),
                "Policy": json.dumps(document),
                "ConfirmRemoveSelfResourceAccess": True,
            },
        )
    return database


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.id)
def test_case(case: PolicyCase) -> None:
    """It is allowed or denied as the case says; what is denied changes nothing."""
    for face in (in_process, over_http):
        database = prepared(case)
        before = {name: database.client().scan(TableName=name)["Items"] for name in database.tables}
        with face(case, database) as endpoint:
            replay_as(case, endpoint)
        if case.error is not None:
            assert {name: database.client().scan(TableName=name)["Items"] for name in database.tables} == before
        database.check()


def test_boto3_is_denied_in_the_same_words() -> None:
    case = next(each for each in ALL_CASES if each.error is not None and each.operation == "GetItem")
    assert case.error is not None
    with minidynamo.mock(prepared(case).seen_by(case.caller)):
        client = boto3.client("dynamodb", region_name="us-east-1")
        with pytest.raises(ClientError) as caught:
            client.get_item(**case.request)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == case.error


def test_there_are_at_least_80_cases() -> None:
    assert len(ALL_CASES) >= 80
    assert len({case.id for case in ALL_CASES}) == len(ALL_CASES)
