"""Explaining a request on a database of this process. It is exact, because it is the operation, on a shadow."""

from __future__ import annotations

from math import ceil
from typing import TypedDict

from minidynamo.errors import DuplicateItem, DynamoError
from minidynamo.expressions.binding import bind
from minidynamo.expressions.bound import Bound
from minidynamo.insight.explaining.better import Asked, asked_by_request, asked_by_statement, better_ways, items_read_by
from minidynamo.insight.explaining.changes import changes_of
from minidynamo.insight.explaining.explanation import Explanation
from minidynamo.insight.explaining.ranges import Place, places_of, ranges_of
from minidynamo.insight.explaining.rehearsal import Rehearsal
from minidynamo.insight.known_tables import KnownTable, known_of_state
from minidynamo.insight.noted import has_more, is_consistent, items_kept, items_read
from minidynamo.limits import PAGE_SIZE_BYTES_MAX
from minidynamo.metrics.asked_capacity import read_and_written
from minidynamo.operations.context import OperationContext
from minidynamo.requests.operations import TRANSACTION, named
from minidynamo.requests.statements import is_write
from minidynamo.requests.subjects import parts_of
from minidynamo.schema.arns import bare_name
from minidynamo.tables.capacity import read_units
from minidynamo.values.api_types import Request

_CONDITIONS = ("ConditionExpression", "Expected")
_TRANSACTIONS = named(subjects=(TRANSACTION,)) | {"ExecuteTransaction"}


def explain_request(context: OperationContext, operation: str, request: Request) -> Explanation:
    """What a request would read, change and cost. Nothing is changed, and nothing is metered.

    Parameters:
        context: the database.
        operation: the API name of a read or write of items, or of statements of PartiQL.
        request: its members.

    Raises:
        DynamoError: the request is wrong, in the service's words, or it is no such operation.
    """
    with context.lock:
        rehearsal = Rehearsal(context, operation, request)
        places = places_of(context, rehearsal)
        return _explained(context, rehearsal, places)


def _explained(context: OperationContext, rehearsal: Rehearsal, places: dict[str, Place]) -> Explanation:
    operation, request, response = rehearsal.operation, rehearsal.request, rehearsal.response or {}
    writes = is_write(operation, request)
    bound = _query_bound(operation, request)
    part = next(iter(parts_of(request)), None)
    table = context.catalog.find(bare_name(part.table)) if part is not None else None
    first = None if part is None else part.index_name
    known = None if table is None else known_of_state(table.state)
    asked = None if known is None else _asked(context, rehearsal, known, bound)
    read, written = read_and_written(rehearsal.consumed)
    return Explanation(
        operation,
        "" if table is None else table.name,
        first,
        read_units=read,
        write_units=written,
        reads=() if writes else ranges_of(rehearsal, places, bound),
        items_read=0 if writes else _items_read(context, rehearsal, asked),
        items_kept=0 if writes else items_kept(response),
        has_more=has_more(response),
        **_estimates(places, rehearsal, asked),
        is_consistent=is_consistent(operation, request),
        changes=changes_of(rehearsal.batches, places, 2.0 if operation in _TRANSACTIONS else 1.0),
        condition=_condition(rehearsal),
        error=None if rehearsal.error is None else f"{rehearsal.error.code}: {rehearsal.error.message}",
        better=() if asked is None or known is None else better_ways(context, asked, known),
        remarks=_remarks(operation, rehearsal),
    )


def _items_read(context: OperationContext, rehearsal: Rehearsal, asked: Asked | None) -> int:
    """How many items are read; of a SELECT that filters nothing, those that it shows."""
    if rehearsal.operation == "ExecuteStatement" and asked is not None and "NextToken" not in rehearsal.request:
        return items_read_by(context, asked)
    return 0 if rehearsal.response is None else items_read(rehearsal.response)


def _asked(context: OperationContext, rehearsal: Rehearsal, table: KnownTable, bound: Bound | None) -> Asked | None:
    """What a read asks for that may be had in a cheaper way."""
    if rehearsal.operation in ("Query", "Scan"):
        return asked_by_request(context, rehearsal, () if bound is None else bound.key_clauses or ())
    return asked_by_statement(rehearsal, table) if rehearsal.operation == "ExecuteStatement" else None


def _query_bound(operation: str, request: Request) -> Bound | None:
    if operation != "Query":
        return None
    try:
        return bind(request, needs_key_condition=True)
    except DynamoError:
        return None


# Members of requests that ask for a part.
_PARTIAL = frozenset({"Segment", "ExclusiveStartKey"})


class _Estimates(TypedDict, total=False):
    """What is told of all pages of a read."""

    pages_estimate: int
    units_estimate: float


def _estimates(places: dict[str, Place], rehearsal: Rehearsal, asked: Asked | None) -> _Estimates:
    """About how many pages a read has, and what they take together: as counted, or by the sizes of partitions."""
    request = rehearsal.request
    if rehearsal.operation == "Query" and asked is not None and asked.pages > 1:
        return {"pages_estimate": asked.pages, "units_estimate": asked.units}
    if rehearsal.operation != "Scan" or not _PARTIAL.isdisjoint(request):
        return {}
    wanted = request.get("IndexName")
    keyspace = next((each.keyspace for each in places.values() if each.index == wanted), None)
    if keyspace is None:
        return {}
    size, limit = keyspace.size_bytes, request.get("Limit")
    assert size >= 0, f"a keyspace of {size} bytes"
    pages = max(ceil(size / PAGE_SIZE_BYTES_MAX), ceil(keyspace.item_count / limit) if limit else 1)
    return {"pages_estimate": pages, "units_estimate": read_units(size, bool(request.get("ConsistentRead")))}


def _condition(rehearsal: Rehearsal) -> str | None:
    """Whether what the request demands of the present state holds; None where it demands nothing."""
    if isinstance(rehearsal.error, DuplicateItem):
        return None  # That is no condition of the statement's.
    if rehearsal.error is not None:
        return "fails"
    demands = any(name in part.parameters for part in parts_of(rehearsal.request) for name in _CONDITIONS)
    return "holds" if demands else None


def _remarks(operation: str, rehearsal: Rehearsal) -> tuple[str, ...]:
    if rehearsal.error is not None and rehearsal.error.code == "ConditionalCheckFailedException":
        return ("a write whose condition fails takes the units of the item that is there, and at least 1 WRU",)
    if operation not in _TRANSACTIONS:
        return ()
    if any(not each.is_write for each in rehearsal.consumed) and is_write(operation, rehearsal.request):
        return ("the token of this transaction was used before: it is answered again, and changes nothing",)
    return ("a transaction takes twice the units of its actions in tables, and as many as ever in global indexes",)
