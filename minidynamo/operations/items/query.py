"""Query: the items of one partition key, from a table or an index, in sort key order."""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.expressions.binding import bind, check_combinations
from minidynamo.expressions.bound import Bound
from minidynamo.expressions.key_condition import require_distinct_attributes
from minidynamo.messages import KEY_MISMATCH, PARAMETERS_INVALID
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.page_reads import (
    PageRead,
    check_start_schema,
    checked_start_key,
    printed_key,
    read_page,
)
from minidynamo.requests.operations import API
from minidynamo.tables.key_range import KeyRange, key_range
from minidynamo.tables.pages import Reading, position_bytes, schema_of
from minidynamo.tables.table import Index
from minidynamo.values.api_types import Request, Response
from minidynamo.values.attribute_value import Item

_ROW = API["Query"]


def query(context: OperationContext, request: Request) -> Response:
    """Answers with one page of the items that satisfy the key condition."""
    check_combinations(request, _ROW.value_users)
    start_key = checked_start_key(request)
    plan = PageRead.of(request, bind(request, context.wording.layer(_ROW.layers), needs_key_condition=True), start_key)
    is_expression = "KeyConditionExpression" in request
    return read_page(context, plan, lambda: find_query(context, plan, is_expression))


def find_query(context: OperationContext, plan: PageRead, is_expression: bool = True) -> Reading:
    """What a query reads; to be called with the lock held.

    Parameters:
        plan: whose key clauses are bound.
        is_expression: whether they come from an expression, in which each attribute may be named once.
    """
    bound = plan.bound
    assert bound.key_clauses is not None, f"a query of {plan.table_name} has no key condition"
    table = context.catalog.table(plan.table_name)
    index = plan.find_index(table)
    if is_expression:
        require_distinct_attributes(bound.key_clauses)
    keys = key_range(schema_of(table, index), bound.key_clauses)
    _check_filter(bound, schema_of(table, index).names, index)
    reading = plan.reading(table, index, keys.start, keys.stop)
    if plan.start_key is not None:
        _resume(reading, keys, plan.start_key)
    return reading


def _check_filter(bound: Bound, key_names: tuple[str, ...], index: Index | None) -> None:
    """A query's filter may not mention key attributes, nor attributes that the index does not hold."""
    attributes = () if bound.filter is None else bound.filter.attributes
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
    check_start_schema(table, index, start_key, f": {KEY_MISMATCH}", tail_2025="")
    if index is None and not table.primary_key.sort_key:
        raise ValidationError(
            f"The provided exclusive start key is invalid: ExclusiveStartKey: {printed_key(start_key)}",
            text_2025="The query can return at most one row and cannot be restarted",
        )
    position = position_bytes(table, index, start_key)
    if not position.startswith(keys.prefix):
        raise ValidationError("The provided starting key is outside query boundaries based on provided conditions")
    if not keys.start <= position < keys.stop:
        raise ValidationError("The provided starting key does not match the range key predicate")
    reading.resume_after(position)
