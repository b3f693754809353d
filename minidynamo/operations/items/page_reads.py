"""What Query and Scan share: the plan of a page, projections on indexes, start keys, and the response.

Source: DynamoDB API reference, Query and Scan; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minidynamo.errors import ValidationError
from minidynamo.expressions.bound import Bound
from minidynamo.expressions.resolution import printed_value
from minidynamo.messages import KEY_MISMATCH, PARAMETERS_INVALID
from minidynamo.operations.context import OperationContext
from minidynamo.tables.capacity import consumed_capacity
from minidynamo.tables.pages import Reading, ReadPage, count_kept, find_and_read, position_key, schema_of, shown_items
from minidynamo.tables.table import Index, Table
from minidynamo.values.api_types import Request, Response
from minidynamo.values.attribute_value import DuplicateMembers, EmptyNumberSet, Item, checked_item
from minidynamo.values.numbers import NotNumeric
from minidynamo.values.records import record_item
from minidynamo.wording import SELECT

START_KEY_INVALID = "The provided starting key is invalid"


@dataclass(slots=True)
class PageRead:
    """The plan of reading a page, made of checked parts.

    Attributes:
        table_name, index_name: where; the table by name or ARN, the index None for the table itself.
        bound: key condition, filter and projection.
        start_key: where to go on; None for the beginning.
        select: what is wanted: a value of Select, None for the default.
        limit: how many items to read at most.
        is_consistent, is_reversed: how to read.
        capacity: NONE, TOTAL or INDEXES.
    """

    table_name: str
    bound: Bound
    index_name: str | None = None
    start_key: Item | None = None
    select: str | None = None
    limit: int | None = None
    is_consistent: bool = False
    is_reversed: bool = False
    capacity: str = "NONE"

    @classmethod
    def of(cls, request: Request, bound: Bound, start_key: Item | None) -> PageRead:
        """The plan of a request whose expressions and start key have been checked."""
        _check_select(request, bound)
        return cls(
            request["TableName"],
            bound,
            request.get("IndexName"),
            start_key,
            request.get("Select"),
            request.get("Limit"),
            request.get("ConsistentRead", False),
            not request.get("ScanIndexForward", True),
            request.get("ReturnConsumedCapacity", "NONE"),
        )

    def reading(self, table: Table, index: Index | None, start: bytes, stop: bytes | None) -> Reading:
        """What to read of a range; refuses paths and projections that table and index cannot serve."""
        table.check_nested_paths(self.bound.nested_attributes)
        is_fetching = self._needs_whole_items(index)
        return Reading(table, index, start, stop, self.is_reversed, self.limit, self.is_consistent, is_fetching)

    def find_index(self, table: Table) -> Index | None:
        """The index to be read, None for the table itself."""
        if self.index_name is None:
            return None
        index = table.index(self.index_name)
        if index.kind.has_own_throughput and self.is_consistent:
            raise ValidationError("Consistent reads are not supported on global secondary indexes")
        return index

    def _needs_whole_items(self, index: Index | None) -> bool:
        """Refuses attributes that a GSI cannot give; tells whether an LSI must fetch whole items from the table."""
        if index is None or index.definition.projects_all:
            return False
        wants_all = self.select == "ALL_ATTRIBUTES"
        paths = self.bound.projection_paths or ()
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


def read_page(context: OperationContext, plan: PageRead, find: Callable[[], Reading]) -> Response:
    """Carries out a plan: find what to read, read one page of it, respond.

    Parameters:
        find: gives what the plan reads; called with the lock held.
    """
    reading, page = find_and_read(context.lock, context.engine, context.meter, find)
    return _page_response(plan, reading, page)


def _check_select(request: Request, bound: Bound) -> None:
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


def checked_start_key(request: Request) -> Item | None:
    """The ExclusiveStartKey with its values checked and normal, None where there is none."""
    key = request.get("ExclusiveStartKey")
    if key is None:
        return None
    try:
        return checked_item(key)[0]
    except (NotNumeric, EmptyNumberSet, DuplicateMembers):  # Never wrapped.
        raise
    except ValidationError as error:
        texts = (f"{START_KEY_INVALID}: {each}" for each in (error.message, error.text_2025))
        raise ValidationError(*texts) from None


def check_start_schema(table: Table, index: Index | None, key: Item, tail: str, tail_2025: str) -> None:
    """Refuses a start key that is not exactly the keys of the table and of the index read.

    Parameters:
        tail, tail_2025: what follows the message for a wrong key of the table.
    """
    attributes = {each.name: each.type for each in table.primary_key.attributes}
    attributes |= {each.name: each.type for each in schema_of(table, index).attributes}
    if key.keys() != attributes.keys():
        if index is None and tail_2025:
            raise ValidationError(START_KEY_INVALID + tail, text_2025=START_KEY_INVALID + tail_2025)
        raise ValidationError(START_KEY_INVALID)
    if any(kind not in key[name] for name, kind in attributes.items()):
        if index is None:
            raise ValidationError(START_KEY_INVALID + tail, text_2025=f"{START_KEY_INVALID}: {KEY_MISMATCH}")
        raise ValidationError(START_KEY_INVALID)
    table.primary_key.encoded_key({name: key[name] for name in table.primary_key.names})
    if index is not None and not index.definition.accepts(key):
        raise ValidationError(START_KEY_INVALID)


def printed_key(key: Item) -> str:
    """A key as the service prints it: `{p=AttributeValue: {S:x}}`."""
    parts = (f"{name}=AttributeValue: {printed_value(value)}" for name, value in key.items())
    return f"{{{', '.join(parts)}}}"


def _page_response(plan: PageRead, reading: Reading, page: ReadPage) -> Response:
    """The response to Query or Scan: items that pass the filter, counts, and where to go on."""
    bound, is_count = plan.bound, plan.select == "COUNT"
    if is_count:
        count, items = count_kept(page.records, bound.filter), []
    else:
        items = shown_items(page.records, bound.filter, bound.project)
        count = len(items)
    response: Response = {} if is_count else {"Items": items}
    response["Count"] = count
    response["ScannedCount"] = len(page.records)
    if page.last_record is not None:
        is_whole = items and bound.filter is None and bound.project is None and not reading.is_fetching
        last_item = items[-1] if is_whole else record_item(page.last_record)
        response["LastEvaluatedKey"] = position_key(reading.table, reading.index, last_item)
    if plan.capacity != "NONE":
        response["ConsumedCapacity"] = consumed_capacity(plan.capacity, plan.table_name, page.consumption)
    return response
