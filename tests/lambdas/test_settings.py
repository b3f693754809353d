"""Filters and other settings of a mapping: what they let pass, and which are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from minidynamo import Database
from minidynamo.errors import ResourceNotFound
from minidynamo.formats.short_tables import create_table_request
from minidynamo.lambdas.filter_patterns import compiled_filters
from tests.lambdas.streaming_table import keys_of, put
from tests.simulation.test_arguments import told

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


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"StartingPosition": ["LATEST"]}, "StartingPosition takes TRIM_HORIZON or LATEST, not a list"),
        ({"BisectBatchOnFunctionError": "no"}, "BisectBatchOnFunctionError takes True or False, not 'no'"),
        ({"Enabled": "no"}, "Enabled takes True or False, not 'no'"),
        ({"FunctionResponseTypes": "ReportBatchItemFailures"}, "FunctionResponseTypes takes a list of names, such as"),
        ({"FunctionResponseTypes": [5]}, "FunctionResponseTypes takes a list of names, such as"),
        ({"FilterCriteria": "{}"}, "FilterCriteria takes filters, such as"),
        ({"FilterCriteria": [{"Pattern": "{}"}]}, "FilterCriteria takes filters, such as"),
        ({"DestinationConfig": print}, "DestinationConfig takes where failed batches go, such as"),
        ({"Timeout": "3"}, "Timeout takes a number of seconds, not '3'"),
        ({"Timeout": True}, "Timeout takes a number of seconds, not True"),
    ],
)
def test_settings_of_wrong_types_are_refused(database: Database, parameters: Any, fault: str) -> None:
    """As a decorator, too, before there is anything to decorate."""
    for handler in (print, None):
        assert fault in told(lambda handler=handler: database.on_stream("tbl", handler, **parameters), TypeError)  # type: ignore[misc]
    assert database.functions.mappings == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"FilterCriteria": {"Filter": []}},
        {"FilterCriteria": {"Filters": "{}"}},
        {"FilterCriteria": {"Filters": ["{}"]}},
        {"FilterCriteria": {"Filters": [{"pattern": "{}"}]}},
        {"FilterCriteria": {"Filters": [{"Pattern": {}}]}},
        {"DestinationConfig": {"OnSuccess": {"Destination": print}}},
        {"DestinationConfig": {"OnFailure": print}},
        {"DestinationConfig": {"OnFailure": {"Dest": print}}},
    ],
)
def test_settings_of_wrong_shapes_are_refused(database: Database, parameters: Any) -> None:
    (name,) = parameters
    assert f"{name} takes " in told(lambda: database.on_stream("tbl", print, **parameters), ValueError)


@pytest.mark.parametrize(
    ("kind", "call", "text"),
    [
        (TypeError, lambda it: it.register(5, print), "name takes the name of a function, not 5"),
        (ValueError, lambda it: it.register("", print), "name takes the name of a function, not ''"),
        (ValueError, lambda it: it.register("f:1", print), "name takes the name of a function, not 'f:1'"),
        (TypeError, lambda it: it.register("f", print, Timeout="3"), "Timeout takes a number of seconds, not '3'"),
        (TypeError, lambda it: it.register("f", print, ReservedConcurrency=1.5), "takes a whole number, not 1.5"),
        (TypeError, lambda it: it.register("f", print, MaximumEventAgeInSeconds="60"), "a number of seconds, not '60'"),
        (TypeError, lambda it: it.register("f", print, MaximumRetryAttempts=1.5), "takes a whole number, not 1.5"),
        (TypeError, lambda it: it.invoke(print), "name takes the name or the ARN of a function, not a"),
        (
            TypeError,
            lambda it: it.invoke("known", Qualifier=1),
            "Qualifier takes a version or an alias, such as '1', n",
        ),
        (
            ValueError,
            lambda it: it.invoke("known", "not JSON"),
            "payload takes what JSON can say, or JSON as a text: E",
        ),
        (
            TypeError,
            lambda it: it.invoke("known", {1}),
            "payload takes what JSON can say, or JSON as a text: Object of",
        ),
        (TypeError, lambda it: it.publish_version(5), "name takes the name or the ARN of a function, not 5"),
        (TypeError, lambda it: it.put_alias("known", "live", 1), "version takes a version or an alias, such as '1', n"),
        (TypeError, lambda it: it.stop("3"), "timeout takes a number of seconds, not '3'"),
    ],
)
def test_functions(database: Database, kind: type[Exception], call: Callable[[Any], object], text: str) -> None:
    database.functions.register("known", print)
    assert text in told(lambda: call(database.functions), kind)


def test_what_cannot_be_mapped_is_refused(database: Database) -> None:
    with pytest.raises(TypeError, match=r"has no parameter Batchsize; it has .*BatchSize"):
        database.on_stream("tbl", print, Batchsize=1)
    with pytest.raises(ResourceNotFound):
        database.on_stream("nowhere", print)
    with pytest.raises(ResourceNotFound, match="Function not found"):
        database.on_stream("tbl", "nowhere")
    with pytest.raises(TypeError, match="table_name takes the name of a table, not None"):
        database.on_stream(None, print)  # type: ignore[call-overload]
    database.functions.register("known", print)
    with pytest.raises(TypeError, match="Timeout is the function's: give it where known is registered"):
        database.on_stream("tbl", "known", Timeout=5)
    with pytest.raises(TypeError, match="cannot be called"):
        database.on_stream("tbl", 5)
    database.execute("CreateTable", create_table_request("plain", {"key": ["pk S"]}))
    with pytest.raises(ValueError, match="has no enabled stream"):
        database.on_stream("plain", print)
    database.on_stream("tbl", print)
    with pytest.raises(ValueError, match="onto print already"):
        database.on_stream("tbl", print)
