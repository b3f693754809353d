"""What a test that fails shows: frames of its own, none of minidynamo unless asked for or minidynamo is wrong."""

from __future__ import annotations

import pytest

FAILING = """
import pytest

def test_fails(minidynamo_client):
    try:
        minidynamo_client.get_item(TableName="missing", Key={"id": {"S": "1"}})
    except Exception as error:
        raise RuntimeError("read") from error

def test_boto3(minidynamo_mock):
    import boto3
    boto3.client("dynamodb", region_name="us-east-1").describe_table(TableName="missing")
"""

GROUP = """
from hypothesis import given, strategies as st

import minidynamo

database = minidynamo.connect()

@given(st.sampled_from(["Scan", "PutItem"]))
def test_fails_twice(operation):
    database.execute(operation, {"TableName": "missing" if operation == "Scan" else ""})
"""

EXPLAINED = """
from hypothesis import given, strategies as st

import minidynamo

database = minidynamo.connect()

@given(st.sampled_from(["ListTables", "DescribeLimits"]))
def test_explained(operation):
    answer = database.execute(operation, {})
    assert "TableNames" not in answer
"""


def shown(pytester: pytest.Pytester, *options: str) -> str:
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly", *options)
    return result.stdout.str()


@pytest.mark.parametrize("source", [FAILING, pytest.param(GROUP, marks=pytest.mark.long)], ids=["one", "group"])
def test_frames_of_minidynamo_are_hidden(pytester: pytest.Pytester, source: str) -> None:
    pytester.makepyfile(source)
    text = shown(pytester)
    assert "ResourceNotFound" in text and "test_frames_of_minidynamo_are_hidden" in text
    assert "/minidynamo/" not in text
    text = shown(pytester, "--minidynamo-frames")
    assert "/minidynamo/" in text


def test_lines_of_minidynamo_explain_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(EXPLAINED)
    assert "/minidynamo/" not in shown(pytester)


def test_frames_are_shown_where_minidynamo_is_wrong(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_mistaken(minidynamo_database, monkeypatch):
            monkeypatch.setattr("minidynamo.operations.perform.API", {})
            minidynamo_database.execute("PutItem", {})
        """
    )
    text = shown(pytester)
    assert "KeyError" in text and "minidynamo/operations/" in text
