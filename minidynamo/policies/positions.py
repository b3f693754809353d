"""Where something stands in the text of a policy, as the service counts: row and column behind it, from 1."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')

# From the outermost value to one in it: names of members and numbers of elements.
Path = Sequence[str | int]


def position_behind(text: str, path: Path | None, is_name: bool = False) -> str:
    """The place behind a value's first token, or behind the name of a member: "(1,3)".

    Parameters:
        text: well-formed JSON.
        path: the value; None for the end of the text.
        is_name: whether the member's name is meant, not its value.
    """
    end = len(text.rstrip()) if path is None else _end_of(text, list(path), is_name)
    assert 0 < end <= len(text), f"{path} ends at {end} of {len(text)}"
    row_begin = text.rfind("\n", 0, end) + 1
    return f"({text.count(chr(10), 0, end) + 1},{end - row_begin + 1})"


def _end_of(text: str, path: list[str | int], is_name: bool) -> int:
    at: list[str | int | None] = []  # What is due; None where that is a member's name.
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in ("}", "]"):
            at.pop()
        elif token == ",":
            before = at[-1]
            at[-1] = before + 1 if isinstance(before, int) else None
        elif at and at[-1] is None:
            at[-1] = json.loads(token)
            if is_name and at == path:
                return match.end()
        elif token != ":":
            if not is_name and at == path:
                return match.end()
            if token in ("{", "["):
                at.append(None if token == "{" else 0)
    raise AssertionError(f"nothing is at {path} of a policy of {len(text)} characters")
