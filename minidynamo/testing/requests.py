"""Strategies for whole requests that are valid for a table; `invalid_requests.py` does one fault to each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, overload

from hypothesis import strategies as st

from minidynamo.simulation.arguments import did_you_mean, require
from minidynamo.testing.expressions import condition_expressions, joined, ordered_values, update_expressions
from minidynamo.testing.invalid_requests import InvalidRequest, corrupted
from minidynamo.testing.schemas import IndexSchema, SchemaSource, TableSchema
from minidynamo.testing.values import Items, items, key_values, keys, payload_names
from minidynamo.values.api_types import RequestDraft
from minidynamo.values.attribute_value import AttributeValue, Item

Requests = st.SearchStrategy[RequestDraft]
_SORT_COMPARISONS = ("=", "<", "<=", ">", ">=")


@st.composite
def _puts(draw: st.DrawFn, table: TableSchema) -> RequestDraft:
    return {"TableName": table.name, "Item": draw(items(table)), **draw(_conditions(table))}


@st.composite
def _deletions(draw: st.DrawFn, table: TableSchema) -> RequestDraft:
    return {"TableName": table.name, "Key": draw(keys(table)), **draw(_conditions(table))}


@st.composite
def _updates(draw: st.DrawFn, table: TableSchema) -> RequestDraft:
    expressions = {"UpdateExpression": draw(update_expressions(table))}
    if draw(st.booleans()):
        expressions["ConditionExpression"] = draw(condition_expressions(table))
    return {"TableName": table.name, "Key": draw(keys(table)), **joined(expressions)}


@st.composite
def _checks(draw: st.DrawFn, table: TableSchema) -> RequestDraft:
    condition = draw(condition_expressions(table)).parameters("ConditionExpression")
    return {"TableName": table.name, "Key": draw(keys(table)), **condition}


def _conditions(table: TableSchema) -> Requests:
    found = condition_expressions(table).map(lambda each: each.parameters("ConditionExpression"))
    return st.one_of(st.just({}), found)


@st.composite
def _gets(draw: st.DrawFn, table: TableSchema) -> RequestDraft:
    request = {"TableName": table.name, "Key": draw(keys(table))}
    return {**request, "ConsistentRead": True} if draw(st.booleans()) else request


def queries(schema: SchemaSource) -> Requests:
    """Query requests of a table or one of its indexes, with key conditions, filters, limits and directions.

    Parameters:
        schema: a `TableSchema`, or what `TableSchema.of` takes.
    """
    return _queries(TableSchema.of(schema))


@st.composite
def _queries(draw: st.DrawFn, table: TableSchema) -> RequestDraft:
    index = draw(st.sampled_from([None, *table.indexes]))
    partition = (table.partition,) if index is None else index.partition
    sort = ((table.sort,) if table.sort else ()) if index is None else index.sort
    request: RequestDraft = {"TableName": table.name, **draw(_key_conditions(table, partition, sort))}
    if index is not None:
        request["IndexName"] = index.name
    filterable = _filterable(table, index, (*partition, *sort))
    if len(filterable) > 0 and draw(st.booleans()):
        found = draw(condition_expressions(table, filterable)).parameters("FilterExpression")
        for member in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            found[member] = {**request[member], **found.get(member, {})}
        request |= found
    return {**request, **draw(_reading(index))}


@st.composite
def _key_conditions(
    draw: st.DrawFn, table: TableSchema, partition: tuple[str, ...], sort: tuple[str, ...]
) -> RequestDraft:
    names = {f"#{name}": name for name in partition}
    values = {f":{name}": draw(key_values(table.types[name])) for name in partition}
    clauses = [f"#{name} = :{name}" for name in partition]
    if len(sort) > 0 and draw(st.booleans()):
        name = sort[0]
        names[f"#{name}"] = name
        value = draw(key_values(table.types[name]))
        kinds = [*_SORT_COMPARISONS, "BETWEEN", *(["begins_with"] if table.types[name] != "N" else [])]
        kind = draw(st.sampled_from(kinds))
        if kind == "BETWEEN":
            low, high = ordered_values(value, draw(key_values(table.types[name])))
            values |= {f":{name}": low, f":{name}_high": high}
            clauses.append(f"#{name} BETWEEN :{name} AND :{name}_high")
        else:
            values[f":{name}"] = value
            clauses.append(f"begins_with(#{name}, :{name})" if kind == "begins_with" else f"#{name} {kind} :{name}")
    return {
        "KeyConditionExpression": " AND ".join(clauses),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _filterable(table: TableSchema, index: IndexSchema | None, key: tuple[str, ...]) -> list[str]:
    """The attributes that a filter may name: none of the key that is read, and only what an index holds."""
    names = [*table.types, *payload_names(table)]
    if index is not None and index.projected is not None:
        held = {*index.projected, *table.key, *index.key}
        names = [name for name in names if name in held]
    return [name for name in names if name not in key]


@st.composite
def _reading(draw: st.DrawFn, index: IndexSchema | None) -> RequestDraft:
    options: RequestDraft = {}
    if draw(st.booleans()):
        options["Limit"] = draw(st.integers(1, 5))
    if draw(st.booleans()):
        options["ScanIndexForward"] = False
    if (index is None or index.is_local) and draw(st.booleans()):
        options["ConsistentRead"] = True
    return options


@st.composite
def _scans(draw: st.DrawFn, table: TableSchema) -> RequestDraft:
    index = draw(st.sampled_from([None, *table.indexes]))
    request: RequestDraft = {"TableName": table.name, **draw(_reading(index))}
    request.pop("ScanIndexForward", None)
    if index is not None:
        request["IndexName"] = index.name
    if draw(st.booleans()):
        filterable = _filterable(table, index, ())
        request |= draw(condition_expressions(table, filterable)).parameters("FilterExpression")
    return request


def _distinct(table: TableSchema, strategy: Items, most: int) -> st.SearchStrategy[list[Item]]:
    def identity(item: Item) -> tuple[str, ...]:
        return tuple(_identity(value) for value in table.key_of(item).values())

    return st.lists(strategy, min_size=1, max_size=most, unique_by=identity)


def _identity(value: AttributeValue) -> str:
    ((tag, payload),) = value.items()
    if tag == "N":
        from decimal import Decimal

        return f"N {Decimal(payload).normalize()}"
    return f"{tag} {payload!r}"


@st.composite
def _batch_gets(draw: st.DrawFn, table: TableSchema) -> RequestDraft:
    spec: RequestDraft = {"Keys": draw(_distinct(table, keys(table), 5))}
    if draw(st.booleans()):
        spec["ConsistentRead"] = True
    return {"RequestItems": {table.name: spec}}


@st.composite
def _batch_writes(draw: st.DrawFn, table: TableSchema) -> RequestDraft:
    entries = []
    for item in draw(_distinct(table, items(table), 5)):
        is_put = draw(st.booleans())
        entries.append(
            {"PutRequest": {"Item": item}} if is_put else {"DeleteRequest": {"Key": table.key_of(item)}}
        )  # fmt: skip
    return {"RequestItems": {table.name: entries}}


def transactions(schema: SchemaSource) -> Requests:
    """TransactWriteItems requests of up to four actions on distinct items.

    Parameters:
        schema: a `TableSchema`, or what `TableSchema.of` takes.
    """
    return _transactions(TableSchema.of(schema))


@st.composite
def _transactions(draw: st.DrawFn, table: TableSchema) -> RequestDraft:
    makers = {"ConditionCheck": _checks, "Delete": _deletions, "Put": _puts, "Update": _updates}
    actions: list[RequestDraft] = []
    for key in draw(_distinct(table, keys(table), 4)):
        kind = draw(st.sampled_from(sorted(makers)))
        action = draw(makers[kind](table))
        if kind == "Put":
            action["Item"] = {**action["Item"], **key}
        else:
            action["Key"] = key
        actions.append({kind: action})
    return {"TransactItems": actions}


@st.composite
def _transact_gets(draw: st.DrawFn, table: TableSchema) -> RequestDraft:
    found = draw(_distinct(table, keys(table), 4))
    return {"TransactItems": [{"Get": {"TableName": table.name, "Key": key}} for key in found]}


_REQUESTS: dict[str, Callable[[TableSchema], Requests]] = {
    "PutItem": _puts,
    "GetItem": _gets,
    "UpdateItem": _updates,
    "DeleteItem": _deletions,
    "Query": _queries,
    "Scan": _scans,
    "BatchGetItem": _batch_gets,
    "BatchWriteItem": _batch_writes,
    "TransactWriteItems": _transactions,
    "TransactGetItems": _transact_gets,
}


@overload
def requests(operation: str, schema: SchemaSource, *, invalid: Literal[False] = False) -> Requests: ...
@overload
def requests(operation: str, schema: SchemaSource, *, invalid: Literal[True]) -> st.SearchStrategy[InvalidRequest]: ...
@overload
def requests(
    operation: str, schema: SchemaSource, *, invalid: bool
) -> Requests | st.SearchStrategy[InvalidRequest]: ...
def requests(
    operation: str, schema: SchemaSource, *, invalid: bool = False
) -> Requests | st.SearchStrategy[InvalidRequest]:
    """Requests of an operation on items.

    Parameters:
        operation: the API name, such as "PutItem".
        schema: a `TableSchema`, or what `TableSchema.of` takes.
        invalid: gives `InvalidRequest`s instead: valid ones to which one fault was done, so that they are refused.

    Raises:
        ValueError: no requests are drawn of the operation.
        TypeError: it is no name.
    """
    require(isinstance(operation, str), "operation", "the API name of one, such as 'PutItem'", operation)
    if operation not in _REQUESTS:
        raise ValueError(f"no requests are drawn of {operation!r}: {did_you_mean(operation, _REQUESTS)}")
    table = TableSchema.of(schema)
    valid = _REQUESTS[operation](table)
    return corrupted(table, valid) if invalid else valid
