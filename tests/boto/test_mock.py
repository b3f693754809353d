"""`minidynamo.mock()` as its users meet it: which clients it answers, and until when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import botocore.client
import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

import minidynamo
from tests.boto.fresh_clients import TABLE, table_names

pytestmark = pytest.mark.usefixtures("nothing_configured", "botocore_is_restored")


def test_it_yields_the_database_that_answers() -> None:
    with minidynamo.mock() as database:
        boto3.client("dynamodb").create_table(**TABLE)
        assert database.client().list_tables()["TableNames"] == ["tbl"]


def test_a_given_database_is_used_and_kept() -> None:
    database = minidynamo.connect()
    for _ in range(2):
        with minidynamo.mock(database) as yielded:
            assert yielded is database
            if not table_names():
                boto3.client("dynamodb").create_table(**TABLE)
    assert database.client().list_tables()["TableNames"] == ["tbl"]


def test_settings_are_those_of_connect() -> None:
    with minidynamo.mock(region="eu-west-1", clock=minidynamo.ManualClock()) as database:
        assert boto3.client("dynamodb").meta.region_name == "eu-west-1"
        assert database.clock.now() == 1_700_000_000.0
    with pytest.raises(TypeError, match="either a database or the settings"):
        minidynamo.mock(database, region="eu-west-1")


def test_a_database_in_a_file_is_let_go_of(tmp_path: Any) -> None:
    for names in ([], ["tbl"]):
        with minidynamo.mock(path=tmp_path / "shop.db"):
            assert table_names() == names
            if not names:
                boto3.client("dynamodb").create_table(**TABLE)


def test_clients_made_before_are_answered_whatever_their_endpoint() -> None:
    credentials: Any = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    before = [
        boto3.client("dynamodb", region_name="eu-west-1", **credentials),
        boto3.Session().client("dynamodb", region_name="us-east-1", endpoint_url="http://nowhere:1", **credentials),
        boto3.resource("dynamodb", region_name="us-east-1").meta.client,
        botocore.session.get_session().create_client("dynamodb", region_name="us-west-2"),
    ]
    with minidynamo.mock() as database:
        database.execute("CreateTable", TABLE)
        assert all(client.list_tables()["TableNames"] == ["tbl"] for client in before)


def test_both_services_are_answered() -> None:
    """Operations that are not there yet are refused by name; none reaches a network, SearchVectors' host included."""
    with minidynamo.mock():
        assert boto3.client("dynamodbstreams").list_streams()["Streams"] == []
        client = boto3.client("dynamodb")
        with pytest.raises(ClientError, match=r"UnknownOperationException.*SearchVectors"):
            client.search_vectors(TableName="tbl", IndexName="idx", SearchVector=[{"N": "1"}], TopK=1)


def test_other_services_pass_untouched() -> None:
    credentials: Any = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    for outer, inner in ((minidynamo.mock, mock_aws), (mock_aws, minidynamo.mock)):
        with outer(), inner():
            s3 = boto3.client("s3", **credentials)
            s3.create_bucket(Bucket="bucket")
            boto3.client("dynamodb", **credentials).create_table(**TABLE)
            assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["bucket"]
            assert table_names() == ["tbl"]
        with mock_aws():
            client = boto3.client("dynamodb", **credentials)
            assert client.list_tables()["TableNames"] == []  # Nothing has reached moto's tables.


def test_moto_beside_it_does_not_answer_on_the_full_path() -> None:
    with mock_aws(), minidynamo.mock() as database:
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.meta.events.register("request-created", lambda **ignored: None)
        client.create_table(**TABLE)
        assert database.client().list_tables()["TableNames"] == ["tbl"]


def test_a_client_made_inside_is_refused_outside() -> None:
    with minidynamo.mock():
        client = boto3.client("dynamodb")
    with pytest.raises(RuntimeError, match="made inside"):
        client.list_tables()
    with minidynamo.mock() as database:
        database.execute("CreateTable", TABLE)
        assert client.list_tables()["TableNames"] == ["tbl"]


def test_a_client_made_inside_may_go_to_the_network_where_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with minidynamo.mock(allow_network_after=True):
        client = boto3.client("dynamodb")
    with mock_aws():
        assert client.list_tables()["TableNames"] == []


def test_a_database_that_cannot_be_opened_leaves_it_off(tmp_path: Path) -> None:
    mock = minidynamo.mock(path=tmp_path / "missing" / "shop.db")
    for _ in range(2):
        with pytest.raises(minidynamo.StoreError, match="there is no folder"):
            mock.start()
    with pytest.raises(RuntimeError, match="not on"):
        mock.stop()


def test_nested_mocks_answer_from_the_innermost() -> None:
    with minidynamo.mock() as outer:
        outer.execute("CreateTable", TABLE)
        with minidynamo.mock():
            assert table_names() == []
        assert table_names() == ["tbl"]


def test_one_mock_may_be_entered_again() -> None:
    mock = minidynamo.mock()
    with mock as database:
        with mock as again:
            assert again is database
            again.execute("CreateTable", TABLE)
        assert table_names() == ["tbl"]
    with mock as fresh:
        assert fresh is not database
        assert table_names() == []


def test_start_and_stop() -> None:
    mock = minidynamo.mock()
    mock.start().execute("CreateTable", TABLE)
    assert table_names() == ["tbl"]
    mock.stop()
    with pytest.raises(RuntimeError, match="not on"):
        mock.stop()


def test_replacing_the_private_method_meanwhile_still_reaches_no_network() -> None:
    """A frequent habit: tests keep the method as it was before, and call that."""
    original = botocore.client.BaseClient._make_api_call
    seen = []

    def spy(self: Any, operation_name: str, parameters: Any) -> Any:
        seen.append(operation_name)
        return original(self, operation_name, parameters)

    with minidynamo.mock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", spy)
        boto3.client("dynamodb").create_table(**TABLE)
        assert table_names() == ["tbl"]
    assert seen == ["CreateTable", "ListTables"]


def test_another_signature_of_the_private_method_leads_to_the_full_path(monkeypatch: pytest.MonkeyPatch) -> None:
    original = botocore.client.BaseClient._make_api_call

    def changed(self: Any, operation_name: str, api_params: Any, more: Any = None) -> Any:
        return original(self, operation_name, api_params)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", changed)
    with minidynamo.mock():
        assert botocore.client.BaseClient._make_api_call is changed
        boto3.client("dynamodb").create_table(**TABLE)
        assert table_names() == ["tbl"]
    monkeypatch.undo()
