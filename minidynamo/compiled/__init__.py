"""The compiled core: faster forms of a few functions, written in C, where they could be built and are wanted.

Each stands before a pure function that is marked by `compiled` and calls it for whatever is not plain. So the pure
functions say what is right; the environment variable MINIDYNAMO_PURE=1 uses them alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from minidynamo.limits import ATTRIBUTE_NAME_BYTES_MAX, ITEM_SIZE_BYTES_MAX, NESTING_LEVELS_MAX, SORT_KEY_BYTES_MAX

_Function = TypeVar("_Function", bound=Callable[..., object])

# The pure functions that have a compiled form, by name, whether that is in use or not.
PURE: dict[str, Callable[..., object]] = {}


def _turn() -> None:
    """Does nothing: long work in C calls it, so that threads that wait have their turn."""


def _load() -> Callable[[str, object], object] | None:
    """The core's maker of functions; None where there is no core, or none is wanted."""
    if os.environ.get("MINIDYNAMO_PURE") == "1":
        return None
    try:
        from minidynamo.compiled import _core  # type: ignore[attr-defined]

        _core.set_limits(NESTING_LEVELS_MAX, ATTRIBUTE_NAME_BYTES_MAX, ITEM_SIZE_BYTES_MAX, SORT_KEY_BYTES_MAX)
        _core.set_turn(_turn)
    except (ImportError, TypeError, AttributeError):  # There is none, or one of other sources, left beside these.
        return None
    before: Callable[[str, object], object] = _core.before
    return before


_before = _load()
IS_IN_USE = _before is not None
CORE = "compiled core" if IS_IN_USE else "pure Python"


def compiled(pure: _Function) -> _Function:
    """The compiled form of a function where it is in use, else the function itself. Both give the same answers."""
    PURE[pure.__name__] = pure
    if _before is None:
        return pure
    made: _Function = _before(pure.__name__, pure)  # type: ignore[assignment]
    return made
