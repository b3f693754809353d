"""What a table is created with, and the errors and warnings of files that declare one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from minidynamo.templates.bounds import MESSAGE_CHARACTERS_MAX
from minidynamo.values.api_types import RequestDraft


class TemplateError(ValueError):
    """A file that declares tables or policies in a way that cannot be used; the text says what is wrong, in one line.

    Parameters:
        text: what is wrong; it may quote from the file, so line breaks in it become spaces and a long one is cut.
        at: the object of the file that is wrong, by which its line is found.
    """

    def __init__(self, text: str, at: object = None) -> None:
        super().__init__(_line(text))
        self.at = at


class TemplateWarning(UserWarning):
    """A file says something about a table or a principal that minidynamo leaves out; the text names both, in one line.

    Parameters:
        text: what is left out of what.
    """

    def __init__(self, text: str) -> None:
        super().__init__(_line(text))


@dataclass(frozen=True)
class Omission:
    """What a file says about a table and the table does not have.

    Attributes:
        name: its name in the file, with the members that it stands in.
        reason: why, such as "not simulated".
    """

    name: str
    reason: str


@dataclass(frozen=True)
class TableDefinition:
    """One table.

    Attributes:
        request: the parameters of CreateTable.
        time_to_live: the attribute by which items expire, if any.
        policy, stream_policy: documents of the resource policies of the table and of its stream, if any.
        left_out: what the file says about it besides.
        place: where it stands in the file, such as "resource Orders"; empty where its name says so.
        at: the object of the file that declares it, by which its line is found.
    """

    request: RequestDraft
    time_to_live: str | None = None
    policy: str | None = None
    stream_policy: str | None = None
    left_out: tuple[Omission, ...] = ()
    place: str = ""
    at: object = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The table's name; "" where the file says none."""
        return str(self.request.get("TableName", ""))

    def warning(self, line: int | None) -> TemplateWarning:
        """What to warn of where something is left out, with the line on which the table stands."""
        places = [self.place] * bool(self.place) + [f"line {line}"] * (line is not None)
        shown_places = f" ({', '.join(places)})" if places else ""
        return TemplateWarning(f"table {self.name}{shown_places}: {told(self.left_out)}")


def told(omissions: Iterable[Omission]) -> str:
    """What is left out and why, in words."""
    by_reason: dict[str, list[str]] = {}
    for each in omissions:
        by_reason.setdefault(each.reason, []).append(each.name)
    return "; ".join(
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} {reason} and {'is' if len(names) == 1 else 'are'} "
        "left out"
        for reason, names in by_reason.items()
    )


def _line(text: str) -> str:
    line = " ".join(text.splitlines())
    return line if len(line) <= MESSAGE_CHARACTERS_MAX else f"{line[:MESSAGE_CHARACTERS_MAX]}..."
