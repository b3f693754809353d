"""The statements of a request, as far as they can be carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from minidynamo.errors import DynamoError
from minidynamo.requests.operations import API, EITHER, WRITE
from minidynamo.values.api_types import Request, Structure

if TYPE_CHECKING:
    from minidynamo.partiql.binding import BoundStatement

_LISTS = ("Statements", "TransactStatements")
# The members in which statements stand.
STATEMENT_MEMBERS = frozenset({"Statement", *_LISTS})


def statements_of(request: Request) -> list[tuple[Structure, BoundStatement]]:
    """The statements of a request, each with the part of the request that holds it. Those at fault are left out."""
    lists = [request.get(name) for name in _LISTS]
    entries = [request, *(each for entries in lists if isinstance(entries, list | tuple) for each in entries)]
    found = ((entry, _statement(entry)) for entry in entries if isinstance(entry, Mapping))
    return [(entry, bound) for entry, bound in found if bound is not None]


def is_write(operation: str, request: Request) -> bool:
    """Whether an operation writes, or would with such a request."""
    row = API.get(operation)
    if row is None or row.access != EITHER:
        return row is not None and row.access == WRITE
    return any(bound.is_write for _, bound in statements_of(request))


def _statement(entry: Structure) -> BoundStatement | None:
    from minidynamo.partiql.binding import bind  # Most requests hold no statement.

    text, parameters = entry.get("Statement"), entry.get("Parameters")
    if not isinstance(text, str) or not text:
        return None
    try:
        return bind(text, parameters if isinstance(parameters, list | tuple) else None)
    except (DynamoError, AttributeError, TypeError, ValueError):
        return None
