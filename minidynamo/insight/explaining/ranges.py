"""What was read: stretches of keys as they lie in partitions, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from minidynamo.expressions.bound import Bound
from minidynamo.insight.explaining.explanation import Range
from minidynamo.insight.explaining.rehearsal import Rehearsal
from minidynamo.insight.explaining.values_shown import shown_clauses, shown_value
from minidynamo.operations.context import OperationContext
from minidynamo.operations.overlays import KeySpan
from minidynamo.requests.subjects import tables_of
from minidynamo.schema.arns import bare_name
from minidynamo.schema.key_schema import KeySchema
from minidynamo.storage.keyspace import Keyspace
from minidynamo.tables.table import Table
from minidynamo.values.key_bytes import TOKEN_BYTES, after
from minidynamo.values.key_decoding import decoded_key

_ORDERS = ("ascending", "descending")


class Place:
    """A table, or one of its indexes.

    Attributes:
        table, index: which; index None for the table itself.
        keyspace: where its records are.
        schema: its key.
    """

    def __init__(self, table: Table, index: str | None, keyspace: Keyspace, schema: KeySchema) -> None:
        self.table, self.index, self.keyspace, self.schema = table, index, keyspace, schema

    @property
    def name(self) -> str:
        """What it is called in an explanation."""
        return f"table {self.table.name}" if self.index is None else f"index {self.index} of {self.table.name}"


def places_of(context: OperationContext, rehearsal: Rehearsal) -> dict[str, Place]:
    """The tables and indexes that a request may touch, by the names of their keyspaces."""
    found: dict[str, Place] = {}
    for name in tables_of(rehearsal.request):
        table = context.catalog.find(bare_name(name))
        if table is None:
            continue
        found[table.keyspace.name] = Place(table, None, table.keyspace, table.primary_key)
        for index_name, index in table.indexes.items():
            found[index.keyspace.name] = Place(table, index_name, index.keyspace, index.definition.key_schema)
    return found


def ranges_of(rehearsal: Rehearsal, places: dict[str, Place], bound: Bound | None) -> tuple[Range, ...]:
    """What a request reads, in the order in which it does so; pieces of one range are one.

    Parameters:
        rehearsal: the request.
        places: by keyspace.
        bound: the key condition of a Query; None of all else.
    """
    found: list[Range] = []
    for (keyspace, low, high), spans in _joined(rehearsal.spans):
        place = places.get(keyspace)
        if place is not None:
            text = keys_asked(rehearsal, bound) or _keys_text(place.schema, low, high)
            each = Range(place.table.name, place.index, text, spans, len(place.keyspace.partitions))
            if each not in found:
                found.append(each)
    return tuple(found)


def _joined(spans: Iterable[KeySpan]) -> Iterator[tuple[KeySpan, int]]:
    """Spans of which one goes on where the one before has ended are one, with the number of partitions it is in."""
    current: KeySpan | None = None
    count = 0
    for span in spans:
        if current is not None and current[0] == span[0] and span[1] == current[2]:
            current, count = (span[0], current[1], span[2]), count + 1
        elif current is not None and current[0] == span[0] and current[1] == span[2]:
            current, count = (span[0], span[1], current[2]), count + 1
        else:
            if current is not None:
                yield current, count
            current, count = span, 1
    if current is not None:
        yield current, count


def keys_asked(rehearsal: Rehearsal, bound: Bound | None) -> str:
    """What a Query or Scan asks for, in words; "" of all else."""
    request = rehearsal.request
    if rehearsal.operation == "Scan" and "Segment" not in request:
        return "all keys" if request.get("ExclusiveStartKey") is None else "all keys behind ExclusiveStartKey"
    if bound is None or not bound.key_clauses:
        return ""
    text = shown_clauses(bound.key_clauses)
    order = _ORDERS[not rehearsal.request.get("ScanIndexForward", True)]
    rest = ", all sort keys" if len(bound.key_clauses) == 1 else ""
    return f"{text}{rest}, {order}"


def _keys_text(schema: KeySchema, low: bytes, high: bytes | None) -> str:
    """A stretch of keys in words."""
    if len(low) <= TOKEN_BYTES:
        return "all keys" if not low and high is None else "the keys of a segment"
    try:
        values, rest = decoded_key(low, [each.type for each in schema.partition_key])
    except (ValueError, ArithmeticError):
        return "some keys"
    names = [each.name for each in schema.partition_key]
    text = " and ".join(f"{name} = {shown_value(value)}" for name, value in zip(names, values, strict=True))
    if high == low + b"\x00" and schema.sort_key:
        return f"{text} and {_sort_text(schema, low)}"
    if schema.sort_key and not rest and high == after(low):
        return f"{text}, all sort keys"
    return text if not schema.sort_key else f"{text}, some sort keys"


def _sort_text(schema: KeySchema, key: bytes) -> str:
    try:
        item, _ = schema.decoded(key)
    except (ValueError, ArithmeticError):
        return "a sort key"
    return " and ".join(f"{each.name} = {shown_value(item[each.name])}" for each in schema.sort_key)
