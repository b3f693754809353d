"""Checks the shape of requests: JSON types first, then every constraint, in the service's words and order.

A well-formed request is accepted by one pass of compiled predicates. Only one that fails it is walked again to find out
what is wrong and to word it. What is inside attribute values is `values/`'s business, except for their JSON types when
something else is wrong, since a type error is reported before any other.
Source: observed responses of Amazon DynamoDB.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from minidynamo.errors import UnknownOperation
from minidynamo.limits import RESOURCE_NAME_CHARACTERS_MAX, RESOURCE_NAME_CHARACTERS_MIN
from minidynamo.requests.json_types import INTEGER_BOUNDS, check_types, is_timestamp, without_nulls
from minidynamo.requests.operations import API
from minidynamo.requests.shapes import NAME_PATTERN, Shape
from minidynamo.requests.violations import check_constraints
from minidynamo.values.api_types import Request
from minidynamo.values.wire_types import structure_error
from minidynamo.wording import Wording

_Predicate = Callable[[object], bool]

_TEXTS_KEPT = 256  # With whether they match a pattern; none is longer than its shape allows.


def checked_request(operation: str, request: Request, wording: Wording) -> Request:
    """The request, known to have the right shape.

    Parameters:
        operation: the API name of the operation, such as "PutItem".
        request: its members. It is not changed; members that are null count as absent.
        wording: tells how the operation words its errors.

    Raises:
        UnknownOperation: there is no such operation.
        SerializationError: a member has the wrong JSON type.
        ValidationError: a member is missing or violates a constraint.
    """
    is_well_formed = _PREDICATES.get(operation)
    if is_well_formed is None:
        raise UnknownOperation(f"minidynamo does not carry out the operation {operation}.")
    if is_well_formed(request):
        return request
    row = API[operation]
    shape = row.request
    if not isinstance(request, Mapping):
        raise structure_error(shape.name, request, is_element=False)
    check_types(shape, request)
    cleaned = without_nulls(shape, request)
    check_constraints(row, cleaned, wording.layer(row.layers))
    return cleaned


def is_well_formed_request(operation: str, request: Request) -> bool:
    """Whether a request certainly has the right shape and nothing besides: no unknown member at any depth, no null.

    An SDK that validates parameters would send it; for any other request its own validation has to say. What is inside
    attribute values is not looked at: `values/` meets malformed ones, see `REFUSES_MALFORMED_VALUES`.
    """
    predicate = _PREDICATES.get(operation)
    return predicate is not None and predicate(request)


def check_request_types(operation: str, request: Request) -> None:
    """Raises SerializationError where anything in the request, values included, has the wrong JSON type."""
    check_types(API[operation].request, request)


def _compiled(shape: Shape) -> _Predicate:
    """A predicate that accepts only what is certainly right, with nothing unknown or null in it."""
    return _COMPILERS[shape.kind](shape)


def _string(shape: Shape) -> _Predicate:
    if shape.enum is not None:
        values = frozenset(shape.enum)
        return lambda value: type(value) is str and value in values
    low, high = shape.minimum or 0, 1 << 31 if shape.maximum is None else shape.maximum
    if shape.pattern is not None:
        matches = lru_cache(_TEXTS_KEPT)(re.compile(shape.pattern).fullmatch)  # Names of tables come again and again.
        return lambda value: type(value) is str and low <= len(value) <= high and matches(value) is not None
    return lambda value: type(value) is str and low <= len(value) <= high


def _number(shape: Shape) -> _Predicate:
    bound = INTEGER_BOUNDS[shape.kind]
    low = -bound - 1 if shape.minimum is None else shape.minimum
    high = bound if shape.maximum is None else shape.maximum
    return lambda value: type(value) is int and low <= value <= high


def _list(shape: Shape) -> _Predicate:
    element = _compiled(shape.inner)
    low, high = shape.minimum or 0, 1 << 31 if shape.maximum is None else shape.maximum
    return lambda value: type(value) is list and low <= len(value) <= high and all(map(element, value))


def _map(shape: Shape) -> _Predicate:
    if shape.inner.kind == "Value":
        return lambda value: type(value) is dict
    element = _compiled(shape.inner)
    low, high = shape.minimum or 0, 1 << 31 if shape.maximum is None else shape.maximum
    is_key = _string(Shape("String")) if shape.key_constraints is None else _TABLE_KEY
    return lambda value: (
        type(value) is dict
        and low <= len(value) <= high
        and all(map(is_key, value))
        and all(map(element, value.values()))
    )


def _structure(shape: Shape) -> _Predicate:
    members = {name: _compiled(member) for name, member in shape.members.items()}
    required = shape.required | shape.needed

    def is_well_formed(value: object) -> bool:
        if type(value) is not dict or not required <= value.keys():
            return False
        for name, member in value.items():
            predicate = members.get(name)
            if predicate is None or not predicate(member):
                return False
        return True

    return is_well_formed


_TABLE_KEY = _string(
    Shape("String", minimum=RESOURCE_NAME_CHARACTERS_MIN, maximum=RESOURCE_NAME_CHARACTERS_MAX, pattern=NAME_PATTERN)
)

_COMPILERS: dict[str, Callable[[Shape], _Predicate]] = {
    "String": _string,
    "Integer": _number,
    "Long": _number,
    "Boolean": lambda shape: lambda value: type(value) is bool,
    "Timestamp": lambda shape: is_timestamp,
    "Value": lambda shape: lambda value: type(value) is dict,
    "Opaque": lambda shape: lambda value: False,
    "List": _list,
    "Map": _map,
    "Structure": _structure,
}


_PREDICATES = {operation: _compiled(row.request) for operation, row in API.items()}
