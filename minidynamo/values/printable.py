"""Texts of others, as a terminal may be given them."""

from __future__ import annotations

import json


def printable(text: str) -> str:
    """A text in which what would break its line, or command the terminal, is escaped."""
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]
