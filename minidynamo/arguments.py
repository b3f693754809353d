"""What is said of a wrong argument: one line, at the call, with what was given and what is taken.

A value of a wrong type is a TypeError, one that is not among those that there are, or out of range, a ValueError.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable

_NAMES_SHOWN_MAX = 40
_PLAIN = (str, bytes, int, float, type(None))


def shown(value: object) -> str:
    """A value as an error shows it: a plain one as it is, of any other what it is."""
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, _PLAIN) or value is ...:
        return reprlib.repr(value)
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def require(is_right: object, name: str, takes: str, value: object) -> None:
    """Raises TypeError for an argument that is not what it takes.

    Parameters:
        is_right: whether it is.
        name: of the argument, or of the function where it has only one.
        takes: what it takes, and how that is had.
        value: what was given.
    """
    if not is_right:
        raise TypeError(f"{name} takes {takes}, not {shown(value)}")


def did_you_mean(given: object, known: Iterable[str]) -> str:
    """The nearest of the names that there are, where one is near, else all of them."""
    import difflib

    names = list(known)
    close = difflib.get_close_matches(given, names, n=1) if isinstance(given, str) else []
    close += [each for each in names if _letters(each) == _letters(given)]
    if close:
        return f"did you mean {close[-1]}?"
    more = ", …" if len(names) > _NAMES_SHOWN_MAX else ""
    return f"there are {', '.join(names[:_NAMES_SHOWN_MAX])}{more}" if names else "there are none"


def _letters(name: object) -> str:
    return "".join(filter(str.isalnum, str(name))).lower()
