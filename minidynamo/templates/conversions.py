"""How single members are converted, and readings that follow from the API's own shapes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from minidynamo.requests.operations import API
from minidynamo.requests.shapes import Shape
from minidynamo.templates.bounds import TABLE_LIST_ENTRIES_MAX
from minidynamo.templates.parts import Part
from minidynamo.templates.reading import Conversion, LeftOut, Reading, Row


def as_it_is(part: Part, member: str, left_out: LeftOut) -> object:
    """The member itself; its type is checked with the whole request."""
    return part.get(member)


def number(part: Part, member: str, left_out: LeftOut) -> int:
    """A whole number, which may be written as text."""
    return part.number(member)


def bound(part: Part, member: str, left_out: LeftOut) -> int | None:
    """A number that is a bound; -1 is for none."""
    units = part.number(member)
    return None if units == -1 else units


def flag(part: Part, member: str, left_out: LeftOut) -> bool:
    """A truth value as templates write it."""
    return part.flag(member)


def tags(part: Part, member: str, left_out: LeftOut) -> list[dict[str, str]]:
    """Tags, from a list or a map."""
    return part.tags(member)


def policy(part: Part, member: str, left_out: LeftOut) -> str:
    """A policy document as text, from text, an object, or an object that has it as its PolicyDocument."""
    value = part.required(member)
    if isinstance(value, Mapping) and "PolicyDocument" in value:
        return policy(part.part(member), "PolicyDocument", left_out)
    if not isinstance(value, str | Mapping):
        raise part.wrong(member, value, "a policy document")
    return value if isinstance(value, str) else json.dumps(value, default=str)  # A Version may be read as a date.


def structure(reading: Reading) -> Conversion:
    """An object, whose members are read."""
    return lambda part, member, left_out: reading.draft(part.part(member), left_out.within(member))


def structures(reading: Reading) -> Conversion:
    """A list of objects, whose members are read."""

    def convert(part: Part, member: str, left_out: LeftOut) -> object:
        parts = part.parts(member)
        if len(parts) > TABLE_LIST_ENTRIES_MAX:
            raise part.error(f"has a list of more than {TABLE_LIST_ENTRIES_MAX:,} entries as {member!r}")
        return [reading.draft(each, left_out.within(f"{member}[{place}]")) for place, each in enumerate(parts)]

    return convert


def block(reading: Reading) -> Conversion:
    """An object, or a list with one in it, as Terraform writes blocks."""

    def convert(part: Part, member: str, left_out: LeftOut) -> object:
        value = part.get(member)
        blocks = [part.part(member)] if isinstance(value, Mapping) else part.parts(member)
        if len(blocks) > 1:
            raise part.wrong(member, value, "one block")
        return reading.draft(blocks[0], left_out.within(member)) if blocks else None

    return convert


def rows_of(shape: Shape) -> dict[str, Row]:
    """The rows of a source that calls the members of a structure as the API does."""
    return {name: Row(name, _conversion_of(member)) for name, member in shape.members.items()}


INDEX_REQUIRED = ("IndexName", "KeySchema", "Projection")
_BY_KIND: dict[str, Conversion | None] = {"Integer": number, "Long": number, "Boolean": flag, "Opaque": None}
_INNER: dict[str, Callable[[Shape], Conversion]] = {
    "Structure": lambda shape: structure(Reading(rows_of(shape))),
    "List": lambda shape: structures(Reading(rows_of(shape.inner))) if shape.inner.members else as_it_is,
}


def _conversion_of(shape: Shape) -> Conversion | None:
    inner = _INNER.get(shape.kind)
    return _BY_KIND.get(shape.kind, as_it_is) if inner is None else inner(shape)


EXPIRY = Row(
    "TimeToLiveSpecification",
    structure(Reading(rows_of(API["UpdateTimeToLive"].request.members["TimeToLiveSpecification"]))),
)
