"""Statements know keys of one or two attributes: an index with more of them is refused before most else is looked at.

Source: DynamoDB Developer Guide, "PartiQL select statements"; order of checks as observed.
"""

from __future__ import annotations

from collections.abc import Sequence

from minidynamo.errors import ResourceNotFound, ValidationError
from minidynamo.operations.context import OperationContext
from minidynamo.partiql.binding import BoundStatement, bound_statement, check_parameter_count, parameter_literals
from minidynamo.partiql.parser import parse
from minidynamo.partiql.syntax import Source
from minidynamo.tables.table import Index
from minidynamo.values.api_types import AttributeValue

_MANY_KEYS = (
    "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys."
)


def bound_in(context: OperationContext, text: str, parameters: Sequence[AttributeValue] | None) -> BoundStatement:
    """A statement with its parameters.

    Raises:
        ValidationError: the first fault: syntax, numbers, parameters, keys of the index, what is not supported.
    """
    parsed = parse(text)
    literals = parameter_literals(parameters)
    check_parameter_count(parsed, literals)
    if parsed.read is not None and parsed.read.index is not None:
        _check_index(context, parsed.read, parsed.read.index)
    return bound_statement(parsed, literals)


def refuse_many_keys(index: Index) -> None:
    """Refuses an index with several attributes in one part of its key."""
    schema = index.definition.key_schema
    if len(schema.partition_key) > 1 or len(schema.sort_key) > 1:
        raise ValidationError(_MANY_KEYS)


def _check_index(context: OperationContext, source: Source, name: str) -> None:
    """What cannot be found is no fault yet."""
    with context.lock:
        try:
            table = context.catalog.table(source.table)
        except (ResourceNotFound, ValidationError):
            return
        if name in table.indexes:
            refuse_many_keys(table.index(name))
