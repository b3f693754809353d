"""What is said of a wrong argument of simulation and of the kit for tests: one line, at the call, with what to give.

A value of a wrong type is a TypeError, one that is not among those that there are, or out of range, a ValueError.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import TypeVar

Class = TypeVar("Class", bound=type)

_NAMES_SHOWN_MAX = 40
_PLAIN = (str, bytes, int, float, type(None))
_PATHS = (str, Path)
_URLS = ("http://", "https://")


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


def require_count(name: str, value: object, least: int, otherwise: str = "") -> None:
    """Raises for what is no whole number, or is below the least; `otherwise` tells what else may be given."""
    require(isinstance(value, int) and not isinstance(value, bool), name, f"a whole number{otherwise}", value)
    if isinstance(value, int) and value < least:
        raise ValueError(f"{name} must be at least {least}{otherwise}, not {value}")


def require_names(name: str, value: object, example: str) -> None:
    """Raises TypeError for what is no collection of names, such as one name alone."""
    if isinstance(value, str):
        raise TypeError(f"{name} takes several names, not one: give {name}=({value!r},)")
    is_right = isinstance(value, Collection) and all(isinstance(each, str) for each in value)
    require(is_right, name, f"names, such as {name}=({example!r},)", _strange(value, str))


def require_all(name: str, value: object, kind: type, takes: str) -> None:
    """Raises TypeError for what is no list or tuple of values of a kind."""
    is_right = isinstance(value, list | tuple) and all(isinstance(each, kind) for each in value)
    require(is_right, name, takes, _strange(value, kind))


def _strange(value: object, kind: type) -> object:
    """The first member of a collection that is of another kind; what is none, or has none such, as it is."""
    members = value if isinstance(value, Collection) and not isinstance(value, str | bytes) else ()
    return next((each for each in members if not isinstance(each, kind)), value)


def require_path(name: str, value: object) -> None:
    """Raises TypeError for what is no path of a file, and ValueError for a URL."""
    require(isinstance(value, _PATHS), name, "the path of a file", value)
    if isinstance(value, str) and value.startswith(_URLS):
        raise ValueError(f"{name} takes the path of a file, not the URL {value!r}")


def require_local(name: str, database: object) -> None:
    """Raises ValueError for a database at a URL, whose store is somewhere else."""
    url = getattr(database, "url", None)
    if isinstance(url, str) and url.startswith(_URLS):
        raise ValueError(
            f"{name} takes a database in memory or in a file, not the one at {url}: use it where it is open"
        )


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


def named_alone(example: str) -> Callable[[Class], Class]:
    """Decorates a dataclass whose parameters are all named: of one that it does not have, it tells the nearest.

    Parameters:
        example: a call, as an error shows it.
    """

    def decorate(decorated: Class) -> Class:
        known = [each.name for each in fields(decorated)]
        initialise = decorated.__init__  # type: ignore[misc]  # That of this very class.

        @wraps(initialise)
        def checked(self: object, *unnamed: object, **named: object) -> None:
            if unnamed:
                raise TypeError(f"{decorated.__name__} takes its parameters by name: {example}")
            for name in named.keys() - set(known):
                raise TypeError(f"{decorated.__name__} has no {name}: {did_you_mean(name, known)}")
            initialise(self, **named)

        decorated.__init__ = checked  # type: ignore[misc]
        return decorated

    return decorate
