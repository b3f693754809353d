"""Each request of an observed database becomes a span, by OpenTelemetry's conventions, and tells no values."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

import minidynamo
from minidynamo.errors import ResourceNotFound
from minidynamo.formats.short_tables import create_table_request
from minidynamo.insight.spans import span_listener

trace: Any = pytest.importorskip("opentelemetry.trace", reason="opentelemetry-sdk is not installed")
sdk: Any = pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed")

SHAPE: dict[str, Any] = {
    "key": ["pk S", "sk S"],
    "gsi": {"by_a": {"key": ["a S"]}},
    "lsi": {"by_b": {"key": ["pk S", "b S"]}},
}
STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
SHOP = create_table_request("Shop", SHAPE)
SECRET = "a value that no span may show"
ITEM = {"pk": {"S": SECRET}, "sk": {"S": SECRET}, "a": {"S": SECRET}, "b": {"S": SECRET}}


class Traced:
    """A database whose requests are traced, and the spans that come of them."""

    def __init__(self, **settings: Any) -> None:
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        self._exporter = InMemorySpanExporter()
        provider = sdk.TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("tests")
        self.database = minidynamo.connect(**settings)

    def spans(self) -> list[Any]:
        return list(self._exporter.get_finished_spans())

    def attributes(self) -> dict[str, Any]:
        """Those of the last span, of DynamoDB alone."""
        found = dict(self.spans()[-1].attributes)
        return {name.removeprefix("aws.dynamodb."): value for name, value in found.items() if "dynamodb." in name}

    def capacity(self) -> list[Any]:
        return [json.loads(text) for text in self.attributes()["consumed_capacity"]]


@pytest.fixture
def traced() -> Iterator[Traced]:
    traced = Traced()
    with minidynamo.observe(traced.database, tracer=traced.tracer):
        traced.database.execute("CreateTable", SHOP)
        traced.database.execute("PutItem", {"TableName": "Shop", "Item": ITEM})
        yield traced
    assert all(SECRET not in span.to_json() for span in traced.spans())


def test_a_span_is_named_and_of_a_client(traced: Traced) -> None:
    create, put = traced.spans()
    assert [create.name, put.name] == ["DynamoDB.CreateTable", "DynamoDB.PutItem"]
    assert put.kind is trace.SpanKind.CLIENT
    assert put.attributes["db.system.name"] == "aws.dynamodb"
    assert put.attributes["db.operation.name"] == "PutItem"
    assert create.attributes["aws.dynamodb.table_names"] == put.attributes["aws.dynamodb.table_names"] == ("Shop",)
    assert put.status.status_code is trace.StatusCode.UNSET


def test_units_are_told_by_table_and_index_as_texts_of_json(traced: Traced) -> None:
    """Also where the caller asks for none, who then sees none."""
    assert traced.capacity() == [
        {
            "TableName": "Shop",
            "CapacityUnits": 3.0,
            "Table": {"CapacityUnits": 1.0},
            "LocalSecondaryIndexes": {"by_b": {"CapacityUnits": 1.0}},
            "GlobalSecondaryIndexes": {"by_a": {"CapacityUnits": 1.0}},
        }
    ]


def test_what_a_query_asks_and_reads(traced: Traced) -> None:
    query = {
        "TableName": traced.database.execute("DescribeTable", {"TableName": "Shop"})["Table"]["TableArn"],
        "IndexName": "by_a",
        "KeyConditionExpression": "a = :a",
        "FilterExpression": "b <> :a",
        "ExpressionAttributeValues": {":a": {"S": SECRET}},
        "ProjectionExpression": "pk, sk",
        "Limit": 7,
        "ScanIndexForward": False,
        "ConsistentRead": False,
        "Select": "SPECIFIC_ATTRIBUTES",
    }
    assert "ConsumedCapacity" not in traced.database.execute("Query", query)
    attributes = traced.attributes()
    attributes.pop("consumed_capacity")
    assert attributes == {
        "table_names": ("Shop",),
        "index_name": "by_a",
        "projection": "pk, sk",
        "limit": 7,
        "scan_forward": False,
        "consistent_read": False,
        "select": "SPECIFIC_ATTRIBUTES",
        "count": 0,
        "scanned_count": 1,
    }


def test_segments_of_a_scan(traced: Traced) -> None:
    traced.database.execute("Scan", {"TableName": "Shop", "Segment": 0, "TotalSegments": 1})
    assert (traced.attributes()["segment"], traced.attributes()["total_segments"]) == (0, 1)


def test_all_tables_of_a_batch(traced: Traced) -> None:
    traced.database.execute("CreateTable", create_table_request("Other", {"key": ["pk S"]}))
    put = {"PutRequest": {"Item": {**ITEM, "pk": {"S": "new"}}}}
    traced.database.execute("BatchWriteItem", {"RequestItems": {"Shop": [put], "Other": [put]}})
    assert traced.attributes()["table_names"] == ("Shop", "Other")
    assert {each["TableName"]: each["CapacityUnits"] for each in traced.capacity()} == {"Shop": 3.0, "Other": 1.0}


def test_tables_of_statements(traced: Traced) -> None:
    traced.database.execute("ExecuteStatement", {"Statement": f"SELECT * FROM Shop WHERE pk = '{SECRET}'"})
    assert traced.attributes()["table_names"] == ("Shop",)


def test_how_many_tables_are_listed(traced: Traced) -> None:
    traced.database.execute("ListTables", {"Limit": 3})
    assert traced.attributes() == {"limit": 3, "table_count": 1}


def test_an_error_is_told_by_its_code(traced: Traced) -> None:
    with pytest.raises(ResourceNotFound):
        traced.database.execute("GetItem", {"TableName": "Nope", "Key": {"pk": {"S": SECRET}}})
    span = traced.spans()[-1]
    assert span.status.status_code is trace.StatusCode.ERROR
    assert span.attributes["error.type"] == "ResourceNotFoundException"
    assert span.attributes["aws.dynamodb.table_names"] == ("Nope",)


@pytest.mark.parametrize(
    "request_members",
    [
        {"TableName": {"S": SECRET}, "Limit": {"S": SECRET}, "IndexName": [SECRET], "Select": {SECRET: 1}},
        {"TableName": "Shop", "Limit": True, "ConsistentRead": "yes", "ProjectionExpression": 3},
    ],
)
def test_a_malformed_request_is_traced_without_what_is_malformed(traced: Traced, request_members: Any) -> None:
    with pytest.raises(minidynamo.DynamoError):
        traced.database.execute("Scan", request_members)
    assert traced.attributes().keys() <= {"table_names"}
    assert traced.spans()[-1].name == "DynamoDB.Scan"


def test_an_error_that_quotes_a_value_is_not_quoted(traced: Traced) -> None:
    with pytest.raises(minidynamo.DynamoError, match=SECRET):
        item = {**ITEM, "n": {"N": SECRET}}
        traced.database.execute("PutItem", {"TableName": "Shop", "Item": item})


def test_it_is_a_child_of_the_current_span_and_within_it() -> None:
    """By the machine's time, whatever the database's clock says."""
    traced = Traced(clock=minidynamo.ManualClock())
    with (
        minidynamo.observe(traced.database, tracer=traced.tracer),
        traced.tracer.start_as_current_span("checkout") as parent,
    ):
        traced.database.execute("ListTables", {})
    child = traced.spans()[0]
    assert child.parent.span_id == parent.context.span_id
    assert parent.start_time <= child.start_time < child.end_time <= parent.end_time


def test_a_span_is_as_long_as_its_request() -> None:
    traced = Traced()
    before = time.time_ns()
    with minidynamo.observe(traced.database, tracer=traced.tracer):
        traced.database.execute("CreateTable", SHOP)
    (span,) = traced.spans()
    assert before <= span.start_time < span.end_time <= time.time_ns()


def test_spans_of_handlers_are_made_too() -> None:
    traced = Traced()
    traced.database.execute("CreateTable", create_table_request("Shop", {**SHAPE, "extra": STREAM}))
    client = traced.database.client()

    @traced.database.on_stream("Shop")
    def total(event: Any, context: Any) -> None:
        client.list_tables()

    with minidynamo.observe(traced.database, tracer=traced.tracer):
        client.put_item(TableName="Shop", Item=ITEM)
        traced.database.drain()
    assert [span.name for span in traced.spans()].count("DynamoDB.ListTables") == 1


def test_nothing_is_traced_afterwards(traced: Traced) -> None:
    other = Traced()
    with minidynamo.observe(other.database, tracer=other.tracer):
        pass
    other.database.execute("ListTables", {})
    assert other.spans() == []


def test_any_tracer_that_starts_spans_will_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where OpenTelemetry is not imported, kind and status are left open."""
    import sys

    monkeypatch.delitem(sys.modules, "opentelemetry.trace")
    started: list[tuple[str, set[str]]] = []

    class Plain:
        def start_span(self, name: str, **options: object) -> Plain:
            started.append((name, set(options)))
            return self

        def set_status(self, status: object) -> None:
            raise AssertionError("there is no status to set")

        def end(self, end_time: int | None = None) -> None:
            started.append((f"ended {end_time is not None}", set()))

    database = minidynamo.connect()
    with minidynamo.observe(database, tracer=Plain()), pytest.raises(ResourceNotFound):
        database.execute("DeleteTable", {"TableName": "Nope"})
    assert started == [("DynamoDB.DeleteTable", {"attributes", "start_time"}), ("ended True", set())]


def test_what_starts_no_spans_is_refused() -> None:
    with pytest.raises(TypeError, match=r"tracer takes a tracer, such as opentelemetry.trace.get_tracer\(\"shop\"\)"):
        span_listener("otel")  # type: ignore[arg-type]
