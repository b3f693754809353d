"""A schedule as it is followed: which of its faults have happened, and a warning where none has."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from types import FrameType

from minidynamo.simulation.faults.chance import Detail, Draw, Fault, FaultSchedule, ScheduledChance

_SHOWN_MAX = 5


class UnmetSchedule(UserWarning):
    """A schedule of faults none of which has happened: the program makes other calls than it was made for."""


class FollowedSchedule(ScheduledChance):
    """Decides by a schedule, and notes which of its faults have happened.

    Parameters:
        schedule: the faults.
        original: what a fork goes on from: what happens to the fork happens to the schedule.

    Attributes:
        calls: how many there have been in which something could have happened.
        met: the faults that have happened.
        is_forked: whether forks go on with the schedule, of which nobody knows when they end.
    """

    def __init__(self, schedule: FaultSchedule, original: FollowedSchedule | None = None) -> None:
        super().__init__(schedule)
        self._schedule = schedule
        self._latest: Fault | None = None
        self._call = 0  # The latest of these.
        self._process = os.getpid()
        self.calls = 0
        self.is_forked = False
        if original is not None:
            original.is_forked = True
        self.met: set[Fault] = set() if original is None else original.met

    def is_possible(self, call: int, kind: str) -> bool:
        self.calls += call != self._call
        self._call = call
        return super().is_possible(call, kind)

    def decide(self, call: int, kind: str, make: Callable[[Draw], Detail | None]) -> Detail | None:
        self.is_possible(call, kind)  # Which counts the call.
        fault = self._faults.get((kind, self._opportunities[kind]))
        detail = super().decide(call, kind, make)
        if detail is not None:
            assert fault is not None, f"{kind} happens in call {call}, as no fault of {self._schedule} says"
            self._latest = fault
            self.met.add(fault)
        return detail

    def undo(self, kind: str) -> None:
        """Takes the last fault back, which has had no effect."""
        assert self._latest is not None and self._latest.kind == kind, f"{kind} is taken back behind {self._latest}"
        self.met.discard(self._latest)

    def warn(self, place: tuple[str, int, str]) -> None:
        """Warns where calls were made and no fault has happened; not while an error ends the program before them.

        Parameters:
            place: the file, the line and the module where the database was opened.
        """
        faults = self._schedule.faults
        if not self.calls or not faults or self.met or self.is_forked:
            return
        if sys.exc_info()[0] is not None or os.getpid() != self._process:
            return
        more = f" and {len(faults) - _SHOWN_MAX} more" if len(faults) > _SHOWN_MAX else ""
        calls = "1 call" if self.calls == 1 else f"{self.calls} calls"
        text = (
            f"no fault of this schedule has happened in {calls}: {', '.join(map(repr, faults[:_SHOWN_MAX]))}"
            f"{more}. The program no longer makes the calls that it was made for: draw faults anew, or take it out"
        )
        warnings.warn_explicit(UnmetSchedule(text), None, *place)


def place_of(frame: FrameType | None) -> tuple[str, int, str]:
    """The file, the line and the module of a frame, for a warning."""
    if frame is None:
        return "<unknown>", 1, "<unknown>"
    return frame.f_code.co_filename, frame.f_lineno, frame.f_globals.get("__name__", "<unknown>")
