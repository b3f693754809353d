"""SELECT: a query of the ranges that its WHERE clause leaves, or a scan.

Source: DynamoDB Developer Guide, "PartiQL select statements"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from minidynamo.errors import ValidationError
from minidynamo.expressions.attributes import attributes_of
from minidynamo.expressions.bound import Filter
from minidynamo.expressions.syntax import Condition
from minidynamo.expressions.templates import filter_of
from minidynamo.limits import PAGE_SIZE_BYTES_MAX
from minidynamo.messages import PARAMETERS_INVALID
from minidynamo.operations.context import OperationContext
from minidynamo.operations.items.page_reads import check_start_schema
from minidynamo.operations.statements.key_plan import KeyPlan, key_plan
from minidynamo.operations.statements.lone_keys import refuse_many_keys
from minidynamo.operations.statements.next_token import invalid_token, next_token, read_next_token
from minidynamo.operations.statements.projection import compile_selected
from minidynamo.partiql.binding import BoundStatement
from minidynamo.partiql.syntax import OrderKey, Select
from minidynamo.schema.key_schema import KeySchema
from minidynamo.tables.capacity import Consumption
from minidynamo.tables.pages import (
    Reading,
    ReadPage,
    find_and_read,
    position_bytes,
    position_key,
    schema_of,
    shown_items,
)
from minidynamo.tables.table import Index, Table
from minidynamo.values.api_types import Item
from minidynamo.values.key_bytes import TOKEN_BYTES
from minidynamo.values.records import record_item

_NO_WHERE = "Must have WHERE clause in the statement when using ORDER BY clause."


@dataclass(slots=True)
class SelectRead:
    """The plan of one page of a SELECT.

    Attributes:
        bound, select: the statement, with and without its parameters.
        limit: how many items to read at most.
        is_consistent: how to read.
        token: the NextToken to go on with, None for the beginning.
        digest: gives what tokens of this statement belong to, for a table's id.
    """

    bound: BoundStatement
    select: Select
    limit: int | None
    is_consistent: bool
    token: str | None
    digest: Callable[[str], bytes]


@dataclass(slots=True)
class SelectedPage:
    """One page of a SELECT.

    Attributes:
        items: what is shown.
        consumption: what reading it consumed.
        last_key: where it ends, None at the end.
        token: the NextToken, None at the end.
    """

    items: list[Item] = field(default_factory=list)
    consumption: Consumption = field(default_factory=Consumption)
    last_key: Item | None = None
    token: str | None = None


def read_selected(context: OperationContext, plan: SelectRead) -> SelectedPage:
    """Reads one page: range after range, until Limit or 1 MB is reached."""
    page = SelectedPage()
    reader = _RangeReader(context, plan)
    project = compile_selected(plan.select.selected)
    while True:
        reading, read = find_and_read(context.lock, context.engine, context.meter, reader.next)
        page.items += shown_items(read.records, reader.only, project)
        page.consumption.add(read.consumption)
        if read.last_record is not None:
            page.last_key = position_key(reading.table, reading.index, record_item(read.last_record))
            page.token = next_token(plan.digest(reading.table.state.id), page.last_key, context.clock.now())
        if page.token is not None or reader.is_done(read):
            return page


class _RangeReader:
    """Gives what a SELECT reads, range by range.

    Attributes:
        only: what of it is shown; None for all. Known once the first range is.
    """

    def __init__(self, context: OperationContext, plan: SelectRead) -> None:
        self._context, self._plan = context, plan
        self._readings: list[Reading] | None = None
        self._limit, self._size_left = plan.limit, PAGE_SIZE_BYTES_MAX
        self.only: Filter | None = None

    def next(self) -> Reading:
        """What is to be read next; to be called with the lock held."""
        if self._readings is None:
            self._readings = self._found()
        assert self._readings and self._size_left > 0, f"there is nothing to read, and room for {self._size_left} bytes"
        reading = self._readings.pop(0)
        reading.limit, reading.size_bytes_max = self._limit, self._size_left
        return reading

    def is_done(self, read: ReadPage) -> bool:
        """Whether nothing is left behind a page that has come to the end of its range."""
        assert self._readings is not None, "a page has been read of nothing"
        self._size_left -= read.size_bytes
        if self._limit is not None:
            self._limit -= len(read.records)
        return not self._readings

    def _found(self) -> list[Reading]:
        plan = self._plan
        table = self._context.catalog.table(plan.select.source.table)
        index = _index(table, plan)
        schema = schema_of(table, index)
        table.check_nested_paths(plan.bound.nested_attributes)
        is_fetching = _is_fetching(plan.select, index)
        keys = key_plan(plan.bound.where, schema)
        _check_filter(plan.bound.where, keys, index)
        if plan.bound.where is not None and not (keys is not None and keys.is_exact):
            self.only = filter_of(plan.bound.where)
        ranges, is_reversed = _ordered(plan.select.order, keys, schema)
        readings = [
            Reading(table, index, start, stop, is_reversed, plan.limit, plan.is_consistent, is_fetching)
            for start, stop in ranges
        ]
        return readings if plan.token is None else _resumed(plan, readings, plan.token, self._context.clock.now())


def _index(table: Table, plan: SelectRead) -> Index | None:
    """The index to be read, None for the table itself."""
    name = plan.select.source.index
    if name is None:
        return None
    if name not in table.indexes:
        raise ValidationError("The table does not have the specified index")
    index = table.index(name)
    refuse_many_keys(index)
    if index.kind.has_own_throughput and plan.is_consistent:
        raise ValidationError("Strongly consistent read is not supported on Global Secondary Indexes")
    return index


def _is_fetching(select: Select, index: Index | None) -> bool:
    """Refuses attributes that a GSI cannot give; tells whether an LSI must fetch whole items from the table."""
    if index is None or index.definition.projects_all:
        return False
    names = dict.fromkeys(each.path.attribute for each in select.selected)
    missing = [name for name in names if not index.definition.projects(name)]
    if missing and not index.kind.shares_collections:
        text = f"Global secondary index {index.name} does not project [{', '.join(missing)}]"
        raise ValidationError(PARAMETERS_INVALID + text)
    return bool(missing)


def _check_filter(where: Condition | None, keys: KeyPlan | None, index: Index | None) -> None:
    """The filter of a keyed read, outside of an OR, may not mention attributes that the index does not hold."""
    if index is None or keys is None or keys.has_branches:
        return
    missing = [name for name in attributes_of(where) if not index.definition.projects(name)]
    if missing:
        text = f"Secondary index {index.name} does not project one or more filter attributes: [{', '.join(missing)}]"
        raise ValidationError(PARAMETERS_INVALID + text)


def _ordered(
    order: Sequence[OrderKey], keys: KeyPlan | None, schema: KeySchema
) -> tuple[list[tuple[bytes, bytes | None]], bool]:
    """The ranges in the order asked for, and whether each is read from its end."""
    if order and keys is None:
        raise ValidationError(_NO_WHERE)
    for key in order:
        if key.attribute not in schema.names:
            text = f"Variable reference {key.attribute} in ORDER BY clause must be part of the primary key"
            raise ValidationError(text)
    if keys is None:
        return [(b"", None)], False
    ranges = list(keys.ranges)
    descending = {key.attribute: key.is_descending for key in order}
    partition = schema.partition_key[0].name
    if partition in descending:
        ranges.sort(key=lambda each: each.prefix[TOKEN_BYTES:], reverse=descending[partition])
    is_reversed = any(descending.get(each.name, False) for each in schema.sort_key)
    return [(each.start, each.stop) for each in ranges], is_reversed


def _resumed(plan: SelectRead, readings: list[Reading], token: str, now: float) -> list[Reading]:
    """What is behind the place of a token."""
    table, index = readings[0].table, readings[0].index
    last_key = read_next_token(token, plan.digest(table.state.id), now)
    try:
        check_start_schema(table, index, last_key, tail="", tail_2025="")
    except ValidationError:
        raise invalid_token() from None
    position = position_bytes(table, index, last_key)
    for number, reading in enumerate(readings):
        if reading.start <= position and (reading.stop is None or position < reading.stop):
            reading.resume_after(position)
            return readings[number:]
    raise invalid_token()
