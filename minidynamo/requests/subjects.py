"""What a request touches: tables, indexes, items by their keys, attributes. The one home of that question.

Requests are read as they come, before anything has checked them: what is malformed is left out, nothing is raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from minidynamo.errors import ValidationError
from minidynamo.expressions.attributes import attributes_of as attributes_in
from minidynamo.expressions.parser import parse
from minidynamo.requests.statements import STATEMENT_MEMBERS, statements_of
from minidynamo.values.api_types import Item, Request, Structure

if TYPE_CHECKING:
    from minidynamo.partiql.binding import BoundStatement

_EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
_TRANSACTIONS = frozenset({"TransactItems", "TransactStatements"})
_LEGACY_MAPS = ("AttributeUpdates", "Expected", "KeyConditions", "QueryFilter", "ScanFilter")


class Part(NamedTuple):
    """A part of a request that is about one table: the request itself, an action, an entry of a batch.

    Attributes:
        table: the name or the ARN of the table.
        item: the key, or the item to be put, that it names; None where it names none.
        parameters: the dict of the request in which its expressions stand. It is the caller's own.
        index_name: the index that it reads, None for the table.
        kind: of an action of a transaction, such as "Put", or of a statement, such as "PartiQLSelect"; "" of all else.
    """

    table: str
    item: Item | None
    parameters: Structure
    index_name: str | None = None
    kind: str = ""


def parts_of(request: Request) -> list[Part]:
    """The parts of a request, in its order. Items are the request's own dicts, not copies."""
    if not isinstance(request, Mapping):
        return []
    return [part for part in _parts(request) if isinstance(part.table, str)]


def tables_of(request: Request) -> list[str]:
    """The names or ARNs of the tables that a request touches, each once."""
    return list(dict.fromkeys(part.table for part in parts_of(request)))


def items_of(request: Request) -> list[Item]:
    """The keys, and the items to be put, that a request names."""
    return [part.item for part in parts_of(request) if part.item is not None]


def actions_of(request: Request) -> list[Part]:
    """The actions of a transaction; none in another request."""
    is_transaction = isinstance(request, Mapping) and not _TRANSACTIONS.isdisjoint(request)
    return parts_of(request) if is_transaction else []


def attributes_of(request: Request) -> list[str]:
    """The names of the top-level attributes that a request names, in items, expressions or legacy parameters."""
    found: dict[str, None] = {}
    for part in parts_of(request):
        found |= dict.fromkeys(attributes_of_part(part))
    return list(found)


def attributes_of_part(part: Part) -> list[str]:
    """The names of the top-level attributes that a part of a request names."""
    own = (name for name in part.item or () if isinstance(name, str))
    return list(dict.fromkeys([*own, *_attributes(part.parameters)]))


def _parts(request: Request) -> Iterator[Part]:
    if not STATEMENT_MEMBERS.isdisjoint(request):
        for holder, bound in statements_of(request):
            item = bound.item or bound.equalities or None
            yield Part(bound.source.table, item, holder, bound.source.index, _statement_kind(bound))
    elif "RequestItems" in request:
        for table, entries in _members(request["RequestItems"]):
            yield from _batch_parts(table, entries)
    elif "TransactItems" in request:
        for entry in _list(request["TransactItems"]):
            for kind, action in _members(entry):
                yield from _single_part(action, kind)
    else:
        yield from _single_part(request)


def _statement_kind(bound: BoundStatement) -> str:
    kind = type(bound.statement).__name__
    return "PartiQLSelect" if kind == "Exists" else f"PartiQL{kind}"


def _single_part(parameters: object, kind: str = "") -> Iterator[Part]:
    if isinstance(parameters, Mapping) and "TableName" in parameters:
        index = parameters.get("IndexName")
        index_name = index if isinstance(index, str) else None
        yield Part(parameters["TableName"], _item(parameters), parameters, index_name, kind)


def _batch_parts(table: str, entries: object) -> Iterator[Part]:
    if isinstance(entries, Mapping):  # Of BatchGetItem.
        found = [Part(table, key, entries) for key in _list(entries.get("Keys")) if isinstance(key, dict)]
    else:
        writes = [write for entry in _list(entries) for _, write in _members(entry)]
        found = [Part(table, _item(write), write) for write in writes if isinstance(write, Mapping)]
    yield from found or [Part(table, None, {})]


def _item(parameters: Structure) -> Item | None:
    item = parameters.get("Item", parameters.get("Key"))
    return item if isinstance(item, dict) else None


def _members(value: object) -> list[tuple[str, object]]:
    return [(name, each) for name, each in value.items() if isinstance(name, str)] if isinstance(value, Mapping) else []


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _attributes(parameters: Structure) -> Iterator[str]:
    for _, bound in statements_of(parameters):
        yield from bound.attributes
    given = _members(parameters.get("ExpressionAttributeNames"))
    names = {placeholder: name for placeholder, name in given if isinstance(name, str)}
    for parameter in _EXPRESSIONS:
        text = parameters.get(parameter)
        try:
            tree = parse(parameter, text).tree if isinstance(text, str) else ()
        except ValidationError:
            continue
        yield from (names.get(name, name) for name in attributes_in(tree))
    for parameter in _LEGACY_MAPS:
        yield from (name for name, _ in _members(parameters.get(parameter)))
    yield from (name for name in _list(parameters.get("AttributesToGet")) if isinstance(name, str))
