"""Violated constraints of a request: found in the service's order, worded by the layer that answers the operation.

The older layer lists up to ten violations in one message, each with its value. The newer one stops at the first
violation of a length or range, names it in the model's case and leaves the value out; null members, patterns and enums
keep the older form. Source: observed responses of Amazon DynamoDB.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass

from minidynamo.errors import ValidationError
from minidynamo.limits import (
    CONSTRAINT_FAILURES_LISTED_MAX,
    NESTING_LEVELS_OF_NEWER_LAYER_MAX,
    RESOURCE_NAME_CHARACTERS_MAX,
    RESOURCE_NAME_CHARACTERS_MIN,
)
from minidynamo.messages import UNKNOWN_CONDITIONAL_OPERATOR
from minidynamo.requests.operations import ITEM, PAGES, WRITE, Operation
from minidynamo.requests.shapes import NAME_PATTERN, Shape
from minidynamo.values.api_types import Request
from minidynamo.values.nesting import nesting_levels
from minidynamo.wording import VALUE, ValidationLayer

_NEWER_RETURN_VALUES = (
    "Failed to satisfy constraint: Member must satisfy enum value set: "
    "[ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
)


class _MapKey(str):
    """A key of a map in a path. Unlike the names of members it keeps its case."""

    __slots__ = ()


@dataclass(frozen=True)
class Violation:
    """A constraint that a member violates.

    Attributes:
        path: where, in the model's case: ("KeySchema", "1", "member", "KeyType").
        value: what stands there; None where it is missing.
        text: the constraint, as the service prints it.
        kind: "null", "length", "value", "pattern", "enum" or "map".
        model_case: whether it is always worded as the newer layer words it.
        hides_value: whether its value may be a secret.
        within: of a map, the violation of its value that the newer layer reports instead.
    """

    path: tuple[str, ...]
    value: object
    text: str
    kind: str
    model_case: bool = False
    within: Violation | None = None
    hides_value: bool = False

    @property
    def is_table_name(self) -> bool:
        return self.path == ("TableName",) and self.kind != "null"

    def older(self) -> str:
        """The violation with its value: `Value 'x' at 'keySchema.1.member.keyType' failed ...`."""
        value = "null" if self.kind == "null" else f"'{_dump(self.value)}'"
        path = ".".join(each if isinstance(each, _MapKey) else each[0].lower() + each[1:] for each in self.path)
        told = "Value" if self.hides_value else f"Value {value}"
        return f"{told} at '{path}' failed to satisfy constraint: {self.text}"

    def newer(self) -> str:
        """The violation without its value: `Value at 'Limit' failed ...`."""
        if self.within is not None:
            return self.within.newer()
        return f"Value at '{'.'.join(self.path)}' failed to satisfy constraint: {self.text}"


def check_constraints(operation: Operation, request: Request, layer: ValidationLayer) -> None:
    """Raises ValidationError where the request, whose types are right, violates constraints.

    Parameters:
        operation: the row of the operation.
        request: the request without null members.
        layer: how the operation words its errors.
    """
    violations = list(_violations(operation.request, request, ()))
    if not violations:
        return
    for violation in violations:
        _raise_own_words(operation, violation)
    violations = _reported(operation, violations, layer)
    if layer.newer and not _falls_back(operation, request, violations):
        # The newer layer looks at ConditionalOperator later, and only where there are conditions to join.
        others = [violation for violation in violations if violation.path != ("ConditionalOperator",)]
        if len(others) < len(violations) and _joins_filters(operation, request):
            raise ValidationError(UNKNOWN_CONDITIONAL_OPERATOR, prefix=VALUE)
        if others:
            raise _newer_error(operation, others)
        return
    raise _detected([each.newer() if each.model_case else each.older() for each in violations])


def _reported(operation: Operation, violations: list[Violation], layer: ValidationLayer) -> list[Violation]:
    """What is reported of the violations: a bad name of a table alone, but where an empty one joins others."""
    of_name = [violation for violation in violations if violation.is_table_name]
    if of_name:
        joined = None if of_name[0].value else _JOINED_BY_EMPTY_NAME.get((operation.name, layer.newer))
        if not any(violation.path == (joined,) for violation in violations):
            return of_name
        others = [violation for violation in violations if not violation.is_table_name]
        return violations if joined == "Key" else [*others, *of_name]
    if operation.name == "BatchWriteItem" and any(violation.kind == "map" for violation in violations):
        capacity = [violation for violation in violations if violation.path == ("ReturnConsumedCapacity",)]
        return capacity or violations
    return violations


# Operations, and whether the newer layer answers, to the bad member beside which an empty name is not reported alone.
_JOINED_BY_EMPTY_NAME = {
    ("UpdateItem", True): "Key",
    ("UpdateItem", False): "Key",
    ("PutItem", False): "ReturnValues",
}


def _joins_filters(operation: Operation, request: Request) -> bool:
    """Whether it is a read of pages whose filter has conditions to join; writes look at them after the constraints."""
    filters = request.get("QueryFilter") or request.get("ScanFilter") or ()
    return operation.subject == PAGES and len(filters) > 1


def nests_past_newer_layer(request: Request) -> bool:
    """Whether a write of an item holds a value so deep that the newer layer leaves checks to the older one."""
    conditions = (request.get("Expected") or {}).values()
    values = [value for name in _VALUE_MEMBERS for value in (request.get(name) or {}).values()]
    values += [value for each in conditions for value in (each.get("Value"), *(each.get("AttributeValueList") or ()))]
    return nesting_levels(values) > NESTING_LEVELS_OF_NEWER_LAYER_MAX


_VALUE_MEMBERS = ("Item", "Key", "ExpressionAttributeValues")


def _falls_back(operation: Operation, request: Request, violations: list[Violation]) -> bool:
    """Whether the newer layer words violations as the older one does."""
    if any(violation.path == ("Key",) for violation in violations):
        return True
    return operation.access == WRITE and operation.subject == ITEM and nests_past_newer_layer(request)


def _raise_own_words(operation: Operation, violation: Violation) -> None:
    """Raises where the service has words of its own for a member of an operation."""
    if len(violation.path) > 1:
        return
    member = violation.path[0]
    is_absent = violation.kind == "null" or (violation.value == {} and violation.path == ("RequestItems",))
    if is_absent and member in operation.missing_texts:
        raise ValidationError(*operation.missing_texts[member])


def _newer_error(operation: Operation, violations: list[Violation]) -> ValidationError:
    lines = []
    for violation in violations:
        if violation.within is not None:
            return _detected([violation.newer()])
        is_table_name_max = violation.is_table_name and "less than" in violation.text
        if violation.kind in ("length", "value") and not is_table_name_max:
            return _detected([violation.newer()])
        if violation.path == ("ReturnValues",):
            if operation.name == "UpdateItem":
                return _detected([_NEWER_RETURN_VALUES])
            lines.append(_NEWER_RETURN_VALUES)
        else:
            lines.append(violation.older())
    return _detected(lines)


def _detected(lines: list[str]) -> ValidationError:
    noun = "error" if len(lines) == 1 else "errors"
    listed = "; ".join(lines[:CONSTRAINT_FAILURES_LISTED_MAX])
    return ValidationError(f"{len(lines)} validation {noun} detected: {listed}")


def listed_violations(shape: Shape, request: Request) -> str | None:
    """What constraints a request violates, listed with their values as the older layer does; None for none."""
    violations = list(_violations(shape, request, ()))
    return _detected([each.older() for each in violations]).message if violations else None


def _violations(shape: Shape, value: object, path: tuple[str, ...]) -> Iterator[Violation]:
    yield from _own_violations(shape, value, path)
    if shape.kind == "Structure" and isinstance(value, Mapping):
        for name, member in shape.members.items():
            if name in value:
                yield from _violations(member, value[name], (*path, name))
            elif name in shape.required or name in shape.needed:
                yield Violation((*path, name), None, "Member must not be null", "null")
    elif shape.kind == "List" and isinstance(value, Sequence):
        for index, member in enumerate(value, start=1):
            yield from _violations(shape.inner, member, (*path, str(index), "member"))
    elif shape.kind == "Map" and isinstance(value, Mapping) and shape.value_constraints is None:
        for key, member in value.items():
            yield from _violations(shape.inner, member, (*path, _MapKey(key), "member"))


def _own_violations(shape: Shape, value: object, path: tuple[str, ...]) -> Iterator[Violation]:
    if shape.kind == "Map" and isinstance(value, Mapping):
        yield from _map_violations(shape, value, path)
    if shape.enum is not None and value not in shape.enum:
        text = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        yield Violation(path, value, text, "enum")
    if shape.accepts_arn and isinstance(value, str) and value.startswith("arn:"):
        return
    if shape.kind in ("Integer", "Long"):
        assert isinstance(value, int), f"{path} is {value!r} past the check of types"
        yield from _bound_violations(shape, value, value, "value", path)
    elif shape.kind in ("String", "List", "Map"):
        assert isinstance(value, Sized), f"{path} is {value!r} past the check of types"
        yield from _bound_violations(shape, value, len(value), "length", path)
    if not isinstance(value, str) or shape.pattern is None:
        return
    if (value or shape.minimum != 1) and re.fullmatch(shape.pattern, value) is None:
        text = f"Member must satisfy regular expression pattern: {shape.pattern}"
        yield Violation(path, value, text, "pattern")


def _bound_violations(
    shape: Shape, value: object, measure: int, noun: str, path: tuple[str, ...]
) -> Iterator[Violation]:
    """Violations of the bounds of a value or a length."""
    if shape.minimum is not None and measure < shape.minimum:
        text = f"Member must have {noun} greater than or equal to {shape.minimum}"
        yield Violation(path, value, text, noun)
    if shape.maximum is not None and measure > shape.maximum:
        text = f"Member must have {noun} less than or equal to {shape.maximum}"
        yield Violation(path, value, text, noun, shape.model_case)


def _map_violations(shape: Shape, value: Mapping[str, Sized | float], path: tuple[str, ...]) -> Iterator[Violation]:
    if shape.key_constraints is not None and not all(_is_key(shape, each) for each in value):
        text = f"Map keys must satisfy constraint: [{shape.key_constraints}]"
        printed = value if shape.value_constraints else json.dumps(value, separators=(",", ":"), default=str)
        yield Violation(path, printed, text, "map", hides_value=shape.hides_value)
    if shape.value_constraints is not None:
        if not all(_is_value(shape.inner, member) for member in value.values()):
            text = f"Map value must satisfy constraint: [{shape.value_constraints}]"
            yield Violation(path, value, text, "map", within=_overlong(shape.inner, value, path))
        elif shape.inner.element is not None:
            for key, member in value.items():
                yield from _violations(shape.inner, member, (*path, _MapKey(key), "member"))


def _overlong(shape: Shape, value: Request, path: tuple[str, ...]) -> Violation | None:
    """The violation of the first value of a map that is too long."""
    for key, member in value.items():
        for violation in _own_violations(shape, member, (*path, _MapKey(key), "member")):
            if "less than" in violation.text:
                return violation
    return None


def _is_value(shape: Shape, value: Sized | float) -> bool:
    """Whether a map with constraints on its values may have one: a number in a range, or so many members."""
    if isinstance(value, Sized):
        return 1 <= len(value) <= (shape.maximum or 0)
    return (shape.minimum or 0) <= value <= (shape.maximum or 0)


def _is_key(shape: Shape, key: str) -> bool:
    """Whether a map may have a key: one of its own shape, else the name of a table."""
    if shape.key is not None:
        return next(_own_violations(shape.key, key, ()), None) is None
    return key.startswith("arn:") or (
        RESOURCE_NAME_CHARACTERS_MIN <= len(key) <= RESOURCE_NAME_CHARACTERS_MAX
        and re.fullmatch(NAME_PATTERN, key) is not None
    )


def _dump(value: object) -> str:
    """A value as the service prints it: structures as `KeySchemaElement(attributeName=pk, keyType=HASH)`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_dump, value))}]"
    if isinstance(value, dict):
        if value.keys() == {"AttributeName", "KeyType"}:
            return f"KeySchemaElement(attributeName={value['AttributeName']}, keyType={value['KeyType']})"
        if value and value.keys() <= {"PutRequest", "DeleteRequest"}:
            put, deletion = value.get("PutRequest"), value.get("DeleteRequest")
            put_text = "null" if put is None else f"PutRequest(item={_dump(put.get('Item'))})"
            deletion_text = "null" if deletion is None else f"DeleteRequest(key={_dump(deletion.get('Key'))})"
            return f"WriteRequest(putRequest={put_text}, deleteRequest={deletion_text})"
        return f"{{{', '.join(f'{key}={_dump(member)}' for key, member in value.items())}}}"
    return str(value)
