"""What a table is created with, and the errors of files that declare one."""

from __future__ import annotations

from dataclasses import dataclass

from minidynamo.templates.bounds import MESSAGE_CHARACTERS_MAX
from minidynamo.values.api_types import RequestDraft


class TemplateError(ValueError):
    """A file that declares tables in a way that cannot be used; the text says what is wrong, in one line.

    Parameters:
        text: what is wrong; it may quote from the file, so line breaks in it become spaces and a long one is cut.
        at: the object of the file that is wrong, by which its line is found.
    """

    def __init__(self, text: str, at: object = None) -> None:
        line = " ".join(text.splitlines())
        super().__init__(line if len(line) <= MESSAGE_CHARACTERS_MAX else f"{line[:MESSAGE_CHARACTERS_MAX]}...")
        self.at = at


@dataclass(frozen=True)
class TableDefinition:
    """One table.

    Attributes:
        request: the parameters of CreateTable.
        time_to_live: the attribute by which items expire, if any.
    """

    request: RequestDraft
    time_to_live: str | None = None

    @property
    def name(self) -> str:
        return str(self.request["TableName"])
