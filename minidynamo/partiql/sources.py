"""What stands behind FROM, UPDATE and INTO: parse trees to the names of tables and indexes.

What the service refuses of these names it refuses once it has checked the operands, so that it is kept with them.
Source: DynamoDB Developer Guide, "PartiQL statements"; order of checks as observed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minidynamo.errors import ValidationError
from minidynamo.partiql.operands import path_of, without_parentheses
from minidynamo.partiql.places import place_of
from minidynamo.partiql.syntax import Source

if TYPE_CHECKING:
    from minidynamo.partiql.places import Node

ONE_SOURCE = "Only select from a single table or index is supported."
ONE_TABLE = "FROM clause may only contain a single table name in data manipulation statements"

_NO_INDEX = "This operation is not supported on an index"
_TOO_LONG = "A path may contain at most 2 components in the FROM clause"


def selected_source(sources: Node) -> Source:
    """The table or index of the first expression behind FROM."""
    source = sources.children[0]
    assert not isinstance(source, str), "a source is a tree"
    expression = source.children[0]
    assert not isinstance(expression, str), "a source begins with a tree"
    return _named(without_parentheses(expression))


def changed_source(target: Node) -> Source:
    """The table that UPDATE or DELETE changes; indexes are refused."""
    return without_index(_named(target))


def filled_source(target: Node) -> Source:
    """The table that INSERT fills; indexes are refused in words of their own."""
    return without_index(_named(target), ONE_TABLE + place_of(target))


def without_index(source: Source, fault: str = _NO_INDEX) -> Source:
    """A source that is at fault where it names an index."""
    return source if source.fault is not None or source.index is None else Source(source.table, source.index, fault)


def source_of_select(root: Node) -> Source | None:
    """What a SELECT is from, whatever else is wrong with it; None of several sources and other statements."""
    sources = next((each for each in root.children if getattr(each, "data", "") == "sources"), None)
    if root.data != "select" or sources is None or isinstance(sources, str) or len(sources.children) > 1:
        return None
    return selected_source(sources)


def _named(expression: Node) -> Source:
    if expression.data not in ("name", "path", "target"):
        return Source("", fault=ONE_SOURCE)
    try:
        table, *rest = path_of(expression).elements
    except ValidationError as error:
        return Source("", fault=error.message)
    if len(rest) > 1:
        return Source(str(table), fault=_TOO_LONG)
    index = rest[0] if rest else None
    if isinstance(table, int) or isinstance(index, int):
        return Source(str(table), fault=ONE_SOURCE)
    return Source(table, index)
