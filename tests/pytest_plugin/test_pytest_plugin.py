"""The pytest plugin in test runs of its own, as its users have them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[1] / "templates"


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """No region, no credentials."""
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


TESTS = """
import urllib.request, boto3, botocore.client, pytest

TABLE = dict(
    TableName="tbl",
    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    BillingMode="PAY_PER_REQUEST",
)

@pytest.mark.parametrize("turn", range(3))
def test_mock(minidynamo_mock, turn):
    boto3.client("dynamodb").create_table(**TABLE)
    assert minidynamo_mock.client().list_tables()["TableNames"] == ["tbl"]

@pytest.mark.parametrize("turn", range(3))
def test_client_and_resource(minidynamo_client, minidynamo_resource, minidynamo_database, turn):
    minidynamo_client.create_table(**TABLE)
    minidynamo_resource.Table("tbl").put_item(Item={"pk": "a"})
    assert minidynamo_database.Table("tbl").scan()["Count"] == 1
    with pytest.raises(minidynamo_client.exceptions.ResourceInUseException):
        minidynamo_client.create_table(**TABLE)

@pytest.mark.parametrize("turn", range(3))
def test_endpoint(minidynamo_endpoint, minidynamo_database, turn):
    client = boto3.client("dynamodb", endpoint_url=minidynamo_endpoint, region_name="us-east-1",
                          aws_access_key_id="a", aws_secret_access_key="b")
    client.create_table(**TABLE)
    assert minidynamo_database.client().list_tables()["TableNames"] == ["tbl"]

@pytest.mark.minidynamo(tables="orders.yaml", region="eu-west-1")
def test_tables(minidynamo_client):
    assert minidynamo_client.list_tables()["TableNames"] == ["Replicated", "Sessions", "orders-test"]
    assert ":eu-west-1:" in minidynamo_client.describe_table(TableName="Sessions")["Table"]["TableArn"]

def test_botocore_is_restored():
    code = botocore.client.BaseClient._make_api_call.__code__
    assert "minidynamo" not in code.co_filename
"""


def test_the_fixtures(pytester: pytest.Pytester) -> None:
    """Each test has a database of its own, under every fixture."""
    pytester.makepyfile(TESTS)
    shutil.copy(TEMPLATES / "orders.yaml", pytester.path)
    result = pytester.runpytest_subprocess("-q", "-p", "no:randomly")
    result.assert_outcomes(passed=11)


@pytest.mark.long
def test_the_fixtures_under_xdist(pytester: pytest.Pytester) -> None:
    """Each worker has a server of its own."""
    pytester.makepyfile(TESTS)
    shutil.copy(TEMPLATES / "orders.yaml", pytester.path)
    pytester.runpytest_subprocess("-q", "-n", "2").assert_outcomes(passed=11)


def test_the_ini_option_names_tables_for_every_test(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nminidynamo_tables =\n    infra/plan.json\n")
    (pytester.path / "infra").mkdir()
    shutil.copy(TEMPLATES / "plan.json", pytester.path / "infra")
    pytester.makepyfile(
        """
        def test_tables(minidynamo_client):
            assert minidynamo_client.list_tables()["TableNames"] == ["games", "small"]
        """
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_a_wrong_marker_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.minidynamo("orders.yaml")
        def test_tables(minidynamo_client):
            pass
        """
    )
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*takes tables=... and settings by name*"])


def test_the_plugin_costs_nothing_where_it_is_not_used(pytester: pytest.Pytester) -> None:
    """Neither botocore nor the server is imported."""
    pytester.makepyfile(
        """
        import sys

        def test_imports():
            loaded = {"botocore", "boto3", "uvicorn", "minidynamo.database.database"} & set(sys.modules)
            assert not loaded - {"minidynamo.database.database"}
        """
    )
    pytester.runpytest_subprocess("-q", "-p", "no:hypothesispytest").assert_outcomes(passed=1)


def test_a_simulated_database_shows_its_history_where_a_test_fails(pytester: pytest.Pytester) -> None:
    """And its tables are made without faults."""
    shutil.copy(TEMPLATES / "plan.json", pytester.path)
    pytester.makepyfile(
        """
        import pytest
        from minidynamo.simulation import StaleRead

        @pytest.mark.minidynamo(simulate="adversary", seed=7, tables="plan.json")
        def test_counts(minidynamo_database):
            faults = minidynamo_database.faults
            faults.switch_off()
            faults.switch_on("stale_read")
            table = minidynamo_database.Table("small")
            table.put_item(Item={"id": 1})
            assert "Item" in table.get_item(Key={"id": 1})
        """
    )
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Captured minidynamo call*", "*GetItem * ok  stale_read (unseen: 1)"])


def test_a_mutant_is_run_where_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_delete(minidynamo_database):
            minidynamo_database.client().create_table(
                TableName="tbl",
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            table = minidynamo_database.Table("tbl")
            table.put_item(Item={"pk": "a"})
            table.delete_item(Key={"pk": "a"})
            assert table.scan()["Count"] == 0
        """
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)
    pytester.runpytest_subprocess("-q", "--minidynamo-mutant", "ends_paging").assert_outcomes(passed=1)
    pytester.runpytest_subprocess("-q", "--minidynamo-mutant", "ignores_delete").assert_outcomes(failed=1)
    result = pytester.runpytest_subprocess("-q", "--minidynamo-mutant", "x")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "there is no mutant 'x': there are drops_condition" in result.stderr.str()
