"""Strategies for whole requests: valid ones for any table, and ones with exactly one fault, which must be refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from minidynamo.testing.expressions import condition_expressions, joined, ordered_values, update_expressions
from minidynamo.testing.schemas import IndexSchema, TableSchema
from minidynamo.testing.values import items, key_values, keys, payload_names

Request = dict[str, Any]
Requests = st.SearchStrategy[Request]
_SORT_COMPARISONS = ("=", "<", "<=", ">", ">=")


class InvalidRequest(NamedTuple):
    """A request with one fault.

    Attributes:
        fault: what is wrong with it.
        request: its members.
    """

    fault: str
    request: Request


@st.composite
def _puts(draw: Any, table: TableSchema) -> Request:
    return {"TableName": table.name, "Item": draw(items(table)), **draw(_conditions(table))}


@st.composite
def _deletions(draw: Any, table: TableSchema) -> Request:
    return {"TableName": table.name, "Key": draw(keys(table)), **draw(_conditions(table))}


@st.composite
def _updates(draw: Any, table: TableSchema) -> Request:
    expressions = {"UpdateExpression": draw(update_expressions(table))}
    if draw(st.booleans()):
        expressions["ConditionExpression"] = draw(condition_expressions(table))
    return {"TableName": table.name, "Key": draw(keys(table)), **joined(expressions)}


@st.composite
def _checks(draw: Any, table: TableSchema) -> Request:
    condition = draw(condition_expressions(table)).parameters("ConditionExpression")
    return {"TableName": table.name, "Key": draw(keys(table)), **condition}


def _conditions(table: TableSchema) -> Requests:
    found = condition_expressions(table).map(lambda each: each.parameters("ConditionExpression"))
    return st.one_of(st.just({}), found)


@st.composite
def _gets(draw: Any, table: TableSchema) -> Request:
    request = {"TableName": table.name, "Key": draw(keys(table))}
    return {**request, "ConsistentRead": True} if draw(st.booleans()) else request


@st.composite
def queries(draw: Any, schema: Any) -> Request:
    """Query requests of a table or one of its indexes, with key conditions, filters, limits and directions.

    Parameters:
        schema: a `TableSchema`, or what `TableSchema.of` takes.
    """
    table = TableSchema.of(schema)
    index = draw(st.sampled_from([None, *table.indexes]))
    partition = (table.partition,) if index is None else index.partition
    sort = ((table.sort,) if table.sort else ()) if index is None else index.sort
    request: Request = {"TableName": table.name, **draw(_key_conditions(table, partition, sort))}
    if index is not None:
        request["IndexName"] = index.name
    filterable = _filterable(table, index, (*partition, *sort))
    if filterable and draw(st.booleans()):
        found = draw(condition_expressions(table, filterable)).parameters("FilterExpression")
        for member in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            found[member] = {**request[member], **found.get(member, {})}
        request |= found
    return {**request, **draw(_reading(index))}


@st.composite
def _key_conditions(draw: Any, table: TableSchema, partition: tuple[str, ...], sort: tuple[str, ...]) -> Request:
    names = {f"#{name}": name for name in partition}
    values = {f":{name}": draw(key_values(table.types[name])) for name in partition}
    clauses = [f"#{name} = :{name}" for name in partition]
    if sort and draw(st.booleans()):
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
def _reading(draw: Any, index: IndexSchema | None) -> Request:
    options: Request = {}
    if draw(st.booleans()):
        options["Limit"] = draw(st.integers(1, 5))
    if draw(st.booleans()):
        options["ScanIndexForward"] = False
    if (index is None or index.is_local) and draw(st.booleans()):
        options["ConsistentRead"] = True
    return options


@st.composite
def _scans(draw: Any, table: TableSchema) -> Request:
    index = draw(st.sampled_from([None, *table.indexes]))
    request: Request = {"TableName": table.name, **draw(_reading(index))}
    request.pop("ScanIndexForward", None)
    if index is not None:
        request["IndexName"] = index.name
    if draw(st.booleans()):
        filterable = _filterable(table, index, ())
        request |= draw(condition_expressions(table, filterable)).parameters("FilterExpression")
    return request


def _distinct(table: TableSchema, strategy: Any, most: int) -> st.SearchStrategy[list[Any]]:
    def identity(item: Any) -> tuple[str, ...]:
        return tuple(_identity(value) for value in table.key_of(item).values())

    return st.lists(strategy, min_size=1, max_size=most, unique_by=identity)


def _identity(value: Any) -> str:
    ((tag, payload),) = value.items()
    if tag == "N":
        from decimal import Decimal

        return f"N {Decimal(payload).normalize()}"
    return f"{tag} {payload!r}"


@st.composite
def _batch_gets(draw: Any, table: TableSchema) -> Request:
    spec: Request = {"Keys": draw(_distinct(table, keys(table), 5))}
    if draw(st.booleans()):
        spec["ConsistentRead"] = True
    return {"RequestItems": {table.name: spec}}


@st.composite
def _batch_writes(draw: Any, table: TableSchema) -> Request:
    entries = []
    for item in draw(_distinct(table, items(table), 5)):
        is_put = draw(st.booleans())
        entries.append(
            {"PutRequest": {"Item": item}} if is_put else {"DeleteRequest": {"Key": table.key_of(item)}}
        )  # fmt: skip
    return {"RequestItems": {table.name: entries}}


@st.composite
def transactions(draw: Any, schema: Any) -> Request:
    """TransactWriteItems requests of up to four actions on distinct items.

    Parameters:
        schema: a `TableSchema`, or what `TableSchema.of` takes.
    """
    table = TableSchema.of(schema)
    makers = {"ConditionCheck": _checks, "Delete": _deletions, "Put": _puts, "Update": _updates}
    actions: list[Request] = []
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
def _transact_gets(draw: Any, table: TableSchema) -> Request:
    found = draw(_distinct(table, keys(table), 4))
    return {"TransactItems": [{"Get": {"TableName": table.name, "Key": key}} for key in found]}


_REQUESTS: dict[str, Callable[[TableSchema], Requests]] = {
    "PutItem": _puts,
    "GetItem": _gets,
    "UpdateItem": _updates,
    "DeleteItem": _deletions,
    "Query": queries,
    "Scan": _scans,
    "BatchGetItem": _batch_gets,
    "BatchWriteItem": _batch_writes,
    "TransactWriteItems": transactions,
    "TransactGetItems": _transact_gets,
}


def requests(operation: str, schema: Any, *, invalid: bool = False) -> st.SearchStrategy[Any]:
    """Requests of an operation on items.

    Parameters:
        operation: the API name, such as "PutItem".
        schema: a `TableSchema`, or what `TableSchema.of` takes.
        invalid: gives `InvalidRequest`s instead: valid ones to which one fault was done, so that they are refused.
    """
    if operation not in _REQUESTS:
        raise ValueError(f"there are requests of {', '.join(_REQUESTS)}, not of {operation}")
    table = TableSchema.of(schema)
    valid = _REQUESTS[operation](table)
    return _spoiled(operation, table, valid) if invalid else valid


@st.composite
def _spoiled(draw: Any, operation: str, table: TableSchema, valid: Requests) -> InvalidRequest:
    request = copy.deepcopy(draw(valid))
    possible = [name for name, spoil in _FAULTS.items() if spoil(table, copy.deepcopy(request)) is not None]
    fault = draw(st.sampled_from(possible))
    spoiled = _FAULTS[fault](table, request)
    assert spoiled is not None
    return InvalidRequest(fault, spoiled)


def _parts(request: Request) -> list[Request]:
    """The parts of a request that name a table and an item, so that one can be spoiled."""
    if "TransactItems" in request:
        return [action for entry in request["TransactItems"] for action in entry.values()]
    return [request]


def _subjects(request: Request) -> list[Request]:
    """The keys and items in a request."""
    found = []
    for part in _parts(request):
        found += [part[member] for member in ("Key", "Item") if member in part]
    for spec in request.get("RequestItems", {}).values():
        if isinstance(spec, dict):
            found += spec["Keys"]
        else:
            found += [write.get("Item") or write.get("Key") for entry in spec for write in entry.values()]
    return found


def _without_key_attribute(table: TableSchema, request: Request) -> Request | None:
    subjects = _subjects(request)
    if not subjects:
        return None
    del subjects[0][table.key[-1]]
    return request


def _with_key_of_wrong_type(table: TableSchema, request: Request) -> Request | None:
    subjects = _subjects(request)
    if not subjects:
        return None
    subjects[0][table.partition] = {"BOOL": True}
    return request


def _with_wrong_number(table: TableSchema, request: Request) -> Request | None:
    subjects = _subjects(request)
    if not subjects:
        return None
    subjects[0]["n"] = {"N": "1" * 39}
    return request


def _of_unknown_table(table: TableSchema, request: Request) -> Request | None:
    other = f"not-{table.name}"[:255]
    if "RequestItems" in request:
        request["RequestItems"] = {other: request["RequestItems"][table.name]}
    else:
        _parts(request)[0]["TableName"] = other
    return request


def _without_table(table: TableSchema, request: Request) -> Request | None:
    if "RequestItems" in request:
        del request["RequestItems"]
    else:
        del _parts(request)[0]["TableName"]
    return request


def _with_unused_placeholder(table: TableSchema, request: Request) -> Request | None:
    for part in _parts(request):
        if any(member.endswith("Expression") for member in part):
            part["ExpressionAttributeValues"] = {**part.get("ExpressionAttributeValues", {}), ":unused": {"N": "1"}}
            return request
    return None


def _with_undefined_placeholder(table: TableSchema, request: Request) -> Request | None:
    return _with_syntax(request, " AND n = :undefined")


def _with_syntax_error(table: TableSchema, request: Request) -> Request | None:
    return _with_syntax(request, " AND ((")


def _with_syntax(request: Request, tail: str) -> Request | None:
    for part in _parts(request):
        for member in ("ConditionExpression", "FilterExpression", "KeyConditionExpression"):
            if member in part:
                part[member] += tail
                return request
    return None


def _with_limit_of_zero(table: TableSchema, request: Request) -> Request | None:
    if "KeyConditionExpression" not in request and "Limit" not in request:
        return None
    return {**request, "Limit": 0}


def _with_wrong_option(table: TableSchema, request: Request) -> Request | None:
    return {**request, "ReturnConsumedCapacity": "SOME"}


_FAULTS: dict[str, Callable[[TableSchema, Request], Request | None]] = {
    "ReturnConsumedCapacity is none of its values": _with_wrong_option,
    "no table is named": _without_table,
    "the table does not exist": _of_unknown_table,
    "a key attribute is missing": _without_key_attribute,
    "a key attribute has a wrong type": _with_key_of_wrong_type,
    "a number has 39 digits": _with_wrong_number,
    "a placeholder is not used": _with_unused_placeholder,
    "a placeholder is not defined": _with_undefined_placeholder,
    "an expression has a syntax error": _with_syntax_error,
    "Limit is zero": _with_limit_of_zero,
}
