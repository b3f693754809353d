"""Completion in the shell: keywords, functions, tables, indexes and attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from minidynamo.cli.sql.schema import TableNames
from minidynamo.partiql.keywords import KEYWORDS

_WORDS = (
    *("SELECT", "FROM", "WHERE", "ORDER BY", "ASC", "DESC", "AND", "OR", "NOT", "BETWEEN", "IN", "IS", "MISSING"),
    *("INSERT INTO", "VALUE", "UPDATE", "SET", "REMOVE", "DELETE FROM", "RETURNING", "ALL OLD *", "ALL NEW *"),
    *("MODIFIED OLD *", "MODIFIED NEW *", "TRUE", "FALSE", "NULL"),
    *("begins_with(", "contains(", "size(", "attribute_type(", "attribute_exists(", "attribute_not_exists("),
    *("list_append(", "if_not_exists(", "set_add(", "set_delete("),
)
_COMMANDS = ("\\d", "\\format", "\\x", "\\q", "\\?")
_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
# What is being typed: a name, in quotes or not, with that of an index behind a dot; or a command.
_TYPED = re.compile(r"\\?[\"\w$.-]*$")
_BEFORE_TABLE = re.compile(r"(\b(from|into|update)|\\d)\s+$", re.IGNORECASE)


class StatementCompleter(Completer):
    """Completes what is typed.

    Parameters:
        names: those of tables and attributes.
    """

    def __init__(self, names: TableNames) -> None:
        self._names = names

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """What may stand where the cursor is; tables alone behind FROM and its like."""
        before = document.text_before_cursor
        match = _TYPED.search(before)
        typed = match.group() if match is not None else ""
        wanted = typed.replace('"', "").lower()
        for text, shown in self._candidates(before[: len(before) - len(typed)], typed):
            if shown.lower().startswith(wanted) and (wanted or _BEFORE_TABLE.search(before)):
                yield Completion(text, start_position=-len(typed), display=shown)

    def _candidates(self, before: str, typed: str) -> Iterator[tuple[str, str]]:
        """Texts with what is shown of them."""
        if typed.startswith("\\"):
            yield from ((each, each) for each in _COMMANDS)
            return
        if _BEFORE_TABLE.search(before):
            yield from ((".".join(map(quoted, each.split(".", 1))), each) for each in self._names.sources)
            return
        yield from ((quoted(each), each) for each in self._names.attributes)
        yield from ((each, each) for each in _WORDS)


def quoted(name: str) -> str:
    """A name as it stands in a statement: in quotes where it must be."""
    if _PLAIN.fullmatch(name) and name.lower() not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'
