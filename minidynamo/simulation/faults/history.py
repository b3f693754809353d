"""Histories: every call of a simulated database, what was chosen in it, and why that is legal.

On disk a history is JSON lines: a head `{"minidynamo_history": 1, "seed": ..., "profile": {...}}`, then one per call:
`{"call": 3, "operation": "GetItem", "on": "tbl", "choices": {"stale_read": {...}}, "outcome": "ok"}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from minidynamo.simulation.faults.chance import Detail
from minidynamo.simulation.faults.kinds import KINDS
from minidynamo.simulation.faults.profiles import CALM, Profile
from minidynamo.storage.whole_file import whole_file
from minidynamo.values.api_types import JsonObject, JsonValue

_FORMAT = 1
_FORMAT_MEMBER = "minidynamo_history"


class HistoryError(Exception):
    """A history that cannot be read, or that the calls of a program do not follow."""


@dataclass
class Call:
    """One call and what was chosen in it.

    Attributes:
        number: counted from 1; a delivery to a handler and a sweep for expired items count as calls.
        operation: its API name, or "Deliver" or "Expire".
        on: the names of its tables, separated by commas.
        key: a short text of what it is about, for people.
        choices: the details of what was chosen, by kind.
        outcome: "ok" or the error code.
    """

    number: int
    operation: str
    on: str = ""
    key: str = ""
    choices: dict[str, Detail] = field(default_factory=dict)
    outcome: str = ""

    @property
    def title(self) -> str:
        """Which call it was, in a few words."""
        return f"call {self.number} {self.operation} {self.on} {self.key}".rstrip()

    def __str__(self) -> str:
        lines = [f"call {self.number}  {self.operation} {self.on} {self.key}".rstrip() + f"  -> {self.outcome}"]
        for name, detail in self.choices.items():
            shown = ", ".join(f"{key}: {_shown(value)}" for key, value in detail.items())
            kind = KINDS[name]
            lines.append(f"    {name}: {kind.title}" + (f" ({shown})" if shown else ""))
            lines.append(f"        legal: {kind.why}")
            lines.append(f"        source: {kind.source}")
        return "\n".join(lines)


class History:
    """The calls of one simulated database. `print(history)` shows those in which something was chosen.

    Parameters:
        profile, seed: what it was drawn from.
    """

    def __init__(self, profile: Profile = CALM, seed: str = "") -> None:
        self.profile, self.seed = profile, seed
        self.calls: list[Call] = []

    @property
    def choices(self) -> list[tuple[int, str, Detail]]:
        """Everything that was chosen, as call number, kind and details."""
        return [(call.number, kind, detail) for call in self.calls for kind, detail in call.choices.items()]

    def text(self) -> str:
        """The whole history as JSON lines; equal histories give equal texts."""
        head: JsonObject = {_FORMAT_MEMBER: _FORMAT, "seed": self.seed, "profile": asdict(self.profile)}
        lines: list[JsonObject] = [head, *(vars(call) for call in self.calls)]
        return "".join(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n" for line in lines)

    def save(self, path: str | Path) -> None:
        """Writes it to a file, whole or not at all, for `History.load`."""
        with whole_file(Path(path), replaces=True) as temporary:
            temporary.write_text(self.text(), "utf-8")

    @classmethod
    def load(cls, path: str | Path) -> History:
        """Reads what `save` has written.

        Raises:
            HistoryError: the file is no history.
        """
        try:
            lines = Path(path).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise HistoryError(f"{path} cannot be read as a history: {error}") from None
        try:
            return cls._of_lines(json.loads(line) for line in lines)
        except (ValueError, TypeError, KeyError) as error:
            raise HistoryError(f"{path} is no history of minidynamo: {error}") from None

    @classmethod
    def _of_lines(cls, lines: Iterator[JsonValue]) -> History:
        head: JsonValue = next(lines, {})
        if not isinstance(head, dict) or head.get(_FORMAT_MEMBER) != _FORMAT:
            raise ValueError(f"its first line does not say {_FORMAT_MEMBER}: {_FORMAT}")
        history = cls(Profile(**head["profile"]), head["seed"])
        for line in lines:
            call = Call(**line)
            unknown = call.choices.keys() - KINDS.keys()
            if unknown:
                raise ValueError(f"call {call.number} has unknown choices: {', '.join(sorted(unknown))}")
            history.calls.append(call)
        return history

    def __str__(self) -> str:
        chosen = [str(call) for call in self.calls if call.choices]
        drawn = f"profile {self.profile.name}, seed {self.seed}"
        head = f"{len(self.calls)} calls, {len(chosen)} of them with a choice ({drawn})"
        return "\n".join([head, *chosen])

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self.calls == other.calls

    __hash__ = None  # type: ignore[assignment]  # It grows.

    def __len__(self) -> int:
        return len(self.calls)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return " ".join("/".join(map(str, each)) if isinstance(each, list) else str(each) for each in value)
    return str(value) or "none"
