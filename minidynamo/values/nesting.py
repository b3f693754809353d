"""How deep attribute values nest, and the errors of values that are shaped wrongly from within."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from minidynamo.errors import ValidationError
from minidynamo.messages import NESTING_TOO_DEEP
from minidynamo.wording import VALUE


class NestingTooDeep(ValidationError):
    """A value with more levels than the service takes."""

    def __init__(self) -> None:
        super().__init__(NESTING_TOO_DEEP, prefix=VALUE)


class EmptyAttributeName(ValidationError):
    """An attribute name of no characters."""

    def __init__(self) -> None:
        super().__init__("Empty attribute name")


def nesting_levels(values: Iterable[object]) -> int:
    """How many levels the deepest of some attribute values in wire form has; a scalar has one."""
    levels = 0
    level = list(values)
    while level:
        levels += 1
        level = [member for value in level for member in _members(value)]
    return levels


def _members(value: object) -> Iterable[object]:
    if not isinstance(value, Mapping):
        return
    for payload in value.values():
        if isinstance(payload, Mapping):
            yield from payload.values()
        elif isinstance(payload, list):
            yield from (each for each in payload if isinstance(each, Mapping))
