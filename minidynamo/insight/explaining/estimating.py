"""Estimates of reads from the sizes of partitions, where a table is too large to be read for an explanation."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from minidynamo.errors import ValidationError
from minidynamo.expressions.binding import bind
from minidynamo.insight.explaining.explanation import Explanation, Range
from minidynamo.insight.explaining.ranges import keys_asked, places_of
from minidynamo.insight.explaining.rehearsal import Rehearsal
from minidynamo.limits import PAGE_SIZE_BYTES_MAX
from minidynamo.operations.context import OperationContext
from minidynamo.tables.capacity import read_units
from minidynamo.tables.key_range import key_range
from minidynamo.values.api_types import Request

_ESTIMATED = ("Query", "Scan")


def estimate_request(context: OperationContext, operation: str, request: Request) -> Explanation:
    """What a Query or Scan takes at most, by the sizes of the partitions that it reads; one item is read for that.

    Parameters:
        context: the database.
        operation: Query or Scan: others read no more than the items that they name, and are explained exactly.
        request: its members.

    Raises:
        DynamoError: the request is wrong, or no Query or Scan.
    """
    if operation not in _ESTIMATED:
        raise ValidationError(f"analyze=False is for Query and Scan: explain {operation} without it, exactly")
    with context.lock:
        rehearsal = Rehearsal(context, operation, {**request, "Limit": 1})
        bound = bind(request, needs_key_condition=True) if operation == "Query" else None
        wanted = request.get("IndexName")
        place = next(each for each in places_of(context, rehearsal).values() if each.index == wanted)
        start, stop = b"", None
        if bound is not None:
            keys = key_range(place.schema, bound.key_clauses or ())
            start, stop = keys.start, keys.stop
        partitions = [each for each, _ in place.keyspace.map_ranges(start, stop, False)]
        size = sum(each.map.size_bytes for each in partitions)
        items = sum(each.map.item_count for each in partitions)
    is_consistent = bool(request.get("ConsistentRead"))
    count = len(place.keyspace.partitions)
    explained = Explanation(
        operation,
        place.table.name,
        place.index,
        read_units=read_units(min(size, PAGE_SIZE_BYTES_MAX), is_consistent),
        reads=(Range(place.table.name, place.index, keys_asked(rehearsal, bound), len(partitions), count),),
        has_more=size > PAGE_SIZE_BYTES_MAX,
        is_consistent=is_consistent,
        remarks=(f"at most, by the sizes of partitions: {items:,} items of {size:,} bytes; nothing was read",),
    )
    if operation == "Query":
        return explained
    pages = max(1, ceil(size / PAGE_SIZE_BYTES_MAX))
    return replace(explained, pages_estimate=pages, units_estimate=read_units(size, is_consistent))
