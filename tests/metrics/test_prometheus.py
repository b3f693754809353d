"""What a scrape gets: requests, units, latencies, tables and mappings, as Prometheus's own parser reads it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

import minidynamo
from minidynamo import ManualClock
from minidynamo.errors import DynamoError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.metrics import request_counts
from minidynamo.metrics.asked_capacity import Consumed
from minidynamo.metrics.prometheus import Family
from minidynamo.metrics.request_counts import LATENCY_BOUNDS, RequestCounts

parser: Any = pytest.importorskip("prometheus_client.parser", reason="prometheus_client is not installed")

STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
SHOP = create_table_request("Shop", {"key": ["pk S"], "gsi": {"by_a": {"key": ["a S"]}}, "extra": STREAM})
ITEM = {"pk": {"S": "x"}, "a": {"S": "y"}}


@pytest.fixture
def database() -> Iterator[minidynamo.Database]:
    database = minidynamo.connect(clock=ManualClock())
    database.metrics
    database.execute("CreateTable", SHOP)
    yield database
    text = database.metrics.prometheus()
    # Each line as the format has it: what a parser lets pass, a scraper may not.
    assert text.endswith("\n") and all(line.startswith("# ") or " " in line for line in text.splitlines())
    families = list(parser.text_string_to_metric_families(text))
    samples = [(each.name, tuple(sorted(each.labels.items()))) for family in families for each in family.samples]
    assert len(samples) == len(set(samples)), "a sample came twice"
    assert all(family.documentation and family.type != "unknown" for family in families)


def samples(text: str, name: str) -> dict[tuple[str, ...], float]:
    """The samples of a name by the values of their labels."""
    families = parser.text_string_to_metric_families(text)
    return {
        tuple(each.labels.values()): each.value for family in families for each in family.samples if each.name == name
    }


def test_requests_by_operation_table_and_error(database: minidynamo.Database) -> None:
    for _ in range(2):
        database.execute("PutItem", {"TableName": "Shop", "Item": ITEM})
    database.execute("ListTables", {})
    for request in ({"TableName": "Nope", "Item": ITEM}, {"TableName": "Shop", "Item": {}}):
        with pytest.raises(DynamoError):
            database.execute("PutItem", request)
    assert samples(database.metrics.prometheus(), "minidynamo_requests_total") == {
        ("CreateTable", "Shop", ""): 1,
        ("PutItem", "Shop", ""): 2,
        ("ListTables", "", ""): 1,
        ("PutItem", "", "ResourceNotFoundException"): 1,
        ("PutItem", "Shop", "ValidationException"): 1,
    }


def test_a_request_on_several_tables_is_one_request(database: minidynamo.Database) -> None:
    database.execute("CreateTable", create_table_request("Other", {"key": ["pk S"]}))
    put = {"PutRequest": {"Item": ITEM}}
    database.execute("BatchWriteItem", {"RequestItems": {"Shop": [put], "Other": [put]}})
    text = database.metrics.prometheus()
    assert samples(text, "minidynamo_requests_total")["BatchWriteItem", "(several)", ""] == 1
    assert samples(text, "minidynamo_capacity_units_total") == {
        ("Shop", "", "write"): 1,
        ("Shop", "by_a", "write"): 1,
        ("Other", "", "write"): 1,
    }


def test_units_are_those_of_the_answers(database: minidynamo.Database) -> None:
    arn = database.execute("DescribeTable", {"TableName": "Shop"})["Table"]["TableArn"]
    database.execute("PutItem", {"TableName": arn, "Item": ITEM})
    told = database.execute("Scan", {"TableName": "Shop", "IndexName": "by_a", "ReturnConsumedCapacity": "TOTAL"})
    assert told["ConsumedCapacity"] == {"TableName": "Shop", "CapacityUnits": 0.5}
    found = samples(database.metrics.prometheus(), "minidynamo_capacity_units_total")
    assert found["Shop", "by_a", "read"] == 0.5
    assert found["Shop", "", "write"] == found["Shop", "by_a", "write"] == 1


def test_latencies_fall_into_buckets_that_add_up() -> None:
    counts = RequestCounts()
    for seconds in (0.0, 0.0001, 0.00011, 0.3, 7.0):
        counts.note("GetItem", ["Shop"], "", seconds)
    text = "".join(each.text for each in counts.families())
    buckets = samples(text, "minidynamo_request_seconds_bucket")
    assert list(buckets) == [("GetItem", repr(bound)) for bound in LATENCY_BOUNDS] + [("GetItem", "+Inf")]
    assert list(buckets.values()) == [2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5]
    assert samples(text, "minidynamo_request_seconds_count") == {("GetItem",): 5}
    assert math.isclose(samples(text, "minidynamo_request_seconds_sum")[("GetItem",)], 7.30021)


def test_each_request_has_a_latency(database: minidynamo.Database) -> None:
    """By the machine's time, whatever clock the database has."""
    text = database.metrics.prometheus()
    assert samples(text, "minidynamo_request_seconds_count") == {("CreateTable",): 1}
    assert samples(text, "minidynamo_request_seconds_sum")[("CreateTable",)] > 0


def test_tables_and_indexes_as_they_are(database: minidynamo.Database) -> None:
    database.execute("PutItem", {"TableName": "Shop", "Item": ITEM})
    database.execute("PutItem", {"TableName": "Shop", "Item": {"pk": {"S": "z"}}})
    text = database.metrics.prometheus()
    assert samples(text, "minidynamo_table_items") == {("Shop", ""): 2, ("Shop", "by_a"): 1}
    described = database.execute("DescribeTable", {"TableName": "Shop"})["Table"]
    assert samples(text, "minidynamo_table_bytes")["Shop", ""] == described["TableSizeBytes"]
    assert samples(text, "minidynamo_partitions") == {
        ("Shop", each or ""): sum(one.index == each for one in database.partitions("Shop")) for each in (None, "by_a")
    }
    database.execute("DeleteTable", {"TableName": "Shop"})
    assert samples(database.metrics.prometheus(), "minidynamo_partitions") == {}


def test_how_old_changes_are_when_functions_get_them(database: minidynamo.Database) -> None:
    @database.on_stream("Shop")
    def total(event: Any, context: Any) -> None:
        pass

    database.execute("PutItem", {"TableName": "Shop", "Item": ITEM})
    database.clock.advance(7)  # type: ignore[attr-defined]
    database.drain()
    found = samples(database.metrics.prometheus(), "minidynamo_iterator_age_seconds")
    assert found == {("Shop", "total"): 7}


def test_tables_that_there_are_not_make_no_labels() -> None:
    counts = RequestCounts()
    for number in range(100):
        counts.note("GetItem", [f"Nope{number}"], "ResourceNotFoundException", 0.0)
        counts.note(f"Do{number}", [], "UnknownOperationException", 0.0)
    text = "".join(each.text for each in counts.families())
    assert samples(text, "minidynamo_requests_total") == {
        ("GetItem", "", "ResourceNotFoundException"): 100,
        ("(others)", "", "UnknownOperationException"): 100,
    }


def test_tables_and_indexes_beyond_the_bound_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_counts, "_TABLES_MAX", 2)
    monkeypatch.setattr(request_counts, "_INDEXES_MAX", 1)
    counts = RequestCounts()
    for table in ("One", "Two", "Three", "Four"):
        counts.note("Query", [table], "", 0.0, [Consumed(table, "by_a", 0.5, False)])
    text = "".join(each.text for each in counts.families())
    assert samples(text, "minidynamo_requests_total") == {
        ("Query", "One", ""): 1,
        ("Query", "Two", ""): 1,
        ("Query", "(others)", ""): 2,
    }
    assert samples(text, "minidynamo_capacity_units_total") == {
        ("One", "by_a", "read"): 0.5,
        ("Two", "(others)", "read"): 0.5,
        ("(others)", "(others)", "read"): 1.0,
    }


def test_any_label_is_read_back_as_it_is() -> None:
    family = Family("some_total", 'told by "some"\nwith \\', "counter")
    family.add({"table": 'a"b\\c\nd{}='}, 1)
    assert samples(family.text, "some_total") == {('a"b\\c\nd{}=',): 1}
    (read,) = parser.text_string_to_metric_families(family.text)
    assert read.documentation == 'told by "some"\nwith \\'


def test_every_family_of_cloudwatch_is_read_too(database: minidynamo.Database) -> None:
    database.execute("PutItem", {"TableName": "Shop", "Item": ITEM})
    names = [each.name for each in parser.text_string_to_metric_families(database.metrics.prometheus())]
    assert len(names) == len(set(names))
    assert {"minidynamo_requests", "minidynamo_request_seconds", "aws_dynamodb_successful_request_latency_sum"} <= {
        *names
    }
