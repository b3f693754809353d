"""Patterns of policies: `*` for any run of characters, `?` for one; and the variables in them.

Source: IAM User Guide, "IAM policy elements: variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_ESCAPED = {"*": "*", "?": "?", "$": "$"}
# A character that stands for itself in a pattern, put where a variable has been filled in.
_LITERAL = "\x00"


def matches(pattern: str, text: str) -> bool:
    """Whether a text is of a pattern."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """The expression of a pattern. What stands between two stars is found once, where it comes first."""
    first, *others = _runs(pattern)
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    return re.compile(first + "".join(f"(?>.*?{each})" for each in middle) + ".*" + last, re.DOTALL)


def _runs(pattern: str) -> list[str]:
    """The expressions of what stands between the stars of a pattern."""
    runs = [""]
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            runs.append("")
        elif character == _LITERAL:
            runs[-1] += re.escape(next(characters, ""))
        else:
            runs[-1] += "." if character == "?" else re.escape(character)
    return runs


class Variables:
    """The values of the variables in patterns.

    Parameters:
        values: of condition keys, in lower case, to their values.
        has_variables: whether the version of the policy knows variables.
    """

    def __init__(self, values: Mapping[str, Sequence[str]], has_variables: bool) -> None:
        self._values = values
        self._has_variables = has_variables

    def filled(self, pattern: str) -> str:
        """A pattern whose variables have been replaced; one without a value matches nothing."""
        if not self._has_variables or "${" not in pattern:
            return pattern
        return _VARIABLE.sub(self._replacement, pattern)

    def _replacement(self, match: re.Match[str]) -> str:
        name, comma, default = match[1].partition(",")
        if name.strip() in _ESCAPED:
            return _LITERAL + _ESCAPED[name.strip()]
        values = self._values.get(name.strip().lower(), ())
        if len(values) == 1:
            return _literal(values[0])
        if comma:
            return _literal(default.strip().strip("'"))
        return _LITERAL + "\ud800"  # No text holds it: UTF-8 has no bytes for it.


def _literal(text: str) -> str:
    return "".join(_LITERAL + each if each in "*?" or each == _LITERAL else each for each in text)
