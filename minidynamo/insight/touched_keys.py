"""The partition keys that a request names, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import cast

from minidynamo.errors import DynamoError
from minidynamo.expressions.conjunctions import conjuncts
from minidynamo.expressions.parser import parse
from minidynamo.expressions.syntax import Comparison, Condition, DocumentPath, Path, ValuePlaceholder
from minidynamo.insight.known_tables import KnownTable
from minidynamo.requests.subjects import parts_of
from minidynamo.schema.arns import bare_name
from minidynamo.values.api_types import Request
from minidynamo.values.attribute_value import AttributeValue
from minidynamo.values.numbers import canonical_number

_KEY_CHARACTERS_MAX = 100


def touched_keys(request: Request, table: KnownTable, index_name: str | None) -> list[str]:
    """The keys of a table or index that a request names, one for each item; none where it names none.

    Parameters:
        request: its members.
        table: what is known of the table.
        index_name: of an index; None for the table itself.
    """
    index = table.index(index_name)
    if index is None:
        return []
    names = index.partition_key
    item = request.get("Item") or request.get("Key")
    if isinstance(item, dict):
        value = item.get(names[0])
        return [] if value is None else [_text(item, names)] if len(names) > 1 else [key_text(value)]
    if "TableName" in request:
        values = _pinned(request)
        return [_text(values, names)] if names[0] in values else []
    found = [part.item for part in parts_of(request) if part.item is not None and bare_name(part.table) == table.name]
    return [_text(each, names) for each in found if names[0] in each]


def _pinned(request: Request) -> Mapping[str, AttributeValue]:
    """What a key condition demands by equality."""
    text, values = request.get("KeyConditionExpression"), request.get("ExpressionAttributeValues")
    if isinstance(text, str) and isinstance(values, Mapping):
        names = request.get("ExpressionAttributeNames")
        found = _placeholders(text, tuple(names.items()) if names else ())
        return {name: values[each] for name, each in found if each in values}
    conditions = request.get("KeyConditions")
    if not isinstance(conditions, Mapping):
        return {}
    return {
        name: each["AttributeValueList"][0] for name, each in conditions.items() if each["ComparisonOperator"] == "EQ"
    }


@lru_cache(maxsize=1024)
def _placeholders(text: str, names: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The attributes that a key condition pins, with the placeholders of their values."""
    by_placeholder = dict(names)
    try:
        tree = parse("KeyConditionExpression", text).tree
    except DynamoError:
        return ()
    found = []
    for part in conjuncts(cast(Condition, tree)):
        match part:
            case Comparison("=", Path((str(name),)) | DocumentPath((str(name),)), ValuePlaceholder(value)):
                found.append((by_placeholder.get(name, name), value))
            case Comparison("=", ValuePlaceholder(value), Path((str(name),)) | DocumentPath((str(name),))):
                found.append((by_placeholder.get(name, name), value))
    return tuple(found)


def _text(values: Mapping[str, AttributeValue], names: Sequence[str]) -> str:
    """A partition key as text, its attributes separated by commas."""
    return ", ".join(key_text(values[name]) for name in names if name in values)


def key_text(value: AttributeValue) -> str:
    """The value of a key attribute as text, shortened where it is long."""
    for kind, content in value.items():
        if kind == "N":
            return f"{_number(str(content))} (N)"
        text = content.hex() if isinstance(content, bytes) else str(content)
        text = text if kind == "S" else f"{text} ({kind})"
        return text if len(text) <= _KEY_CHARACTERS_MAX else f"{text[:_KEY_CHARACTERS_MAX]}..."
    return "?"


def _number(text: str) -> str:
    """A number in its normal form, since 1 and 1.0 are one key."""
    try:
        return canonical_number(text)
    except DynamoError:
        return text[:_KEY_CHARACTERS_MAX]
