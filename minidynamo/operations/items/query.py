"""Query: the items of one partition key, from a table or an index, in sort key order."""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.expressions.attributes import attributes_of
from minidynamo.expressions.binding import Bound, bind, check_combinations
from minidynamo.expressions.key_condition import require_distinct_attributes
from minidynamo.messages import KEY_MISMATCH, PARAMETERS_INVALID
from minidynamo.operations.context import OperationContext, Request, Response
from minidynamo.operations.items.page_reads import (
    check_select,
    check_start_schema,
    checked_start_key,
    find_index,
    find_reading,
    page_answer,
    printed_key,
)
from minidynamo.requests.operations import API
from minidynamo.tables.key_range import KeyRange, key_range
from minidynamo.tables.pages import Reading, find_and_read, position_bytes, schema_of
from minidynamo.tables.table import Index
from minidynamo.values.attribute_value import Item

_VALUE_USERS = API["Query"].value_users


def query(context: OperationContext, request: Request) -> Response:
    """Answers with one page of the items that satisfy the key condition."""
    check_combinations(request, _VALUE_USERS)
    start_key = checked_start_key(request)
    bound = bind(request, needs_key_condition=True)
    check_select(request, bound)
    reading, page = find_and_read(context.lock, context.engine, lambda: _find(context, request, bound, start_key))
    return page_answer(request, bound, reading, page)


def _find(context: OperationContext, request: Request, bound: Bound, start_key: Item | None) -> Reading:
    """What the request wants to read; to be called with the lock held."""
    assert bound.key_clauses is not None
    table = context.catalog.table(request["TableName"])
    index = find_index(table, request)
    if "KeyConditionExpression" in request:
        require_distinct_attributes(bound.key_clauses)
    keys = key_range(schema_of(table, index), bound.key_clauses)
    _check_filter(bound, schema_of(table, index).names, index)
    is_reversed = not request.get("ScanIndexForward", True)
    reading = find_reading(request, bound, table, index, keys.start, keys.stop, is_reversed)
    if start_key is not None:
        _resume(reading, keys, start_key)
    return reading


def _check_filter(bound: Bound, key_names: tuple[str, ...], index: Index | None) -> None:
    """A query's filter may not mention key attributes, nor attributes that the index does not hold."""
    if bound.filter_tree is None:
        return
    attributes = attributes_of(bound.filter_tree)
    for name in attributes:
        if name in key_names:
            subject = "QueryFilter" if bound.is_legacy_filter else "Filter Expression"
            text = f"{subject} can only contain non-primary key attributes: Primary key attribute: "
            raise ValidationError(text + name)
    missing = [] if index is None else [name for name in attributes if not index.definition.projects(name)]
    if missing:
        assert index is not None
        raise ValidationError(
            f"{PARAMETERS_INVALID}Secondary index {index.name} does not project one or more filter attributes: "
            f"[{', '.join(missing)}]"
        )


def _resume(reading: Reading, keys: KeyRange, start_key: Item) -> None:
    table, index = reading.table, reading.index
    check_start_schema(table, index, start_key, f": {KEY_MISMATCH}", "")
    if index is None and not table.primary_key.sort:
        raise ValidationError(
            "The query can return at most one row and cannot be restarted",
            f"The provided exclusive start key is invalid: ExclusiveStartKey: {printed_key(start_key)}",
        )
    position = position_bytes(table, index, start_key)
    if not position.startswith(keys.prefix):
        raise ValidationError("The provided starting key is outside query boundaries based on provided conditions")
    if not keys.start <= position < keys.stop:
        raise ValidationError("The provided starting key does not match the range key predicate")
    reading.resume_after(position)
