"""JSON types of requests: nested structures are checked before the scalars beside them, the first error is reported.

Source: observed responses of Amazon DynamoDB (SerializationException).
"""

from __future__ import annotations

from collections.abc import Callable

from minidynamo.errors import SerializationError
from minidynamo.requests.shapes import Shape
from minidynamo.requests.walk import known
from minidynamo.values.api_types import Request
from minidynamo.values.wire_types import (
    JAVA_MAP,
    SCALAR_FOR_CONTAINER,
    SHAPE_PACKAGE,
    check_value_types,
    list_error,
    plain_text,
    scalar_error,
    structure_error,
)

_CONTAINERS = frozenset({"List", "Map", "Structure", "Value"})
_ELEMENT_OF_CONTAINER = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class "
    "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base "
    "of loader 'bootstrap')"
)
# The largest values of the service's integer types.
INTEGER_BOUNDS = {"Integer": 2**31 - 1, "Long": 2**63 - 1}
_TRUTH_WORDS = frozenset({"true", "false", "1", "0", "yes", "no"})


def check_types(shape: Shape, value: object, is_element: bool = False) -> None:
    """Raises SerializationError where `value`, or anything in it, has the wrong JSON type.

    Parameters:
        shape: what it should be.
        value: what it is; null counts as absent and is not looked at.
        is_element: whether it is a member of a list or map.
    """
    if value is not None:
        _CHECKS[shape.kind](shape, value, is_element)


def without_nulls(shape: Shape, request: Request) -> Request:
    """A copy made of plain dicts, lists and texts, without unknown members and members that are null."""
    cleaned = known(shape, request, _plain)
    assert isinstance(cleaned, dict), "a request is a structure"
    return cleaned


def _plain(shape: Shape, value: object) -> object:
    if shape.kind == "String" and isinstance(value, str):
        return plain_text(value)
    if shape.kind == "Boolean" and isinstance(value, str):
        return value.lower() in ("true", "1", "yes")
    return int(value) if shape.kind in INTEGER_BOUNDS and isinstance(value, int | float) else value


def _check_scalar(shape: Shape, value: object, is_element: bool) -> None:
    expected, accepted = _SCALARS[shape.kind]
    is_flag_for_number = type(value) is bool and shape.kind != "Boolean"
    if is_flag_for_number or not issubclass(type(value), accepted):
        if shape.kind == "Boolean" and isinstance(value, str) and value.lower() in _TRUTH_WORDS:
            return
        raise scalar_error(expected, value)
    bound = INTEGER_BOUNDS.get(shape.kind)
    if bound is not None and not (isinstance(value, int | float) and -bound - 1 <= value <= bound):
        raise scalar_error(expected, value)  # Too large, infinite, or no number at all.


def is_timestamp(value: object) -> bool:
    """Whether a value is epoch seconds or a datetime, which is told by its method: the module is slow to import."""
    return type(value) in (int, float) or hasattr(value, "timestamp")


def _check_timestamp(shape: Shape, value: object, is_element: bool) -> None:
    if not is_timestamp(value):
        raise scalar_error("Timestamp", value)


def _check_list(shape: Shape, value: object, is_element: bool) -> None:
    if not isinstance(value, list | tuple):
        raise _element_error(value) if is_element else list_error(value)
    for member in value:
        check_types(shape.inner, member, is_element=True)


def _check_map(shape: Shape, value: object, is_element: bool) -> None:
    if not isinstance(value, dict):
        if isinstance(value, list | tuple):
            text = JAVA_MAP.format(element=_java_type(shape.inner))
            raise SerializationError(f"Unrecognized collection type {text}")
        raise _element_error(value) if is_element else SerializationError(SCALAR_FOR_CONTAINER)
    for key, member in value.items():
        if not isinstance(key, str):
            raise scalar_error("String", key)
        check_types(shape.inner, member, is_element=True)


def _check_structure(shape: Shape, value: object, is_element: bool) -> None:
    if not isinstance(value, dict):
        raise structure_error(shape.name, value, is_element)
    for containers_first in (True, False):
        for name, member in shape.members.items():
            if (member.kind in _CONTAINERS) is containers_first:
                check_types(member, value.get(name))


def _element_error(value: object) -> SerializationError:
    if isinstance(value, dict):
        return list_error(value)
    return SerializationError(_ELEMENT_OF_CONTAINER)


def _java_type(shape: Shape) -> str:
    if shape.kind == "String":
        return "java.lang.String"
    if shape.kind == "List":
        return f"java.util.List<{_java_type(shape.inner)}>"
    return f"{SHAPE_PACKAGE}.{shape.name}"


_SCALARS: dict[str, tuple[str, tuple[type, ...]]] = {
    "String": ("String", (str,)),
    "Integer": ("Integer", (int, float)),
    "Long": ("Long", (int, float)),
    "Boolean": ("Boolean", (bool,)),
}

_CHECKS: dict[str, Callable[[Shape, object, bool], None]] = {
    **dict.fromkeys(_SCALARS, _check_scalar),
    "Value": lambda shape, value, is_element: check_value_types(value, is_element=is_element),
    "Timestamp": _check_timestamp,
    "Opaque": lambda shape, value, is_element: None,
    "List": _check_list,
    "Map": _check_map,
    "Structure": _check_structure,
}
