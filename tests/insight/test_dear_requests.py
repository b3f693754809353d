"""Requests that cost much or take long are logged, with their figures as fields, and without values."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

import minidynamo
from minidynamo.formats.short_tables import create_table_request
from minidynamo.insight.dear_requests import log_dear_requests
from minidynamo.insight.known_tables import tables_of_endpoint
from minidynamo.insight.observed import Observed

SHOP = create_table_request("Shop", {"key": ["pk S"], "gsi": {"by_a": {"key": ["a S"]}}})
SECRET = "a value that no log may show"
PUT = {"TableName": "Shop", "Item": {"pk": {"S": SECRET}, "a": {"S": SECRET}}}
FIELDS = ("operation", "tables", "index", "units", "milliseconds", "place", "error_code")


@pytest.fixture
def database(caplog: pytest.LogCaptureFixture) -> minidynamo.Database:
    caplog.set_level(logging.INFO, "minidynamo.requests")
    database = minidynamo.connect()
    database.execute("CreateTable", SHOP)
    return database


def fields(record: logging.LogRecord) -> dict[str, Any]:
    assert (record.name, record.levelname) == ("minidynamo.requests", "INFO")
    assert SECRET not in json.dumps(vars(record), default=str)
    return {name: vars(record)[name] for name in FIELDS}


def observed(database: minidynamo.Database, seconds: float, error: minidynamo.DynamoError | None = None) -> Observed:
    return Observed("ListTables", {}, None, error, [], "", 0.0, seconds, tables_of_endpoint(database))


def test_a_dear_request_is_logged_with_its_figures(
    database: minidynamo.Database, caplog: pytest.LogCaptureFixture
) -> None:
    with minidynamo.observe(database, listeners=[log_dear_requests(log_above_units=1.5)]):
        database.execute("PutItem", PUT)
        database.execute("GetItem", {"TableName": "Shop", "Key": {"pk": {"S": SECRET}}})
    (record,) = caplog.records
    found = fields(record)
    assert found.pop("milliseconds") > 0
    assert re.search(r"test_dear_requests\.py:\d+$", found["place"])
    place = found.pop("place")
    assert found == {"operation": "PutItem", "tables": ["Shop"], "index": "", "units": 2.0, "error_code": ""}
    text = record.getMessage()
    assert re.fullmatch(rf"PutItem on Shop took 2 write units, \d+\.\d ms at {re.escape(place)}", text)


def test_the_bound_itself_is_not_above_it(database: minidynamo.Database, caplog: pytest.LogCaptureFixture) -> None:
    with minidynamo.observe(database, listeners=[log_dear_requests(log_above_units=2)]):
        database.execute("PutItem", PUT)
    assert caplog.records == []


def test_a_slow_request_is_logged(database: minidynamo.Database, caplog: pytest.LogCaptureFixture) -> None:
    listen = log_dear_requests(log_above_seconds=0.25)
    for seconds in (0.25, 0.2501):
        listen(observed(database, seconds))
    (record,) = caplog.records
    assert fields(record)["milliseconds"] == 250.1
    assert record.getMessage() == "ListTables took no units, 250.1 ms"


def test_a_failed_one_tells_the_code_of_its_error(
    database: minidynamo.Database, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        minidynamo.observe(database, listeners=[log_dear_requests(log_above_seconds=0)]),
        pytest.raises(minidynamo.DynamoError),
    ):
        database.execute("Query", {"TableName": "Nope", "KeyConditionExpression": f"pk = '{SECRET}'"})
    (record,) = caplog.records
    assert (fields(record)["tables"], fields(record)["error_code"]) == (["Nope"], "ValidationException")
    assert ", ValidationException at " in record.getMessage()


def test_an_index_is_named(database: minidynamo.Database, caplog: pytest.LogCaptureFixture) -> None:
    with minidynamo.observe(database, listeners=[log_dear_requests(log_above_units=0)]):
        database.execute("Scan", {"TableName": "Shop", "IndexName": "by_a"})
    assert fields(caplog.records[0])["index"] == "by_a"
    assert caplog.records[0].getMessage().startswith("Scan on Shop, index by_a took 0.5 read units, ")


def test_nothing_is_logged_where_the_level_is_higher(
    database: minidynamo.Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "minidynamo.requests")
    log_dear_requests(log_above_seconds=0)(observed(database, 1.0))
    assert caplog.records == []


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({}, "give log_above_units=, log_above_seconds=, or both"),
        ({"log_above_units": "5"}, "log_above_units takes a number from 0 on, not '5'"),
        ({"log_above_seconds": -1}, "log_above_seconds takes a number from 0 on, not -1"),
        ({"log_above_seconds": True}, "log_above_seconds takes a number from 0 on, not True"),
    ],
)
def test_bounds_are_numbers_and_one_is_given(bounds: Any, message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        log_dear_requests(**bounds)
