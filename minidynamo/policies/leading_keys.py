"""The partition key values that a request names, by which policies let somebody see their own rows alone.

Source: DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control", dynamodb:LeadingKeys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minidynamo.errors import DynamoError
from minidynamo.expressions.binding import bind
from minidynamo.expressions.conjunctions import pinned
from minidynamo.expressions.syntax import And, Condition, Or
from minidynamo.requests.statements import statements_of
from minidynamo.requests.subjects import Part
from minidynamo.values.api_types import AttributeValue
from minidynamo.values.attribute_value import checked_value
from minidynamo.values.json_form import base64_text

# What stands for a key value that is none, so that it counts as one that nobody names: the request will be refused.
UNREADABLE = "\ud800"


def leading_keys(action: str, part: Part, names: Sequence[str]) -> list[list[AttributeValue]]:
    """The values of each partition key attribute, in order; none of one that the part does not pin.

    Parameters:
        action: without its prefix, such as "Query".
        part: of a request.
        names: of the attributes.
    """
    if action == "Query":
        return [_queried(part, name) for name in names]
    if action == "PartiQLSelect":
        wheres = [bound.where for _, bound in statements_of(part.parameters)]
        return [[value for where in wheres for value in _pinned(where, name)] for name in names]
    item = part.item or {}
    return [[item[name]] if name in item else [] for name in names]


def key_texts(values: Iterable[AttributeValue]) -> list[str]:
    """Key values as policies compare them: numbers as decimal text, binary as base64."""
    return [_text(value) for value in values]


def _text(value: AttributeValue) -> str:
    try:
        ((tag, payload),) = checked_value(value)[0].items()
    except (DynamoError, AttributeError, TypeError):
        return UNREADABLE
    return base64_text(payload) if tag == "B" else str(payload)


def _queried(part: Part, name: str) -> list[AttributeValue]:
    try:
        clauses = bind(part.parameters).key_clauses or ()
    except (DynamoError, AttributeError, TypeError):
        return [{"S": UNREADABLE}]
    return [each.operands[0].value for each in clauses if each.attribute == name and each.operator == "="]


def _pinned(where: Condition | None, name: str) -> list[AttributeValue]:
    """The values that a condition allows an attribute, by equality or IN, in every branch; none where it does not."""
    if isinstance(where, Or):
        branches = [_pinned(part, name) for part in where.parts]
        return [value for each in branches for value in each] if all(branches) else []
    if isinstance(where, And):
        return next((found for part in where.parts if (found := _pinned(part, name))), [])
    literals = None if where is None else pinned(where, name)
    return [each.value for each in literals or ()]
