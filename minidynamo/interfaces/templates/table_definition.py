"""What a table is created with, and the errors of files that declare one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class TemplateError(ValueError):
    """A file that declares tables in a way that cannot be used; the text says what is wrong."""


@dataclass(frozen=True)
class TableDefinition:
    """One table.

    Attributes:
        request: the parameters of CreateTable.
        time_to_live: the attribute by which items expire, if any.
    """

    request: dict[str, Any]
    time_to_live: str | None = None

    @property
    def name(self) -> str:
        return str(self.request["TableName"])


def tag_list(tags: Any) -> list[dict[str, str]]:
    """Tags as CreateTable takes them, from a list of keys and values or from a map."""
    if isinstance(tags, Mapping):
        return [{"Key": str(key), "Value": str(value)} for key, value in tags.items()]
    return [{"Key": str(each["Key"]), "Value": str(each["Value"])} for each in tags]


def as_flag(value: Any) -> bool:
    """A truth value as templates write it: true, "true" or "True"."""
    return value is True or str(value).lower() == "true"
