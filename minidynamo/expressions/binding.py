"""The expressions of one request, from its parameters to what an operation needs.

Two steps, since the service checks other things in between: `check_combinations` (which parameters go together) and
`bind` (placeholder maps, expressions, unused placeholders; legacy parameters before them). What compiles expressions is
imported when the first one comes: many programs start without any.
Source: DynamoDB Developer Guide, "Using expressions"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from functools import cache

from minidynamo.errors import ValidationError
from minidynamo.expressions.bound import NOTHING_BOUND, Bound
from minidynamo.values.api_types import Request
from minidynamo.wording import BARE, VALUE, ValidationLayer

# In the order in which the service names them when they are mixed.
_LEGACY = (
    "AttributesToGet",
    "QueryFilter",
    "ScanFilter",
    "AttributeUpdates",
    "Expected",
    "ConditionalOperator",
    "KeyConditions",
)
_EXPRESSIONS = (
    "UpdateExpression",
    "ProjectionExpression",
    "FilterExpression",
    "ConditionExpression",
    "KeyConditionExpression",
)
_MAPS = ("ExpressionAttributeNames", "ExpressionAttributeValues")
_LEGACY_PARAMETERS = frozenset(_LEGACY)
_PARAMETERS = frozenset((*_LEGACY, *_EXPRESSIONS, *_MAPS))


def check_combinations(request: Request, value_users: tuple[str, ...]) -> None:
    """Refuses legacy parameters beside expressions, and placeholder maps without an expression to use them.

    Parameters:
        request: the request or transaction action, its shape already checked.
        value_users: the expressions that may use values there.
    """
    if _PARAMETERS.isdisjoint(request):
        return
    present = frozenset(request.keys() & _PARAMETERS)
    if (present, value_users) in _right_combinations:
        return
    check_mixing(present)
    if "ExpressionAttributeNames" in present and not present & set(_EXPRESSIONS):
        text = "ExpressionAttributeNames can only be specified when using expressions"
        raise ValidationError(text, prefix=VALUE)
    if "ExpressionAttributeValues" in present and not present & set(value_users):
        text = "ExpressionAttributeValues can only be specified when using expressions"
        verb = "is null" if len(value_users) == 1 else "are null"
        raise ValidationError(text, text_2025=f"{text}: {' and '.join(value_users)} {verb}", prefix=VALUE)
    _right_combinations.add((present, value_users))


# There are few: of fourteen parameters, those that a program uses together.
_right_combinations: set[tuple[frozenset[str], tuple[str, ...]]] = set()


def check_mixing(present: Set[str]) -> None:
    """Refuses legacy parameters and expressions among the parameters present in one request."""
    older = [name for name in _LEGACY if name in present]
    newer = [name for name in _EXPRESSIONS if name in present]
    if not older or not newer:
        return
    if older == ["KeyConditions"] and set(newer) <= {"ProjectionExpression", "FilterExpression"}:
        return  # The service tolerates this one mixture.
    text = (
        "Can not use both expression and non-expression parameters in the same request: "
        f"Non-expression parameters: {{{', '.join(older)}}} Expression parameters: {{{', '.join(newer)}}}"
    )
    raise ValidationError(text, prefix=VALUE)


def bind(request: Request, layer: ValidationLayer = BARE, level: int = 1, needs_key_condition: bool = False) -> Bound:
    """Checks and compiles every expression and legacy parameter of a request.

    Parameters:
        request: the request or transaction action, its shape already checked.
        layer: what answers it; the older one checks the depth of legacy filters earlier.
        level: the nesting level at which expression values begin.
        needs_key_condition: whether it is a query.

    Raises:
        ValidationError: the first error in the service's order.
    """
    if _PARAMETERS.isdisjoint(request) and not needs_key_condition:
        return NOTHING_BOUND
    return _compiler()(request, layer, level, needs_key_condition, not _LEGACY_PARAMETERS.isdisjoint(request))


@cache
def _compiler() -> Callable[[Request, ValidationLayer, int, bool, bool], Bound]:
    from minidynamo.expressions.compilation import compiled_request

    return compiled_request
