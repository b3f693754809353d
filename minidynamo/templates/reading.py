"""How the words of a source become those of the API: tables of rows, walked by one function.

Whatever a source says and no row takes is noted, so that nothing is lost in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from minidynamo.templates.parts import Part, shown
from minidynamo.templates.table_definition import Omission
from minidynamo.values.api_types import RequestDraft

Name = TypeVar("Name")

NOT_SIMULATED = "not simulated"
NOT_KNOWN = "not known"
_OFF = ("false", "disabled")
_SWITCHES = ("enabled", "pointintimerecoveryenabled")


class LeftOut:
    """What a source says about a table and its request does not.

    Attributes:
        omissions: what was noted, in order; shared by all parts of a table.
    """

    def __init__(self, place: str = "", omissions: list[Omission] | None = None) -> None:
        self._place = place
        self.omissions: list[Omission] = [] if omissions is None else omissions

    def within(self, member: str) -> LeftOut:
        """For what stands inside of a member."""
        return LeftOut(f"{self._place}{member}.", self.omissions)

    def note(self, member: object, reason: str = NOT_SIMULATED) -> None:
        """Notes that a member is left out."""
        name = member if isinstance(member, str) and member.isprintable() else shown(member)
        omission = Omission(f"{self._place}{name}", reason)
        if omission not in self.omissions[-1:]:
            self.omissions.append(omission)


Conversion = Callable[[Part, str, LeftOut], object]
"""What a member of a part comes to in the API; None for nothing."""


@dataclass(frozen=True)
class Row:
    """What a member of a source is in the API.

    Attributes:
        setting: its name there; behind a dot, that of a member of it.
        conversion: how it is converted; None where it is not simulated.
    """

    setting: str
    conversion: Conversion | None = None


@dataclass(frozen=True)
class Reading:
    """How the members of an object are read.

    Attributes:
        rows: by the members' names in the source; of two rows for one setting, the later wins.
        silent: members that are no settings.
        required: members that must be there.
        empty_is_unset: whether an empty text or list, false or zero counts as absent.
    """

    rows: Mapping[str, Row]
    silent: frozenset[str] = field(default=frozenset())
    required: tuple[str, ...] = ()
    empty_is_unset: bool = False

    def __post_init__(self) -> None:
        assert self.silent.isdisjoint(self.rows), "what is a setting is not silent"
        assert set(self.required) <= self.rows.keys(), "what is required is read"

    def draft(self, part: Part, left_out: LeftOut) -> RequestDraft:
        """The members of a part as those of a structure of the API.

        Raises:
            TemplateError: a required one is missing, or one has another type.
        """
        draft: RequestDraft = {}
        for member in self.required:
            part.required(member)
        for member, row in self.rows.items():
            if row.conversion is None or self._is_unset(part.get(member)):
                continue
            value = row.conversion(part, member, left_out)
            if value is not None:
                _put(draft, row.setting, value)
        self._note_rest(part, left_out)
        return draft

    def _is_unset(self, value: object) -> bool:
        return value is None or (self.empty_is_unset and not value)

    def _note_rest(self, part: Part, left_out: LeftOut) -> None:
        for member, value in part.members.items():
            row = self.rows.get(member) if isinstance(member, str) else None
            is_taken = member in self.silent or (row is not None and row.conversion is not None)
            if not is_taken and is_said(value):
                left_out.note(member, NOT_KNOWN if row is None else NOT_SIMULATED)


def is_said(value: object) -> bool:
    """Whether a value says more than that something is off, or is not there."""
    if isinstance(value, Mapping):
        switches = [each for name, each in value.items() if str(name).lower() in _SWITCHES]
        return any(map(is_said, switches or value.values()))
    if isinstance(value, list):
        return any(map(is_said, value))
    return bool(value) and not (isinstance(value, str) and value.lower() in _OFF)


def merged(one: Mapping[Name, object], other: Mapping[Name, object]) -> dict[Name, object]:
    """Two drafts as one: members of structures side by side, and otherwise those of the second."""
    draft = dict(one)
    for name, value in other.items():
        _put_one(draft, name, value)
    return draft


def _put(draft: RequestDraft, setting: str, value: object) -> None:
    *outer, last = setting.split(".")
    for name in outer:
        draft = draft.setdefault(name, {})
    _put_one(draft, last, value)


def _put_one(draft: dict[Name, object], name: Name, value: object) -> None:
    old = draft.get(name)
    draft[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
