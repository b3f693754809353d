"""A text of statements and commands, cut into its parts."""

from __future__ import annotations

from minidynamo.partiql.tokens import statement_end, statement_start


def all_parts(text: str) -> list[str]:
    """The statements and commands of a text, the last of which needs no end."""
    statements, rest = split_script(text)
    return [*statements, rest]


def split_script(text: str) -> tuple[list[str], str]:
    """The statements of a text, without their semicolons, and commands, each a line of its own; and the rest.

    Comments before a part are left out.
    """
    parts: list[str] = []
    position = 0
    while True:
        position = statement_start(text, position)
        end = text.find("\n", position) if text.startswith("\\", position) else statement_end(text, position)
        if end is None or end < 0:
            return parts, text[position:]
        assert end >= position, f"a statement that begins at {position} ends at {end}"
        parts.append(text[position:end])
        position = end + 1
