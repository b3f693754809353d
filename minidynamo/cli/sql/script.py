"""A text of statements and commands, cut into its parts."""

from __future__ import annotations

from minidynamo.partiql.tokens import statement_end


def split_script(text: str) -> tuple[list[str], str]:
    """The statements of a text, without their semicolons, and commands, each a line of its own; and the rest."""
    parts: list[str] = []
    position = 0
    while True:
        position += len(text[position:]) - len(text[position:].lstrip())
        end = text.find("\n", position) if text[position : position + 1] == "\\" else statement_end(text, position)
        if end is None or end < 0:
            return parts, text[position:]
        assert end >= position, f"a statement that begins at {position} ends at {end}"
        parts.append(text[position:end])
        position = end + 1
