"""Whether a line of code is run again and again by itself: in a loop of its function, or of one that led there."""

from __future__ import annotations

import dis
import sys
from functools import lru_cache
from types import CodeType, FrameType

from minidynamo.insight.places import place_of, source_of

# A place, and those that may stand between it and a loop: a class that wraps a table, a method that saves one item.
_LEVELS_MAX = 3
_TESTS = ("test", "tests", "conftest")


def is_in_loop(place: str) -> bool:
    """Whether the line at a place is within a loop of its function, so that it is run again and again by itself."""
    source = source_of(place)
    code = None if source is None else source.code()
    return source is not None and code is not None and source.line in _looped_lines(code, "")


def loop_around(place: str) -> str:
    """The line at which a program goes through what it has, one by one, to get to a place that calls right now.

    The loop is a `for` in the function of that place, or in one of the two that have called it, of the same package.
    Tests do not count: they call in a loop what a program does once for each request. "" where there is none.
    """
    source = source_of(place)
    frame: FrameType | None = sys._getframe(1)
    code = None if source is None else source.code()
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    package = _package(frame)
    for _ in range(_LEVELS_MAX):
        if frame is None or not package or _package(frame) != package:
            break
        if frame.f_lineno in _looped_lines(frame.f_code, "FOR_ITER"):
            return place_of(frame) or place
        frame = frame.f_back
    return ""


def _package(frame: FrameType | None) -> str:
    """The outermost package of a function's module; "" of tests."""
    parts = [] if frame is None else str(frame.f_globals.get("__name__", "")).split(".")
    if any(part in _TESTS or part.startswith("test_") or part.endswith("_test") for part in parts):
        return ""
    return parts[0] if parts else ""


@lru_cache(maxsize=1024)
def _looped_lines(code: CodeType, begin: str) -> frozenset[int]:
    """The lines of a function's code that lie between a jump back and where it goes to.

    Parameters:
        code: of the function.
        begin: how the name of the instruction begins that jumps go to, such as "FOR_ITER".
    """
    instructions = list(dis.get_instructions(code))
    names = {each.offset: each.opname for each in instructions}
    jumps = [
        (each.argval, each.offset)
        for each in instructions
        if "JUMP" in each.opname
        and isinstance(each.argval, int)
        and each.argval <= each.offset
        and names[each.argval].startswith(begin)
    ]
    lines: set[int] = set()
    line = code.co_firstlineno
    for each in instructions:
        line = (each.positions.lineno if each.positions is not None else None) or line
        if any(start <= each.offset <= stop for start, stop in jumps):
            lines.add(line)
    assert len(lines) <= len(instructions), f"{code.co_name} has more lines than instructions"
    return frozenset(lines)
