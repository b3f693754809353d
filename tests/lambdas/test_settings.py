"""Filters and other settings of a mapping: what they let pass, and which are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minidynamo import Database
from minidynamo.errors import ResourceNotFound
from minidynamo.formats.short_tables import create_table_request
from minidynamo.lambdas.filter_patterns import compiled_filters
from tests.lambdas.streaming_table import keys_of, put

RECORD = {
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"pk": {"S": "order-1"}},
        "NewImage": {"state": {"S": "Open"}, "tags": {"SS": ["a", "b"]}, "paid": {"BOOL": False}, "x": {"NULL": True}},
        "SizeBytes": 41,
    },
}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({}, True),
        ({"eventName": ["INSERT", "MODIFY"]}, True),
        ({"eventName": ["insert"]}, False),
        ({"eventName": [{"equals-ignore-case": "insert"}]}, True),
        ({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"state": {"S": ["Open"]}}}}, True),
        ({"eventName": ["MODIFY"], "dynamodb": {"NewImage": {"state": {"S": ["Open"]}}}}, False),
        ({"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "order-"}]}}}}, True),
        ({"dynamodb": {"Keys": {"pk": {"S": [{"suffix": "-2"}]}}}}, False),
        ({"dynamodb": {"Keys": {"pk": {"S": [{"prefix": {"equals-ignore-case": "ORDER"}}]}}}}, True),
        ({"dynamodb": {"NewImage": {"state": {"S": [{"anything-but": ["Closed", "Lost"]}]}}}}, True),
        ({"dynamodb": {"NewImage": {"state": {"S": [{"anything-but": "Open"}]}}}}, False),
        ({"dynamodb": {"NewImage": {"state": {"S": [{"anything-but": {"prefix": "Op"}}]}}}}, False),
        ({"dynamodb": {"NewImage": {"missing": {"S": [{"anything-but": ["x"]}]}}}}, False),
        ({"dynamodb": {"SizeBytes": [{"numeric": [">", 40, "<=", 41]}]}}, True),
        ({"dynamodb": {"SizeBytes": [{"numeric": ["=", 40]}]}}, False),
        ({"dynamodb": {"SizeBytes": [41.0]}}, True),
        ({"dynamodb": {"NewImage": {"paid": {"BOOL": [False]}}}}, True),
        ({"dynamodb": {"NewImage": {"paid": {"BOOL": [0]}}}}, False),
        ({"dynamodb": {"NewImage": {"state": {"S": [{"exists": True}]}}}}, True),
        ({"dynamodb": {"NewImage": {"missing": {"S": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"OldImage": {"state": {"S": [{"exists": True}]}}}}, False),
        ({"dynamodb": {"NewImage": {"tags": {"SS": ["b"]}}}}, True),
        ({"dynamodb": {"NewImage": {"tags": {"SS": ["c"]}}}}, False),
        ({"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"SizeBytes": [41]}}]}, True),
        ({"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"SizeBytes": [1]}}]}, False),
    ],
)
def test_filter_patterns(pattern: Any, matches: bool) -> None:
    predicate = compiled_filters({"Filters": [{"Pattern": json.dumps(pattern)}]})
    assert predicate is not None
    assert predicate(RECORD) is matches


def test_filtered_records_are_passed_over(database: Database) -> None:
    seen: list[str] = []
    patterns = [{"dynamodb": {"Keys": {"pk": {"S": [letter]}}}} for letter in "bd"]
    criteria = {"Filters": [{"Pattern": json.dumps(each)} for each in patterns]}
    mapping = database.on_stream("tbl", lambda event, context: seen.append(keys_of(event)), FilterCriteria=criteria)
    put(database, *"abcdef")
    report = database.drain()
    assert (seen, report.total, mapping.metrics.records) == (["bd"], 1, 2)


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"BatchSize": 0}, "BatchSize must be a number from 1 to 10000, not 0"),
        ({"BatchSize": True}, "BatchSize must be a number"),
        ({"MaximumRetryAttempts": -2}, "or -1 for no bound, not -2"),
        ({"MaximumRecordAgeInSeconds": 59}, "from 60 to 604800"),
        ({"ParallelizationFactor": 11}, "from 1 to 10"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "must be one of TRIM_HORIZON, LATEST"),
        ({"FunctionResponseTypes": ["Nonsense"]}, "knows ReportBatchItemFailures, not Nonsense"),
        ({"TumblingWindowInSeconds": 10, "ParallelizationFactor": 2}, "needs a ParallelizationFactor of 1"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}, "it is no JSON"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": "b"}'}]}}, "'a' must be an object or a list"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": []}'}]}}, "the list of 'a' is empty"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": [{"like": "b"}]}'}]}}, "rules are prefix, suffix"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": [{"numeric": [">"]}]}'}]}}, "numeric takes pairs"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}] * 6}}, "at most 5 filters"),
        ({"DestinationConfig": {"OnFailure": {"Destination": 5}}}, "a destination is a callable"),
        ({"DestinationConfig": {"OnFailure": {"Destination": "x:table/nowhere"}}}, "whose key attributes are strings"),
        ({"Timeout": 0}, "Timeout must be more than 0"),
    ],
)
def test_wrong_settings_are_refused(database: Database, parameters: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        database.on_stream("tbl", print, **parameters)


def test_what_cannot_be_mapped_is_refused(database: Database) -> None:
    with pytest.raises(TypeError, match=r"has no parameter Batchsize; it has .*BatchSize"):
        database.on_stream("tbl", print, Batchsize=1)
    with pytest.raises(ResourceNotFound):
        database.on_stream("nowhere", print)
    with pytest.raises(ResourceNotFound, match="Function not found"):
        database.on_stream("tbl", "nowhere")
    with pytest.raises(TypeError, match="cannot be called"):
        database.on_stream("tbl", 5)
    database.execute("CreateTable", create_table_request("plain", {"key": ["pk S"]}))
    with pytest.raises(ValueError, match="has no enabled stream"):
        database.on_stream("plain", print)
    database.on_stream("tbl", print)
    with pytest.raises(ValueError, match="onto print already"):
        database.on_stream("tbl", print)
