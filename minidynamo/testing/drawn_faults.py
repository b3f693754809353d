"""Faults drawn where they happen: at each opportunity, from the entropy of the Hypothesis example that runs.

A choice is drawn beside the call that offers it. So Hypothesis deletes calls and faults independently of each other
when it shrinks: what a deleted call would have drawn goes with it, and nothing else moves. Whether something happens is
one draw with the rate of the profile; its details are drawn only then, the simplest first. What has happened in a run
can be told as a `FaultSchedule`, under which the same calls meet the same faults.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any, Protocol

from hypothesis import strategies as st
from hypothesis.control import cleanup, currently_in_test_context
from hypothesis.control import current_build_context as build_context
from hypothesis.reporting import report

from minidynamo import Database, DynamoError, Fault, FaultSchedule, Profile, simulate
from minidynamo.simulation import KINDS, SimulatedDatabase, profile_of, without_kinds
from minidynamo.simulation.faults.chance import Chance, Detail, Draw
from minidynamo.simulation.faults.kinds import Kind
from minidynamo.simulation.faults.profiles import profile_arguments
from minidynamo.simulation.faults.watchers import may_meet
from minidynamo.simulation.simulate import require_simulation
from minidynamo.values.api_types import Request

# How often a unit, a call or a step of a machine, is disturbed at all: a quiet one is one draw, which goes with its
# step. Within a disturbed one faults are so much more probable.
_DISTURBED = 0.5
# In a disturbed unit each call draws one of so many slots: the kind of fault it is open to; the first are none.
_SLOTS = 128
_ARMED_MAX = 0.9  # What was certain could not be shrunk away.


class Entropy(Protocol):
    """What Hypothesis draws an example from."""

    def draw_boolean(self, p: float) -> bool:
        """True with a probability; shrinks to False."""
        ...

    def draw_integer(self, min_value: int, max_value: int) -> int:
        """A number; shrinks to the least."""
        ...


class DrawnChance(Chance):
    """Decides by the entropy of an example, with the rates of a profile.

    Parameters:
        entropy: where choices are drawn from.
        profile: how probable each kind of fault is where it can happen.

    Attributes:
        step: the number of the step that a machine is at, counted from 1; None where each call stands for itself.
        faults: what has happened up to now, as a schedule would say it.
    """

    def __init__(self, entropy: Entropy, profile: Profile) -> None:
        self._entropy = entropy
        self._profile = profile
        self._slots: dict[tuple[str, ...], list[str | None]] = {}
        self._opportunities: Counter[str] = Counter()
        self._unit, self._is_disturbed = 0, False
        self._operation = ""
        self._request: Request = {}
        self._armed_call = 0
        self._armed: str | None = None
        self.step: int | None = None
        self.faults: list[Fault] = []

    def begin(self, operation: str, request: Request) -> None:
        self._operation, self._request = operation, request

    def is_possible(self, call: int, kind: str) -> bool:
        return kind != "capacity" and self._profile.rate(kind) > 0

    def decide(self, call: int, kind: str, make: Callable[[Draw], Detail | None]) -> Detail | None:
        if not self.is_possible(call, kind):
            return None
        at = self._opportunities[kind]
        self._opportunities[kind] += 1
        if self._armed_kind(call) != kind:
            return None
        digits = _Digits(self._entropy)
        try:
            detail = make(Draw(digits.below))
        except DynamoError:  # The request is refused anyway; under a schedule it is so at the same place.
            self.faults.append(Fault(kind, at, digits.number))
            raise
        if detail is not None:
            self.faults.append(Fault(kind, at, digits.number))
            self._armed = self._draw_armed()  # One call may meet several.
        return detail

    def _may_meet(self, kind: Kind) -> bool:
        """Whether the call may meet a kind; an empty page comes only after another page."""
        has_page_before = kind.name != "empty_page" or "ExclusiveStartKey" in self._request
        return has_page_before and may_meet(kind, self._operation, self._request)

    def forked(self) -> DrawnChance:
        chance = DrawnChance(self._entropy, self._profile)
        chance.step = self.step
        return chance

    def _armed_kind(self, call: int) -> str | None:
        """The kind of fault that a call is open to, drawn at its first opportunity."""
        unit = call if self.step is None else self.step
        if unit != self._unit:
            self._unit, self._is_disturbed = unit, self._entropy.draw_boolean(_DISTURBED)
        if call != self._armed_call:
            self._armed_call, self._armed = call, self._draw_armed()
        return self._armed

    def _draw_armed(self) -> str | None:
        if not self._is_disturbed:
            return None
        possible = tuple(
            kind.name
            for kind in KINDS.values()
            if self.is_possible(self._armed_call, kind.name) and self._may_meet(kind)
        )
        slots = self._slots.get(possible)
        if slots is None:
            slots = self._slots[possible] = _slots(possible, self._profile)
        return slots[self._entropy.draw_integer(0, _SLOTS - 1)]

    def told(self) -> FaultSchedule:
        return FaultSchedule(self.faults)

    def undo(self, kind: str) -> None:
        """Takes the last fault back, which has had no effect."""
        assert self.faults and self.faults[-1].kind == kind, f"{kind} is taken back, and the faults are {self.faults}"
        self.faults.pop()

    def skip(self, kind: str) -> None:
        """Passes an opportunity over at which nothing may happen."""
        if self._profile.rate(kind) > 0:
            self._opportunities[kind] += 1


def _slots(possible: tuple[str, ...], profile: Profile) -> list[str | None]:
    """Some kinds of faults, each as often as it is probable; first None, for no fault."""
    rates = [profile.rate(kind) for kind in possible]
    probability = min((1 - prod(1 - rate for rate in rates)) / _DISTURBED, _ARMED_MAX)
    armed = [
        kind
        for kind, rate in zip(possible, rates, strict=True)
        for _ in range(max(round(_SLOTS * probability * rate / sum(rates)), 1))
    ]
    assert len(armed) < _SLOTS, f"{possible} have {len(armed)} slots"
    return [*[None] * (_SLOTS - len(armed)), *armed]


class _Digits:
    """Numbers below bounds, and the one number whose digits they are."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._weight = 1
        self.number = 0

    def below(self, bound: int) -> int:
        digit = self._entropy.draw_integer(0, bound - 1) if bound > 1 else 0
        self.number += digit * self._weight
        self._weight *= bound
        return digit


def simulate_drawn(
    source: Database | str | Path | None = None, profile: str | Profile = "stormy", **settings: Any
) -> SimulatedDatabase:
    """Opens a simulated database whose faults Hypothesis draws and shrinks; for use within a test that it runs.

    Parameters:
        source: a database to begin with, as `minidynamo.simulate` takes it.
        profile: the kinds of faults, their rates and bounds; a profile or its name. Its capacity is not bounded.
        settings: others of `minidynamo.simulate`.

    The report of a failure ends with the call of `minidynamo.simulate` that opens a database with the same faults.

    Raises:
        RuntimeError: Hypothesis does not run a test now.
    """
    return drawn(source, profile, **settings)[0]


def drawn(
    source: Database | str | Path | None, profile: str | Profile, **settings: Any
) -> tuple[SimulatedDatabase, DrawnChance]:
    """See `simulate_drawn`; the database, and what decides its faults."""
    if not currently_in_test_context():
        raise RuntimeError("faults are drawn by Hypothesis: use this in a test with @given, or in a state machine")
    chosen = _chosen_profile(source, profile, **settings)
    settings.pop("without", None)
    chance = DrawnChance(build_context().data, chosen)
    database = simulate(source, profile=chosen, chance=chance, **settings)
    if build_context().is_final:
        cleanup(lambda: report(f"Faults of this run: {schedule_text(chance.told(), chosen)}"))
    return database, chance


def _chosen_profile(
    source: object, profile: str | Profile, without: tuple[str, ...] = (), **settings: object
) -> Profile:
    """The profile of which faults are drawn; raises TypeError or ValueError where an argument is wrong."""
    for name in ("seed", "schedule", "replay", "chance"):
        if name in settings:
            raise TypeError(f"faults are drawn here, so that {name} has no place: use minidynamo.simulate({name}=...)")
    require_simulation(source, **settings)
    return without_kinds(profile_of(profile), without)


def schedule_text(schedule: FaultSchedule, profile: Profile) -> str:
    """The call that opens a database with the faults of a run, as Python says it."""
    return f"minidynamo.simulate(..., schedule={schedule!r}, {profile_arguments(profile)})"


def simulated(
    source: Database | str | Path | None = None, profile: str | Profile = "stormy", **settings: Any
) -> st.SearchStrategy[SimulatedDatabase]:
    """Simulated databases whose faults are drawn as the test makes its calls, and shrink with them.

    Parameters:
        source, profile, settings: those of `simulate_drawn`.

    Raises:
        ValueError, TypeError: those of `minidynamo.simulate`, at once.
    """
    _chosen_profile(source, profile, **settings)

    @st.composite
    def databases(draw: st.DrawFn) -> SimulatedDatabase:
        draw(st.none())  # A composite has to draw something; this is no choice.
        return simulate_drawn(source, profile, **settings)

    return databases()  # Of a composite Hypothesis shows what it gives, not how it is made.
