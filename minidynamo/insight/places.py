"""The place in a caller's code that a request comes from: the first line outside of minidynamo and what stands between.

That are the clients of AWS, mappers above them, and the standard library: a worker thread or a decorator calls nobody.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

# Packages between an application and its requests.
_BETWEEN = frozenset(
    (
        *("aioboto3", "aiobotocore", "boto3", "botocore", "s3transfer", "dyntastic", "pydantic", "pynamodb"),
        *("aws_xray_sdk", "ddtrace", "opentelemetry", "sentry_sdk", "wrapt", "backoff", "tenacity"),
        *("_pytest", "hypothesis", "pluggy", "httptools", "starlette", "uvicorn", "uvloop"),
    )
)
_INSTALLED = ("site-packages", "dist-packages")
_STANDARD = tuple(f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "platstdlib"))
_OWN = str(Path(__file__).parents[1]) + os.sep
_UNKNOWN = ""
# What handlers of this process run in: "handler:total" for a function of that name.
_within: ContextVar[str] = ContextVar("minidynamo handler", default="")
# By the path of a file, how it is shown; and the files that are passed over.
_shown: dict[str, str] = {}
_passed_over: set[str] = set()
_SOURCES_MAX = 20_000


class Source(NamedTuple):
    """Where a place is.

    Attributes:
        path: of the file.
        line: its number.
        code: gives that of the function that the line is in, as long as there is one.
    """

    path: str
    line: int
    code: Callable[[], CodeType | None]


# By file and line, the place; and the other way round.
_places: dict[tuple[str, int], str] = {}
_sources: dict[str, Source] = {}


def place_of_caller(depth: int = 1) -> str:
    """The line of the application that calls, such as "orders.py:88".

    In a handler the handler's name stands before it: "handler:total totals.py:5".

    Parameters:
        depth: how many frames up to begin.
    """
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        path = frame.f_code.co_filename
        if path not in _passed_over:
            name = _shown.get(path) or _name(path)
            if name is not None:
                return _place(name, path, frame.f_lineno, frame.f_code)
        frame = frame.f_back
    return _within.get() or _UNKNOWN


def place_of(frame: FrameType) -> str | None:
    """The line at which a function is; None of one that is passed over."""
    path = frame.f_code.co_filename
    name = None if path in _passed_over else _shown.get(path) or _name(path)
    return None if name is None else _place(name, path, frame.f_lineno, frame.f_code)


@contextmanager
def within_handler(name: str) -> Iterator[None]:
    """While this is on in a thread, requests made there are a handler's."""
    around = _within.get()
    token = _within.set(f"{around} handler:{name}" if around else f"handler:{name}")
    try:
        yield
    finally:
        _within.reset(token)


def source_of(place: str) -> Source | None:
    """The file, the line and the code of a place; None where that is not known."""
    return _sources.get(place)


def _place(name: str, path: str, number: int, code: CodeType) -> str:
    handler = _within.get()
    if not handler:
        place = _places.get((path, number))
        if place is not None:
            return place
    place = f"{handler} {name}:{number}".lstrip()
    if len(_sources) < _SOURCES_MAX:
        _sources[place] = Source(path, number, weakref.ref(code))
        if not handler:
            _places[path, number] = place
    return place


def _name(path: str) -> str | None:
    """How a file is shown; None of one that is passed over."""
    assert path not in _shown, f"{path} has a name already"
    name = _name_of_file(path)
    if name is None:
        _passed_over.add(path)
    else:
        _shown[path] = name
    return name


def _name_of_file(path: str) -> str | None:
    if path.startswith((_OWN, "<frozen ")):
        return None
    parts = Path(path).parts
    installed = next((number for number, part in enumerate(parts) if part in _INSTALLED), None)
    if installed is not None:
        package = parts[installed + 1].removesuffix(".py") if len(parts) > installed + 1 else ""
        return None if package in _BETWEEN else "/".join(parts[installed + 1 :]) or path
    if path.startswith(_STANDARD):
        return None
    found = Path(path)
    try:
        here = Path.cwd()
    except OSError:  # It is gone.
        here = found
    return found.relative_to(here).as_posix() if here in found.parents else "/".join(parts[-2:]) or path
