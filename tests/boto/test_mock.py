"""`minidynamo.mock()` and `minidynamo.attach()` as their users meet them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
import unittest
from collections.abc import Iterator
from typing import Any

import aiobotocore.session
import boto3
import botocore.client
import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

import minidynamo
from minidynamo.boto.routes import current_endpoint
from minidynamo.formats.short_tables import create_table_request

TABLE = create_table_request("tbl", {"key": ["pk S"]})


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """No region, no credentials, no configuration files."""
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture(autouse=True)
def botocore_is_restored() -> Iterator[None]:
    """After each test botocore is as it was."""
    before = (botocore.client.BaseClient._make_api_call, botocore.session.Session.create_client)
    yield
    assert (botocore.client.BaseClient._make_api_call, botocore.session.Session.create_client) == before


def table_names() -> list[str]:
    """Through a client made on the spot."""
    names: list[str] = boto3.client("dynamodb").list_tables()["TableNames"]
    return names


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


def test_wrong_settings_leave_it_off() -> None:
    mock = minidynamo.mock(nonsense=1)
    for _ in range(2):
        with pytest.raises(TypeError, match="nonsense"):
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


def test_threads_with_mocks_of_their_own_do_not_meet() -> None:
    seen: dict[int, list[str]] = {}
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        with minidynamo.mock():
            client = boto3.client("dynamodb")
            barrier.wait()
            client.create_table(**{**TABLE, "TableName": f"tbl{number}"})
            barrier.wait()
            seen[number] = client.list_tables()["TableNames"]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {number: [f"tbl{number}"] for number in range(8)}


def test_threads_without_one_are_answered_too() -> None:
    with minidynamo.mock() as database:
        database.execute("CreateTable", TABLE)
        seen: list[list[str]] = []
        thread = threading.Thread(target=lambda: seen.append(table_names()))
        thread.start()
        thread.join()
    assert seen == [["tbl"]]


def test_it_decorates_functions_with_a_fresh_database_each_time() -> None:
    @minidynamo.mock()
    def work(argument: int, *, option: str) -> tuple[int, str, list[str]]:
        boto3.client("dynamodb").create_table(**TABLE)
        return argument, option, table_names()

    assert work(1, option="x") == (1, "x", ["tbl"]) == work(1, option="x")
    assert work.__name__ == "work"


def test_it_decorates_without_parentheses() -> None:
    @minidynamo.mock
    def work() -> list[str]:
        return table_names()

    assert work() == []


def test_it_decorates_coroutines_and_generators() -> None:
    @minidynamo.mock()
    async def wait() -> list[str]:
        await asyncio.sleep(0)
        boto3.client("dynamodb").create_table(**TABLE)
        return table_names()

    @minidynamo.mock()
    def generate() -> Iterator[list[str]]:
        boto3.client("dynamodb").create_table(**TABLE)
        yield table_names()

    @minidynamo.mock()
    async def generate_asynchronously() -> Any:
        boto3.client("dynamodb").create_table(**TABLE)
        yield table_names()

    async def collect() -> list[list[str]]:
        return [each async for each in generate_asynchronously()]

    assert asyncio.run(wait()) == ["tbl"]
    assert list(generate()) == [["tbl"]]
    assert asyncio.run(collect()) == [["tbl"]]


def test_concurrent_tasks_have_their_own() -> None:
    @minidynamo.mock()
    async def work(name: str) -> list[str]:
        boto3.client("dynamodb").create_table(**{**TABLE, "TableName": name})
        await asyncio.sleep(0.01)
        return table_names()

    async def gather() -> list[list[str]]:
        return await asyncio.gather(work("one"), work("two"))

    assert asyncio.run(gather()) == [["one"], ["two"]]


def run_case(case: type[unittest.TestCase]) -> None:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert result.testsRun == 2
    assert (result.errors, result.failures) == ([], [])


def test_it_decorates_test_cases() -> None:
    """Each test has its database, from setUp to tearDown."""

    @minidynamo.mock()
    class Case(unittest.TestCase):
        def setUp(self) -> None:
            boto3.client("dynamodb").create_table(**TABLE)

        def test_one(self) -> None:
            self.assertEqual(table_names(), ["tbl"])

        def test_two(self) -> None:
            self.assertEqual(table_names(), ["tbl"])

        def tearDown(self) -> None:
            self.assertEqual(table_names(), ["tbl"])

    run_case(Case)


def test_it_decorates_test_cases_that_prepare_their_class() -> None:
    """All tests share the database then."""

    @minidynamo.mock()
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            boto3.client("dynamodb").create_table(**TABLE)

        def test_one(self) -> None:
            self.assertEqual(table_names(), ["tbl"])

        def test_two(self) -> None:
            self.assertEqual(table_names(), ["tbl"])

    run_case(Case)


@minidynamo.mock()
class TestDecoratedClass:
    """Run by pytest itself."""

    def setup_method(self) -> None:
        boto3.client("dynamodb").create_table(**TABLE)

    def test_sees_what_its_set_up_made(self) -> None:
        assert table_names() == ["tbl"]

    def test_starts_anew(self) -> None:
        assert table_names() == ["tbl"]


def test_it_decorates_the_methods_of_other_classes() -> None:
    @minidynamo.mock()
    class Service:
        def work(self) -> list[str]:
            boto3.client("dynamodb").create_table(**TABLE)
            return table_names()

    assert Service().work() == ["tbl"] == Service().work()


def test_it_takes_nothing_else() -> None:
    with pytest.raises(TypeError, match="takes a Database or something to decorate"):
        minidynamo.mock(5)


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


def test_aiobotocore_may_be_imported_later() -> None:
    """It is neither imported by a mock nor missed by one."""
    code = (
        "import sys, asyncio, minidynamo\n"
        "with minidynamo.mock() as database:\n"
        "    print('aiobotocore' in sys.modules)\n"
        "    import aiobotocore.session\n"
        "    async def main():\n"
        "        async with aiobotocore.session.get_session().create_client('dynamodb') as client:\n"
        "            print((await client.list_tables())['TableNames'])\n"
        "    asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["False", "[]"], "")


def test_aiobotocore_is_answered() -> None:
    async def work() -> None:
        async with aiobotocore.session.get_session().create_client("dynamodb") as client:
            await client.create_table(**TABLE)
            await client.get_waiter("table_exists").wait(TableName="tbl")
            await client.put_item(TableName="tbl", Item={"pk": {"S": "a"}})
            pages = [page async for page in client.get_paginator("scan").paginate(TableName="tbl")]
            assert [page["Items"] for page in pages] == [[{"pk": {"S": "a"}}]]
            with pytest.raises(client.exceptions.ResourceNotFoundException):
                await client.describe_table(TableName="nope")
            client.meta.events.register("request-created", lambda **ignored: None)
            assert (await client.get_item(TableName="tbl", Key={"pk": {"S": "a"}}))["Item"] == {"pk": {"S": "a"}}

    with minidynamo.mock():
        asyncio.run(work())
