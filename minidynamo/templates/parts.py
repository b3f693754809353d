"""The objects of a file, read member by member: what is missing or of another type is told by its place."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping

from minidynamo.templates.bounds import NAME_CHARACTERS_MAX, SHOWN_CHARACTERS_MAX
from minidynamo.templates.table_definition import TemplateError

Members = Mapping[object, object]
"""The members of an object of a file; keys in YAML need not be text."""

_SHORT = reprlib.Repr()
_SHORT.maxlevel = 3
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = SHOWN_CHARACTERS_MAX


class Part:
    """An object of a file. A member that is null counts as absent.

    Parameters:
        members: its members by name.
        name: words for it, such as "the table Orders".
    """

    def __init__(self, members: Members, name: str) -> None:
        self.members = members
        self.name = name if len(name) <= NAME_CHARACTERS_MAX else f"{name[:NAME_CHARACTERS_MAX]}..."

    def called(self, name: str) -> Part:
        """This object by another name."""
        return Part(self.members, name)

    def error(self, text: str) -> TemplateError:
        """The error that says something of this object, such as "lacks a name"."""
        return TemplateError(f"{self.name} {text}", at=self.members)

    def wrong(self, member: str, value: object, expected: str) -> TemplateError:
        """The error for a member that is not what it should be."""
        return self.error(f"has {shown(value)} as {member!r}, not {expected}")

    def has(self, member: str) -> bool:
        return self.members.get(member) is not None

    def get(self, member: str) -> object:
        """A member, or None."""
        return self.members.get(member)

    def required(self, member: str) -> object:
        """A member; TemplateError without it, as in all methods below unless they say otherwise."""
        value = self.members.get(member)
        if value is None:
            raise self.error(f"lacks {member!r}")
        return value

    def text(self, member: str) -> str:
        value = self.required(member)
        if not isinstance(value, str):
            raise self.wrong(member, value, "text")
        return value

    def number(self, member: str) -> int:
        """A whole number, which may be written as text."""
        value = self.required(member)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            try:
                number = int(value)
            except (ValueError, OverflowError):  # Other text, or infinite, or no number at all.
                pass
            else:
                if isinstance(value, str) or number == value:
                    return number
        raise self.wrong(member, value, "a whole number")

    def flag(self, member: str) -> bool:
        """A truth value as templates write it: true, "true" or "True"; false where it is absent."""
        value = self.get(member)
        if isinstance(value, Mapping | list):
            raise self.wrong(member, value, "true or false")
        return value is True or (isinstance(value, str) and value.lower() == "true")

    def part(self, member: str) -> Part:
        return self.inner(member, self.required(member))

    def section(self, member: str) -> Part:
        """An object; an empty one where it is absent."""
        return self.part(member) if self.get(member) else Part({}, member)

    def each(self, kind: str) -> Iterator[tuple[object, Part]]:
        """All members by name, where each must be an object, of a kind such as "resource"."""
        for member, value in self.members.items():
            yield member, self.inner(member, value).called(f"the {kind} {member}")

    def parts(self, member: str) -> list[Part]:
        """A list of objects; an empty one where it is absent."""
        values = self.get(member) or []
        if not isinstance(values, list):
            raise self.wrong(member, values, "a list")
        return [self.inner(f"{member}[{index}]", each) for index, each in enumerate(values)]

    def tags(self, member: str) -> list[dict[str, str]]:
        """Tags as CreateTable takes them, from a list of keys and values or from a map."""
        tags = self.get(member)
        if isinstance(tags, Mapping):
            present = {str(key): each for key, each in tags.items() if each is not None}
            return [{"Key": key, "Value": self._tag_text(f"{member}.{key}", each)} for key, each in present.items()]
        return [
            {name: each._tag_text(name, each.required(name)) for name in ("Key", "Value")}
            for each in self.parts(member)
        ]

    def inner(self, member: object, value: object) -> Part:
        """A member with this value, which must be an object."""
        if not isinstance(value, Mapping):
            raise self.wrong(str(member), value, "an object")
        return Part(value, f"{member} of {self.name}")

    def _tag_text(self, member: str, value: object) -> str:
        text = text_of(value)
        if text is None:
            raise self.wrong(member, value, "text")
        return text


def text_of(value: object) -> str | None:
    """The text that a template means by a scalar; None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def shown(value: object) -> str:
    """A value in a few words, however large it is."""
    return "null" if value is None else _SHORT.repr(value)
