"""Histories: every call of a simulated database, what was chosen in it, and why that is legal.

On disk a history is JSON lines: a head `{"minidynamo_history": 1, "seed": ..., "profile": {...}}`, then one per call:
`{"call": 3, "operation": "GetItem", "on": "tbl", "choices": {"stale_read": {...}}, "outcome": "ok"}`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from pathlib import Path

from minidynamo.simulation.arguments import require, require_path
from minidynamo.simulation.faults.calls import Call
from minidynamo.simulation.faults.chance import Detail, FaultSchedule
from minidynamo.simulation.faults.kinds import KINDS
from minidynamo.simulation.faults.listing import listed
from minidynamo.simulation.faults.profiles import CALM, Profile, profile_arguments
from minidynamo.storage.whole_file import whole_file
from minidynamo.values.api_types import JsonObject, JsonValue

_FORMAT = 1
_FORMAT_MEMBER = "minidynamo_history"
_CALL_MEMBERS = {each.name for each in fields(Call)}
_REMEDY = "give the path of a file that History.save has written"


class HistoryError(Exception):
    """A history that cannot be read, or that the calls of a program do not follow."""


class History:
    """The calls of one simulated database; `print` shows what happened, `show` does so in colour.

    Parameters:
        profile, seed: what it was drawn from.
        schedule: the schedule that it follows instead, as Python; "" for none.
    """

    def __init__(self, profile: Profile = CALM, seed: str = "", schedule: str = "") -> None:
        require(isinstance(profile, Profile), "profile", "a Profile", profile)
        self.profile, self.seed = profile, seed
        self._schedule: Callable[[], FaultSchedule | None] | str = schedule
        self.calls: list[Call] = []

    @property
    def choices(self) -> list[tuple[int, str, Detail]]:
        """Everything that was chosen, as call number, kind and details."""
        return [(call.number, kind, detail) for call in self.calls for kind, detail in call.choices.items()]

    def text(self) -> str:
        """The whole history as JSON lines; equal histories give equal texts."""
        head: JsonObject = {_FORMAT_MEMBER: _FORMAT, "seed": self.seed, "profile": asdict(self.profile)}
        if self.schedule:
            head["schedule"] = self.schedule
        lines: list[JsonObject] = [head, *(vars(call) for call in self.calls)]
        return "".join(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n" for line in lines)

    def save(self, path: str | Path) -> None:
        """Writes it to a file, whole or not at all, for `History.load`.

        Parameters:
            path: of the file.

        Raises:
            OSError: the file cannot be written.
            TypeError: it is no path.
        """
        require_path("History.save", path)
        with whole_file(Path(path), replaces=True) as temporary:
            temporary.write_text(self.text(), "utf-8")

    @classmethod
    def load(cls, path: str | Path) -> History:
        """Reads what `save` has written.

        Parameters:
            path: of the file.

        Raises:
            HistoryError: there is no such file, or it is no history.
            TypeError: it is no path.
        """
        require_path("History.load", path)
        try:
            lines = Path(path).read_text("utf-8").splitlines()
        except OSError as error:
            raise HistoryError(f"{path} cannot be read: {error.strerror}; {_REMEDY}") from None
        except UnicodeDecodeError:
            raise HistoryError(f"{path} is no history of minidynamo: it is no text; {_REMEDY}") from None
        try:
            return cls._of_lines(json.loads(line) for line in lines)
        except json.JSONDecodeError:
            raise HistoryError(f"{path} is no history of minidynamo: a line of it is no JSON; {_REMEDY}") from None
        except (ValueError, TypeError, KeyError) as error:
            raise HistoryError(f"{path} is no history of minidynamo: {error}; {_REMEDY}") from None

    @classmethod
    def _of_lines(cls, lines: Iterator[JsonValue]) -> History:
        head: JsonValue = next(lines, {})
        if not isinstance(head, dict) or head.get(_FORMAT_MEMBER) != _FORMAT:
            raise ValueError(f"its first line does not say {_FORMAT_MEMBER}: {_FORMAT}")
        if not isinstance(head.get("profile"), dict) or not isinstance(head.get("seed"), str):
            raise ValueError("its first line names no profile and seed")
        history = cls(Profile(**head["profile"]), head["seed"], head.get("schedule", ""))
        for number, line in enumerate(lines, 2):
            if not isinstance(line, dict) or line.keys() != _CALL_MEMBERS or not isinstance(line["choices"], dict):
                raise ValueError(f"its line {number} is no call")
            call = Call(**line)
            unknown = call.choices.keys() - KINDS.keys()
            if unknown:
                raise ValueError(f"call {call.number} has unknown choices: {', '.join(sorted(unknown))}")
            history.calls.append(call)
        return history

    @property
    def schedule(self) -> str:
        """The schedule that it follows, or that tells what was drawn, as Python; "" for none."""
        if isinstance(self._schedule, str):
            return self._schedule
        told = self._schedule()
        return "" if told is None else repr(told)

    def follow(self, told: Callable[[], FaultSchedule | None]) -> None:
        """Lets the schedule be told by what decides."""
        self._schedule = told

    @property
    def origin(self) -> str:
        """What makes such a history again, whether it was drawn, scheduled or is a replay."""
        seed = self.seed if self.seed.isdecimal() else repr(self.seed)
        drawn = f"schedule={self.schedule}" if self.schedule else f"seed={seed}"
        return f"simulate({drawn}, {profile_arguments(self.profile)})"

    def listing(self, colour: bool = False) -> str:
        """A call a line, aligned, and below each fault why it is legal.

        Of more than forty calls only those with a fault are shown.

        Parameters:
            colour: whether it is for a terminal that shows colours.
        """
        return listed(self.origin, self.calls, colour)

    def show(self) -> None:
        """Prints it, in colour on a terminal unless NO_COLOR is set."""
        print(self.listing(colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR")))

    def __str__(self) -> str:
        return self.listing()

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self.calls == other.calls

    __hash__ = None  # type: ignore[assignment]  # It grows.

    def __len__(self) -> int:
        return len(self.calls)
