"""Hides the frames of minidynamo in what pytest and Hypothesis show of a failure: users look for theirs.

Frames are shown where minidynamo itself has made a mistake, and under `--minidynamo-frames` or `--full-trace`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

import pytest

import minidynamo

_PACKAGE = str(Path(minidynamo.__file__).parent) + os.sep
# Where assertions fail on purpose.
_KIT = (
    os.path.join(_PACKAGE, "testing", ""),
    os.path.join(_PACKAGE, "simulation", "faults", "aims.py"),
    os.path.join(_PACKAGE, "insight", "budget.py"),
)
# What is raised for a mistake of minidynamo's own, if it is raised there.
_MISTAKES = (AssertionError, KeyError, IndexError, UnboundLocalError, RecursionError)


def hide_frames(error: BaseException) -> None:
    """Marks all modules of minidynamo that there are as ones to hide, and takes their frames out of groups."""
    for name, module in list(sys.modules.items()):
        if module is not None and (name == "minidynamo" or name.startswith("minidynamo.")):
            vars(module).setdefault("__tracebackhide__", _is_hidden)
    if isinstance(error, BaseExceptionGroup):  # pytest shows what is in there as it is.
        for member in error.exceptions:
            _strip(member)


def hide_explanations() -> None:
    """Keeps lines of minidynamo out of what Hypothesis explains a failure by, where it is used at all."""
    scrutineer = sys.modules.get("hypothesis.internal.scrutineer")
    places = getattr(scrutineer, "UNHELPFUL_LOCATIONS", None)
    ours = _PACKAGE.replace(os.sep, "/") + "**"
    if isinstance(places, tuple) and ours not in places:
        scrutineer.UNHELPFUL_LOCATIONS = (*places, ours)  # type: ignore[union-attr]


def _is_hidden(info: pytest.ExceptionInfo[BaseException] | None) -> bool:
    return info is None or not _is_mistake(info.value)


def _is_mistake(error: BaseException) -> bool:
    """Whether minidynamo has done something wrong, so that its frames are what is looked for."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = "" if frame is None else frame.tb_frame.f_code.co_filename
    return isinstance(error, _MISTAKES) and place.startswith(_PACKAGE) and not place.startswith(_KIT)


def _strip(error: BaseException) -> None:
    """Takes the frames of minidynamo out of an exception, of its causes, and of what is grouped in it."""
    if not _is_mistake(error):
        error.__traceback__ = _without_ours(error.__traceback__)
    for other in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        if other is not None:
            _strip(other)


def _without_ours(frame: TracebackType | None) -> TracebackType | None:
    kept = []
    while frame is not None:
        if not frame.tb_frame.f_code.co_filename.startswith(_PACKAGE):
            kept.append(frame)
        frame = frame.tb_next
    for each, following in zip(kept, [*kept[1:], None], strict=False):
        each.tb_next = following
    return kept[0] if kept else None
