"""Scan: all items of a table or index, in the order of their tokens; in parallel segments if asked for."""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.expressions.binding import bind, check_combinations
from minidynamo.messages import KEY_MISMATCH
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.page_reads import (
    START_KEY_INVALID,
    PageRead,
    check_start_schema,
    checked_start_key,
    read_page,
)
from minidynamo.requests.operations import API
from minidynamo.tables.key_range import segment_range
from minidynamo.tables.pages import Reading, position_bytes
from minidynamo.values.api_types import Request, Response
from minidynamo.values.attribute_value import Item

_ROW = API["Scan"]


def scan(context: OperationContext, request: Request) -> Response:
    """Answers with one page of all items, or of one segment."""
    check_combinations(request, _ROW.value_users)
    start_key = checked_start_key(request)
    plan = PageRead.of(request, bind(request, context.wording.layer(_ROW.layers)), start_key)
    start, stop = _range(request)

    def find() -> Reading:
        reading = find_scan(context, plan, start, stop)
        if start_key is not None:
            _resume(reading, request, start_key)
        return reading

    return read_page(context, plan, find)


def find_scan(context: OperationContext, plan: PageRead, start: bytes = b"", stop: bytes | None = None) -> Reading:
    """What a scan of a range of key bytes reads, from its beginning; to be called with the lock held."""
    table = context.catalog.table(plan.table_name)
    return plan.reading(table, plan.find_index(table), start, stop)


def _range(request: Request) -> tuple[bytes, bytes | None]:
    segment, total = request.get("Segment"), request.get("TotalSegments")
    if segment is None and total is None:
        return b"", None
    if total is None:
        raise ValidationError(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter "
            "is present"
        )
    if segment is None:
        raise ValidationError(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments "
            "is present"
        )
    if segment >= total:
        text = "The Segment parameter is zero-based and must be less than parameter TotalSegments"
        longer = f"{text}: Segment: {segment} is not less than TotalSegments: {total}"
        raise ValidationError(text, text_2025=longer)
    return segment_range(segment, total)


def _resume(reading: Reading, request: Request, start_key: Item) -> None:
    check_start_schema(reading.table, reading.index, start_key, "", tail_2025=f": {KEY_MISMATCH}")
    position = position_bytes(reading.table, reading.index, start_key)
    if not (reading.start <= position and (reading.stop is None or position < reading.stop)):
        raise ValidationError(
            f"{START_KEY_INVALID}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
            f"TotalSegments: {request['TotalSegments']} Segment: {request['Segment']}"
        )
    reading.resume_after(position)
