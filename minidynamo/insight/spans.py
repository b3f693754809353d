"""Spans of OpenTelemetry for requests of embedded clients: a listener made from a tracer.

Names and attributes are those that its instrumentation of boto3 gives, so that nothing changes in a trace where one
takes the place of the other. No value of a key or an item goes into a span, and no message of an error, which may
quote one. OpenTelemetry is no dependency: anything that starts spans as its tracers do will serve.

Source: OpenTelemetry, "Semantic conventions for AWS DynamoDB", and "Semantic conventions for database client calls".
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from minidynamo.arguments import require
from minidynamo.insight.known_tables import KnownTables
from minidynamo.insight.observed import Listener, Observed
from minidynamo.metrics.asked_capacity import Consumed
from minidynamo.metrics.named_tables import names_of_tables
from minidynamo.schema.arns import bare_name

AttributeValue = str | bool | int | float | Sequence[str]
"""What an attribute of a span may be."""

# Members of a request that an attribute shows as they are, if they are of their type.
_OF_REQUESTS: tuple[tuple[str, type, str], ...] = (
    ("IndexName", str, "aws.dynamodb.index_name"),
    ("Limit", int, "aws.dynamodb.limit"),
    ("ConsistentRead", bool, "aws.dynamodb.consistent_read"),
    ("ProjectionExpression", str, "aws.dynamodb.projection"),
    ("Select", str, "aws.dynamodb.select"),
    ("ScanIndexForward", bool, "aws.dynamodb.scan_forward"),
    ("Segment", int, "aws.dynamodb.segment"),
    ("TotalSegments", int, "aws.dynamodb.total_segments"),
)
# The same of responses.
_OF_RESPONSES: tuple[tuple[str, type, str], ...] = (
    ("Count", int, "aws.dynamodb.count"),
    ("ScannedCount", int, "aws.dynamodb.scanned_count"),
)


class Span(Protocol):
    """A span that was started."""

    def set_status(self, status: object) -> None:
        """Says how it went."""
        ...

    def end(self, end_time: int | None = None) -> None:
        """Ends it, at a time in nanoseconds."""
        ...


class Tracer(Protocol):
    """What starts spans; each is a child of the one that is current."""

    def start_span(self, name: str, **options: object) -> Span:
        """Starts a span; options are `kind`, `attributes` and `start_time` in nanoseconds."""
        ...


def span_listener(tracer: Tracer) -> Listener:
    """A listener that makes a span of each request, as a child of the span that is current where it was made.

    Times are the machine's, since those of its parents are, whatever clock a database has.

    Parameters:
        tracer: what starts spans, such as `opentelemetry.trace.get_tracer("shop")`.

    Raises:
        TypeError: the tracer starts no spans.
    """
    takes = 'a tracer, such as opentelemetry.trace.get_tracer("shop")'
    require(callable(getattr(tracer, "start_span", None)), "tracer", takes, tracer)

    def listen(observed: Observed) -> None:
        end = time.time_ns()
        options: dict[str, object] = {
            "attributes": attributes_of_span(observed),
            "start_time": end - round(max(0.0, observed.seconds) * 1e9),
        }
        kind = _of_opentelemetry("SpanKind", "CLIENT")
        if kind is not None:
            options["kind"] = kind
        span = tracer.start_span(f"DynamoDB.{observed.operation}", **options)
        status = _of_opentelemetry("StatusCode", "ERROR")
        if observed.error is not None and status is not None:
            span.set_status(status)
        span.end(end_time=end)

    return listen


def attributes_of_span(observed: Observed) -> dict[str, AttributeValue]:
    """The attributes of the span of a request."""
    attributes: dict[str, AttributeValue] = {
        "db.system.name": "aws.dynamodb",
        "db.operation.name": observed.operation,
    }
    tables = names_of_tables(observed.request)
    if tables:
        attributes["aws.dynamodb.table_names"] = tables
    attributes |= _shown(observed.request, _OF_REQUESTS)
    if observed.response is not None:
        attributes |= _shown(observed.response, _OF_RESPONSES)
        if observed.operation == "ListTables":
            attributes["aws.dynamodb.table_count"] = len(observed.response["TableNames"])
    if observed.consumed:
        attributes["aws.dynamodb.consumed_capacity"] = _capacities(observed.consumed, observed.tables)
    if observed.error is not None:
        attributes["error.type"] = observed.error.code
    return attributes


def _shown(members: Mapping[str, object], rows: Sequence[tuple[str, type, str]]) -> dict[str, AttributeValue]:
    shown: dict[str, AttributeValue] = {}
    for member, kind, attribute in rows:
        value = members.get(member)
        if type(value) is kind:  # Not isinstance(): True is no Limit. A request that was refused may have anything.
            assert isinstance(value, str | bool | int), f"{attribute} shows {kind.__name__}"
            shown[attribute] = value
    return shown


def _capacities(consumed: Sequence[Consumed], tables: KnownTables) -> list[str]:
    """The units of each table as ConsumedCapacity tells them, as texts of JSON."""
    told: dict[str, dict[str, object]] = {}
    totals: dict[str, float] = {}
    for each in consumed:
        name = bare_name(each.table)
        capacity = told.setdefault(name, {"TableName": name, "CapacityUnits": 0.0})
        capacity["CapacityUnits"] = totals[name] = totals.get(name, 0.0) + each.units
        units = {"CapacityUnits": each.units}
        if each.index_name is None:
            capacity["Table"] = units
            continue
        known = tables.find(each.table)
        index = None if known is None else known.index(each.index_name)
        kind = "LocalSecondaryIndexes" if index is not None and index.is_local else "GlobalSecondaryIndexes"
        indexes = capacity.setdefault(kind, {})
        assert isinstance(indexes, dict), f"{kind} of {name} are not told by name"
        indexes[each.index_name] = units
    return [json.dumps(capacity) for capacity in told.values()]


def _of_opentelemetry(name: str, member: str) -> object | None:
    """A constant of OpenTelemetry's, where that has been imported, as it has been by whoever has a tracer of it."""
    constants = getattr(sys.modules.get("opentelemetry.trace"), name, None)
    return getattr(constants, member, None)
