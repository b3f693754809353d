"""What Query and Scan share: Select, projections on indexes, start keys, and the answer made of a page.

Source: DynamoDB API reference, Query and Scan; observed answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minidynamo.errors import ValidationError
from minidynamo.expressions.binding import Bound
from minidynamo.expressions.resolution import printed_value
from minidynamo.messages import KEY_MISMATCH, PARAMETERS_INVALID
from minidynamo.operations.context import Request, Response
from minidynamo.tables.capacity import add_consumed_capacity
from minidynamo.tables.pages import Reading, ReadPage, position_key, schema_of, shown_items
from minidynamo.tables.table import Index, Table
from minidynamo.values.attribute_value import Item, checked_item
from minidynamo.values.records import record_item
from minidynamo.wording import SELECT

START_KEY_INVALID = "The provided starting key is invalid"


def check_select(request: Request, bound: Bound) -> None:
    """Refuses a Select that does not go with the projection or the place."""
    select = request.get("Select")
    if select is None:
        return
    if select == "SPECIFIC_ATTRIBUTES":
        if bound.project is None:
            raise ValidationError(
                "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
                prefix=SELECT,
            )
        return
    if bound.project is not None:
        parameter = "ProjectionExpression" if "ProjectionExpression" in request else "AttributesToGet"
        wish = "only the Count" if select == "COUNT" else select
        raise ValidationError(f"Cannot specify the {parameter} when choosing to get {wish}", prefix=SELECT)
    if select == "ALL_PROJECTED_ATTRIBUTES" and "IndexName" not in request:
        text = "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
        raise ValidationError(text, prefix=SELECT)


def find_reading(
    request: Request,
    bound: Bound,
    table: Table,
    index: Index | None,
    start: bytes,
    stop: bytes | None,
    is_reversed: bool = False,
) -> Reading:
    """What a request reads of a range; refuses paths and projections that table and index cannot serve."""
    table.check_nested_paths(bound.nested_attributes)
    return Reading(
        table,
        index,
        start,
        stop,
        is_reversed=is_reversed,
        limit=request.get("Limit"),
        is_consistent=request.get("ConsistentRead", False),
        is_fetching=check_index_projection(request, bound, index),
    )


def find_index(table: Table, request: Request) -> Index | None:
    """The index that the request names, None for the table itself."""
    if "IndexName" not in request:
        return None
    index = table.index(request["IndexName"])
    if index.kind.has_own_throughput and request.get("ConsistentRead", False):
        raise ValidationError("Consistent reads are not supported on global secondary indexes")
    return index


def check_index_projection(request: Request, bound: Bound, index: Index | None) -> bool:
    """Refuses attributes that a GSI cannot give; tells whether an LSI must fetch whole items from the table."""
    if index is None or index.definition.projects_all:
        return False
    wants_all = request.get("Select") == "ALL_ATTRIBUTES"
    paths = bound.projection_paths or ()
    missing = list(dict.fromkeys(each.attribute for each in paths if not index.definition.projects(each.attribute)))
    if index.kind.shares_collections:
        return wants_all or bool(missing)
    if wants_all:
        raise ValidationError(
            f"{PARAMETERS_INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index "
            f"{index.name} because its projection type is not ALL"
        )
    if missing:
        text = f"Global secondary index {index.name} does not project [{', '.join(missing)}]"
        raise ValidationError(PARAMETERS_INVALID + text)
    return False


def checked_start_key(request: Request) -> Item | None:
    """The ExclusiveStartKey with its values checked and normal, None where there is none."""
    key = request.get("ExclusiveStartKey")
    if key is None:
        return None
    try:
        return checked_item(key)[0]
    except ValidationError as error:
        if "numeric value" in error.message or "number set" in error.message or "duplicates" in error.message:
            raise
        text = f"{START_KEY_INVALID}: {error.message}"
        raise ValidationError(text, f"{START_KEY_INVALID}: {error.newer}") from None


def check_start_schema(table: Table, index: Index | None, key: Item, tail_newer: str, tail_older: str) -> None:
    """Refuses a start key that is not exactly the keys of the table and of the index read.

    Parameters:
        tail_newer, tail_older: what follows the message for a wrong key of the table, per generation of wording.
    """
    attributes = {each.name: each.type for each in table.primary_key.attributes}
    attributes |= {each.name: each.type for each in schema_of(table, index).attributes}
    if key.keys() != attributes.keys():
        if index is None and tail_older:
            raise ValidationError(START_KEY_INVALID + tail_older, START_KEY_INVALID + tail_newer)
        raise ValidationError(START_KEY_INVALID)
    if any(kind not in key[name] for name, kind in attributes.items()):
        if index is None:
            raise ValidationError(f"{START_KEY_INVALID}: {KEY_MISMATCH}", START_KEY_INVALID + tail_newer)
        raise ValidationError(START_KEY_INVALID)
    table.primary_key.encoded_key({name: key[name] for name in table.primary_key.names})
    if index is not None and not index.definition.accepts(key):
        raise ValidationError(START_KEY_INVALID)


def printed_key(key: Item) -> str:
    """A key as the service prints it: `{p=AttributeValue: {S:x}}`."""
    parts = (f"{name}=AttributeValue: {printed_value(value)}" for name, value in key.items())
    return f"{{{', '.join(parts)}}}"


def page_answer(request: Request, bound: Bound, reading: Reading, page: ReadPage) -> Response:
    """The answer of Query or Scan: items that pass the filter, counts, and where to go on."""
    project: Callable[[Item], Item] | None = bound.project
    is_count = request.get("Select") == "COUNT"
    if is_count and bound.filter is None:
        count, items = len(page.records), []
    else:
        items = shown_items(page.records, bound.filter, project)
        count = len(items)
    response: dict[str, Any] = {} if is_count else {"Items": items}
    response["Count"] = count
    response["ScannedCount"] = len(page.records)
    if page.last_record is not None:
        is_whole = items and bound.filter is None and project is None and not reading.is_fetching
        last_item = items[-1] if is_whole else record_item(page.last_record)
        response["LastEvaluatedKey"] = position_key(reading.table, reading.index, last_item)
    if "ReturnConsumedCapacity" in request:
        add_consumed_capacity(response, request, page.consumption)
    return response
