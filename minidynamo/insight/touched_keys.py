"""The partition keys that a request names, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minidynamo.errors import DynamoError
from minidynamo.expressions.binding import bind
from minidynamo.insight.known_tables import KnownTable
from minidynamo.requests.subjects import parts_of
from minidynamo.schema.arns import bare_name
from minidynamo.values.api_types import Request
from minidynamo.values.attribute_value import AttributeValue

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
    if "KeyConditionExpression" not in request and "KeyConditions" not in request:
        return {}
    try:
        clauses = bind(request, needs_key_condition=True).key_clauses or ()
    except DynamoError:
        return {}
    return {each.attribute: each.operands[0].value for each in clauses if each.operator == "="}


def _text(values: Mapping[str, AttributeValue], names: Sequence[str]) -> str:
    """A partition key as text, its attributes separated by commas."""
    return ", ".join(key_text(values[name]) for name in names if name in values)


def key_text(value: AttributeValue) -> str:
    """The value of a key attribute as text, shortened where it is long."""
    for kind, content in value.items():
        text = content.hex() if isinstance(content, bytes) else str(content)
        text = text if kind == "S" else f"{text} ({kind})"
        return text if len(text) <= _KEY_CHARACTERS_MAX else f"{text[:_KEY_CHARACTERS_MAX]}..."
    return "?"
