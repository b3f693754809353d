"""Where choices come from: a seed and a profile, a schedule of faults, or a recorded history.

A choice is asked for by the number of the call and the kind of fault. It never depends on the machine: what a seed
draws is a hash of seed, call and kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol, TypeVar

from minidynamo.simulation.arguments import require, require_all, require_count
from minidynamo.simulation.faults.kinds import KINDS, known_kind
from minidynamo.simulation.faults.profiles import Profile
from minidynamo.values.api_types import JsonObject, Request

# What has been chosen, as a history keeps it.
Detail = JsonObject
Option = TypeVar("Option")
_RANGE = 2**64


class Draw:
    """What is drawn once it is decided that something happens: numbers for its details, 0 being the simplest.

    Parameters:
        next_number: gives the next number below a bound.
        is_worst: whether the worst is drawn instead.
    """

    def __init__(self, next_number: Callable[[int], int], is_worst: bool = False) -> None:
        self._next_number = next_number
        self._is_worst = is_worst

    def among(self, options: Sequence[Option], worst: int = -1) -> Option:
        """One of some options, given from the simplest on.

        Parameters:
            options: what there is to choose from; not empty.
            worst: the index of the worst of them; the last one by default.
        """
        assert options, "nothing is left to draw from"
        return options[worst] if self._is_worst else options[self._next_number(len(options))]

    def count(self, least: int, most: int) -> int:
        """A number of things; the most is the worst."""
        assert least <= most, f"a number of at least {least} and at most {most} is drawn"
        return self.among(range(least, most + 1))

    def some(self, options: Sequence[Option], count: int) -> list[Option]:
        """So many of some options, in their order; with 0 drawn those at the end."""
        assert 0 <= count <= len(options), f"{count} are drawn, of {len(options)}"
        left, chosen = list(range(len(options))), []
        for _ in range(count):
            chosen.append(left.pop(-1 - self._next_number(len(left))))
        return [options[position] for position in sorted(chosen)]


class Chance(Protocol):
    """Decides, call by call, what happens."""

    def is_possible(self, call: int, kind: str) -> bool:
        """Whether a kind may happen at a call: False spares the work of finding out whether it could."""
        ...

    def decide(self, call: int, kind: str, make: Callable[[Draw], Detail | None]) -> Detail | None:
        """The details of what happens where a kind could; None for nothing.

        Parameters:
            call: the number of the call.
            kind: what could happen.
            make: makes the details from a draw; None where it cannot happen after all.
        """
        ...

    def begin(self, operation: str, request: Request) -> None:
        """Begins a call, of an operation or of "Deliver" or "Expire"; by default nothing hangs on that."""
        return

    def forked(self) -> Chance:
        """What decides for a fork."""
        return self

    def told(self) -> FaultSchedule | None:
        """The schedule under which the same happens, for what is drawn from nothing that a seed gives again."""
        return None

    def skip(self, kind: str) -> None:
        """Passes over an opportunity at which nothing may happen; by default nothing hangs on that."""
        return

    def undo(self, kind: str) -> None:
        """Takes back what was decided last, which has had no effect; by default nothing hangs on that."""
        return


class SeededChance(Chance):
    """Decides by a seed and the rates of a profile.

    Parameters:
        seed: what everything is drawn from.
        profile: the rates.
    """

    def __init__(self, seed: int | str, profile: Profile) -> None:
        self._seed = str(seed)
        self._profile = profile
        self._rates = {kind: int(profile.rate(kind) * _RANGE) for kind in KINDS}

    def is_possible(self, call: int, kind: str) -> bool:
        return self._rates[kind] > 0

    def decide(self, call: int, kind: str, make: Callable[[Draw], Detail | None]) -> Detail | None:
        rate = self._rates[kind]
        if rate == 0:
            return None
        numbers = _Numbers(f"{self._seed}/{call}/{kind}")
        if numbers.below(_RANGE) >= rate:
            return None
        return make(Draw(numbers.below, self._profile.is_worst))


class _Numbers:
    """Numbers that hang on a text alone."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._count = 0

    def below(self, bound: int) -> int:
        assert 0 < bound <= _RANGE, f"a number below {bound} is drawn"
        self._count += 1
        digest = blake2b(f"{self._text}/{self._count}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") * bound // _RANGE


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: what, one of `minidynamo.simulation.KINDS`.
        at: at which opportunity for that kind, counted from 0.
        variant: what its details are drawn from; 0 gives the simplest.
    """

    kind: str
    at: int = 0
    variant: int = 0

    def __post_init__(self) -> None:
        known_kind(self.kind)
        require_count("at", self.at, 0)
        require_count("variant", self.variant, 0)
        if self.kind == "capacity":
            raise ValueError("capacity is no single fault: Profile(capacity=True) turns it on")

    def __repr__(self) -> str:
        members = [f"{self.kind!r}"] + [
            f"{name}={getattr(self, name)}" for name in ("at", "variant") if getattr(self, name)
        ]
        return f"Fault({', '.join(members)})"


class FaultSchedule:
    """Faults that happen, and nothing else does. Equal schedules and calls give equal histories.

    Parameters:
        faults: what goes wrong. Of several at one opportunity the first counts.
    """

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        takes = "a list of Faults, such as [Fault('throttled')]"
        require(isinstance(faults, Iterable) and not isinstance(faults, str), "a schedule", takes, faults)
        self.faults = tuple(faults)
        require_all("a schedule", self.faults, Fault, takes)

    def __repr__(self) -> str:
        return f"FaultSchedule({list(self.faults)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FaultSchedule) and self.faults == other.faults

    def __hash__(self) -> int:
        return hash(self.faults)


class ScheduledChance(Chance):
    """Decides by a schedule of faults: each kind's opportunities are counted."""

    def __init__(self, schedule: FaultSchedule) -> None:
        self._faults: dict[tuple[str, int], Fault] = {}
        for fault in schedule.faults:
            self._faults.setdefault((fault.kind, fault.at), fault)
        self._kinds = {kind for kind, _ in self._faults}
        self._opportunities: Counter[str] = Counter()

    def is_possible(self, call: int, kind: str) -> bool:
        return kind in self._kinds

    def decide(self, call: int, kind: str, make: Callable[[Draw], Detail | None]) -> Detail | None:
        fault = self._faults.get((kind, self._opportunities[kind]))
        self._opportunities[kind] += 1
        return None if fault is None else make(draw_of(fault.variant))

    def skip(self, kind: str) -> None:
        self._opportunities[kind] += 1


def draw_of(variant: int) -> Draw:
    """A draw whose numbers are the digits of a number."""
    rest = variant

    def below(bound: int) -> int:
        nonlocal rest
        rest, number = divmod(rest, bound)
        return number

    return Draw(below)


class ReplayedChance(Chance):
    """Decides as a history says: what happened at a call happens again."""

    def __init__(self, choices: Mapping[int, Mapping[str, Detail]]) -> None:
        self._choices = choices

    def is_possible(self, call: int, kind: str) -> bool:
        return kind in self._choices.get(call, ())

    def decide(self, call: int, kind: str, make: Callable[[Draw], Detail | None]) -> Detail | None:
        recorded = self._choices.get(call, {}).get(kind)
        return None if recorded is None else dict(recorded)
