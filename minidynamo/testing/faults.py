"""Strategies for faults: what goes wrong is drawn and shrunk by Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from minidynamo import Fault, FaultSchedule, Profile
from minidynamo.simulation import KINDS, profile_of

# How far details and opportunities reach. Most tests make few calls of a kind.
_AT_MAX = 15
_HOW_MAX = 40


def faults(profile: str | Profile = "stormy", *, at_most: int = _AT_MAX) -> st.SearchStrategy[Fault]:
    """Single faults of the kinds that a profile has.

    Parameters:
        profile: a profile or its name.
        at_most: the last opportunity that is counted to.
    """
    # Few choices for each fault, since Hypothesis deletes few at once when it shrinks a list.
    parts = st.tuples(st.sampled_from(_kinds_of(profile)), _mostly_zero(at_most), _mostly_zero(_HOW_MAX))
    return parts.map(lambda drawn: Fault(*drawn))  # Shown by its own repr, which can be run again.


def fault_schedules(
    profile: str | Profile = "stormy", *, faults_max: int = 16, at_most: int = _AT_MAX
) -> st.SearchStrategy[FaultSchedule]:
    """Schedules of faults, for `simulate(schedule=...)`; they shrink to the fewest and simplest faults.

    Parameters:
        profile: a profile or its name: only the kinds that it has are drawn.
        faults_max: how many faults there are at most.
        at_most: the last opportunity that is counted to.
    """
    # Two lists, since one list would not be drawn longer than either of them.
    one_half, other_half = (
        st.lists(faults(profile, at_most=at_most), max_size=size)
        for size in (faults_max - faults_max // 2, faults_max // 2)
    )
    return st.tuples(one_half, other_half).map(lambda halves: FaultSchedule(halves[0] + halves[1]))


def _mostly_zero(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, 3 * most).map(lambda drawn: max(drawn - 2 * most, 0))


def _kinds_of(profile: str | Profile) -> list[str]:
    chosen = profile_of(profile)
    kinds = [kind for kind in KINDS if kind != "capacity" and chosen.rate(kind) > 0]
    if not kinds:
        raise ValueError(f"profile {chosen.name} has no faults to draw from")
    return kinds
