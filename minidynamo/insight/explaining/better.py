"""Cheaper ways to what a filter finds: indexes that there are, and those that could be, counted on the shadow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from minidynamo.errors import DynamoError
from minidynamo.expressions.attributes import attributes_of
from minidynamo.expressions.binding import bind
from minidynamo.expressions.key_condition import KeyClause
from minidynamo.expressions.parser import parse
from minidynamo.insight.explaining.explanation import Better
from minidynamo.insight.explaining.rehearsal import Rehearsal
from minidynamo.insight.explaining.values_shown import shown_clauses
from minidynamo.insight.explaining.whole_read import WholeRead, read_whole
from minidynamo.insight.filters import clauses_in, filter_clauses
from minidynamo.insight.known_tables import KnownIndex, KnownTable
from minidynamo.insight.ledger_table import number
from minidynamo.operations.context import OperationContext
from minidynamo.requests.statements import statements_of
from minidynamo.values.api_types import Request, RequestDraft

_SHOWN = 3
# Members of a Query that do not say what it finds.
_KEPT = ("ConsistentRead", "Limit")
# Members that say what of it is shown.
_SHOWING = ("FilterExpression", "ProjectionExpression", "Select")
# What cannot stand beside expressions, and what asks for a part: nothing is counted for these.
_UNCOUNTED = frozenset(
    {"KeyConditions", "QueryFilter", "ScanFilter", "AttributesToGet", "ExclusiveStartKey", "Segment"}
)
# A way that takes more than this part of the units is not worth a change.
_WORTH = 0.8
_NAMES, _VALUES = "ExpressionAttributeNames", "ExpressionAttributeValues"


class Asked(NamedTuple):
    """A read that may be done in a cheaper way.

    Attributes:
        request: of Query, where it has a key condition, or Scan.
        key: the clauses of its key condition.
        filter: those of its filter that a key condition could have.
        units: what all of it takes.
        pages: in how many pages.
        statement_limit: the Limit of a statement, which is no part of the request.
    """

    request: Request
    key: Sequence[KeyClause]
    filter: Sequence[KeyClause]
    units: float
    pages: int = 1
    statement_limit: int | None = None


def asked_by_request(context: OperationContext, rehearsal: Rehearsal, key: Sequence[KeyClause]) -> Asked | None:
    """What a Query or Scan asks for; None where nothing is filtered, or only a part of it is asked for."""
    request = rehearsal.request
    found = filter_clauses(request)
    if not found or not _UNCOUNTED.isdisjoint(request):
        return None
    whole = read_whole(context, rehearsal.operation, request, rehearsal)
    return Asked(request, key, found, whole.units, whole.pages)


def asked_by_statement(rehearsal: Rehearsal, table: KnownTable) -> Asked | None:
    """What a SELECT asks for, as the Query or Scan that it is carried out by; None where it filters nothing."""
    bound = next((each for _, each in statements_of(rehearsal.request)), None)
    if bound is None or bound.is_write:
        return None
    clauses = clauses_in(bound.where)
    source = bound.source
    index = table.index(source.index)
    key = [] if index is None else usable(index, clauses)
    rest = [each for each in clauses if each not in key]
    if not rest:
        return None
    query = _query({}, table, None, key) if key else {"TableName": table.name}
    request: RequestDraft = {name: value for name, value in query.items() if value}
    if source.index is not None:
        request["IndexName"] = source.index
    return Asked(request, key, rest, rehearsal.units, statement_limit=rehearsal.request.get("Limit"))


def items_read_by(context: OperationContext, asked: Asked) -> int:
    """How many items a SELECT reads on its page: as many as the Query or Scan that it is carried out by."""
    request: RequestDraft = {**asked.request, "Select": "COUNT"}
    if asked.statement_limit is not None:
        request["Limit"] = asked.statement_limit
    response = Rehearsal(context, "Query" if asked.key else "Scan", request).response
    assert response is not None, "a read has no outcome but its answer"
    return int(response["ScannedCount"])


def better_ways(context: OperationContext, asked: Asked, table: KnownTable) -> tuple[Better, ...]:
    """Ways that take fewer units, the cheapest first.

    Parameters:
        context: the database.
        asked: the read.
        table: what is known of its table.
    """
    request, key, filtered, units = asked[:4]
    found = [*_existing(context, request, table, [*key, *filtered]), *_new(context, request, table, key, filtered)]
    cheaper = [each for each in found if each.units <= _WORTH * units]
    return tuple(sorted(cheaper, key=lambda each: (each.units, not each.exists))[:_SHOWN])


def _existing(
    context: OperationContext, request: Request, table: KnownTable, clauses: Sequence[KeyClause]
) -> Iterator[Better]:
    """The table itself and its indexes, as far as they can answer."""
    is_query = "KeyConditionExpression" in request
    for name, index in ((None, table.key), *table.indexes.items()):
        key = usable(index, clauses)
        is_same = is_query and name == request.get("IndexName")
        if is_same or not key or not _answers(index, table, request):
            continue
        try:
            read = read_whole(context, "Query", _query(request, table, name, key))
        except DynamoError:
            continue  # Values that its key cannot have, for instance.
        where = "the table" if name is None else name
        text = f"{where}: {shown_clauses(key)}, would read {_items(read.items_read)}, {_units(read, read.units)}"
        yield Better(name, _key_names(index), True, read.items_read, read.units, text)


def _new(
    context: OperationContext,
    request: Request,
    table: KnownTable,
    clauses: Sequence[KeyClause],
    asked: Sequence[KeyClause],
) -> Iterator[Better]:
    """The obvious indexes that there are not: with the filter's attributes as a key."""
    equal = [each for each in asked if each.operator == "="]
    pinned = [each for each in clauses if each.operator == "="][:1]
    others = [each for each in asked if each not in equal[:1]]
    candidates = [
        [*equal[:1], *pinned, *others][:2] if equal else [],
        [*pinned, *asked[:1]] if pinned else [*equal[:1], *others[:1]],
    ]
    seen: set[tuple[str, ...]] = set()
    for key in candidates:
        names = tuple(each.attribute for each in key)
        is_key = bool(key) and key[0].operator == "=" and len(set(names)) == len(names)
        if not is_key or names in seen or _has_index(table, names):
            continue
        seen.add(names)
        read = _counted(context, request, [each for each in key if each in asked])
        units = read.units_of_kept(bool(request.get("ConsistentRead")))
        text = (
            f"a new index with the key ({', '.join(names)}): {shown_clauses(key)}, would read "
            f"{_items(read.items_kept)}, {_units(read, units)}; and it takes 1 WRU or more for each put"
        )
        yield Better(None, ", ".join(names), False, read.items_kept, units, text)


def _counted(context: OperationContext, request: Request, filtered: Sequence[KeyClause]) -> WholeRead:
    """The items that are read now, with those kept that pass a part of their filter."""
    assert filtered, "nothing is counted"
    expression = _Expression("minidynamo_filter")
    condition = expression.text(filtered)
    narrowed: RequestDraft = {name: value for name, value in request.items() if name not in _SHOWING}
    key_condition = str(request.get("KeyConditionExpression", ""))
    for member, own in ((_NAMES, expression.names), (_VALUES, expression.values)):
        given = request.get(member) or {}
        narrowed[member] = {name: each for name, each in given.items() if name in key_condition} | own
    narrowed["FilterExpression"] = condition
    limit = narrowed.pop("Limit", None)  # Another index would find as many, if there are.
    read = read_whole(context, "Query" if key_condition else "Scan", narrowed)
    return read if limit is None else read.first(limit)


class _Expression:
    """Key clauses as an expression, with names and values of its own.

    Parameters:
        prefix: of its placeholders, which no other expression of the request has.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.names: dict[str, str] = {}
        self.values: dict[str, object] = {}

    def text(self, clauses: Sequence[KeyClause]) -> str:
        """The expression."""
        return " AND ".join(map(self._clause, clauses))

    def _clause(self, clause: KeyClause) -> str:
        name = f"#{self._prefix}{len(self.names)}"
        self.names[name] = clause.attribute
        operands = []
        for each in clause.operands:
            operands.append(f":{self._prefix}{len(self.values)}")
            self.values[operands[-1]] = each.value
        if clause.operator == "begins_with":
            return f"begins_with({name}, {operands[0]})"
        return f"{name} {clause.operator} {' AND '.join(operands)}"


def _query(request: Request, table: KnownTable, name: str | None, key: Sequence[KeyClause]) -> Request:
    """The Query of a table or index by a key, that shows what a request shows."""
    expression = _Expression("minidynamo_key")
    query: RequestDraft = {each: request[each] for each in _KEPT if each in request}
    query |= {"TableName": table.name, "KeyConditionExpression": expression.text(key), _VALUES: expression.values}
    names = dict(expression.names)
    projection = request.get("ProjectionExpression")
    if isinstance(projection, str):
        given = request.get(_NAMES) or {}
        query["ProjectionExpression"] = projection
        names |= {each: given[each] for each in parse("ProjectionExpression", projection).names if each in given}
    elif request.get("Select") != "COUNT" and name is not None and table.indexes[name].is_local:
        query["Select"] = "ALL_ATTRIBUTES"  # Which may have to be fetched from the table.
    query[_NAMES] = names
    if name is not None:
        query["IndexName"] = name
    return query


def _answers(index: KnownIndex, table: KnownTable, request: Request) -> bool:
    """Whether an index can answer a request: it has what is shown and filtered, and is as consistent as is asked."""
    if index is table.key:
        return True
    if request.get("ConsistentRead") and not index.is_local:
        return False
    if not all(table.holds(index, name) for name in _filtered_attributes(request)):
        return False
    projection = request.get("ProjectionExpression")
    if index.is_local or request.get("Select") == "COUNT":
        return True
    if not isinstance(projection, str):
        return index.projection == "ALL"
    names = request.get(_NAMES) or {}
    shown = attributes_of(parse("ProjectionExpression", projection).tree)
    return all(table.holds(index, names.get(each, each)) for each in shown)


def _filtered_attributes(request: Request) -> tuple[str, ...]:
    bound = bind(request, needs_key_condition="KeyConditionExpression" in request)
    return () if bound.filter is None else bound.filter.attributes


def usable(index: KnownIndex, clauses: Sequence[KeyClause]) -> list[KeyClause]:
    """The clauses that a key condition of an index can have; none where its partition key is not pinned."""
    by_name: dict[str, KeyClause] = {}
    for each in clauses:
        by_name.setdefault(each.attribute, each)
    key = [by_name[name] for name in index.partition_key if name in by_name and by_name[name].operator == "="]
    if len(key) < len(index.partition_key):
        return []
    for name in index.sort_key:
        if name not in by_name:
            break
        key.append(by_name[name])
        if by_name[name].operator != "=":
            break
    return key


def _has_index(table: KnownTable, names: tuple[str, ...]) -> bool:
    """Whether a key that there is begins with these attributes."""
    keys = ((*each.partition_key, *each.sort_key) for each in (table.key, *table.indexes.values()))
    return any(key[: len(names)] == names for key in keys)


def _key_names(index: KnownIndex) -> str:
    return ", ".join((*index.partition_key, *index.sort_key))


def _units(read: WholeRead, units: float) -> str:
    return f"{number(units)} RRU{'' if read.is_whole else f' in the first {read.pages} pages'}"


def _items(count: int) -> str:
    return f"{count:,} item{'' if count == 1 else 's'}"
