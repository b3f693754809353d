"""What is said of a wrong argument of simulation and of the kit for tests, beside what is said of all others."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import TypeVar

from minidynamo.arguments import did_you_mean, require, shown

__all__ = [
    "did_you_mean",
    "named_alone",
    "require",
    "require_all",
    "require_count",
    "require_local",
    "require_names",
    "require_path",
    "shown",
]

Class = TypeVar("Class", bound=type)

_PATHS = (str, Path)
_URLS = ("http://", "https://", "dynamodb:", "postgresql://", "postgres://")


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
