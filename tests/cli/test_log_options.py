"""`minidynamo serve --log-above-units N --log-above-ms N`: lines about requests that cost much or take long."""

from __future__ import annotations

import argparse
import logging

import pytest

import minidynamo
from minidynamo.cli.log_options import add_log_options, logging_dear_requests
from minidynamo.formats.short_tables import create_table_request
from tests.cli.commands import run

SHOP = create_table_request("Shop", {"key": ["pk S"]})


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_log_options(parser)
    return parser.parse_args(arguments)


def logged(caplog: pytest.LogCaptureFixture, *arguments: str) -> list[str]:
    """The operations that are logged of a few requests, to a database that was there before and one that comes."""
    caplog.clear()
    before = minidynamo.connect()
    with logging_dear_requests(options(*arguments)):
        for database in (before, minidynamo.connect()):
            database.execute("CreateTable", SHOP)
            database.execute("PutItem", {"TableName": "Shop", "Item": {"pk": {"S": "x" * 1_500}}})
            database.execute("GetItem", {"TableName": "Shop", "Key": {"pk": {"S": "x"}}})
    before.execute("PutItem", {"TableName": "Shop", "Item": {"pk": {"S": "y" * 1_500}}})
    return [vars(each)["operation"] for each in caplog.records if each.name == "minidynamo.requests"]


def test_above_units(caplog: pytest.LogCaptureFixture) -> None:
    assert logged(caplog, "--log-above-units", "1") == ["PutItem"] * 2


def test_above_milliseconds(caplog: pytest.LogCaptureFixture) -> None:
    assert logged(caplog, "--log-above-ms", "0") == ["CreateTable", "PutItem", "GetItem"] * 2
    assert logged(caplog, "--log-above-ms", "3600000") == []


def test_nothing_is_observed_without_the_options(caplog: pytest.LogCaptureFixture) -> None:
    assert logged(caplog) == []
    assert logging.getLogger("minidynamo.requests").level == logging.NOTSET


@pytest.mark.parametrize("text", ["many", "-1", "nan", "inf"])
def test_bounds_are_numbers(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "serve", f"--log-above-units={text}")
    assert code == 2
    assert f"takes a number from 0 on, not '{text}'" in err
