"""Strategies for faults: what goes wrong is drawn and shrunk by Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from minidynamo import Fault, FaultSchedule, Profile
from minidynamo.simulation import KINDS, PROFILES

# How far details and opportunities reach. Most tests make few calls of a kind.
_AT_MAX = 30
_HOW_MAX = 40


def faults(profile: str | Profile = "stormy", *, at_most: int = _AT_MAX) -> st.SearchStrategy[Fault]:
    """Single faults of the kinds that a profile has.

    Parameters:
        profile: a profile or its name.
        at_most: the last opportunity that is counted to.
    """
    parts = st.tuples(
        st.sampled_from(_kinds_of(profile)),
        st.one_of(st.integers(0, min(at_most, 4)), st.integers(0, at_most)),
        st.one_of(st.integers(0, min(3, _HOW_MAX)), st.integers(0, _HOW_MAX)),
    )
    return parts.map(lambda drawn: Fault(*drawn))  # Shown by its own repr, which can be run again.


def fault_schedules(
    profile: str | Profile = "stormy", *, faults_max: int = 8, at_most: int = _AT_MAX
) -> st.SearchStrategy[FaultSchedule]:
    """Schedules of faults, for `simulate(schedule=...)`; they shrink to the fewest and simplest faults.

    Parameters:
        profile: a profile or its name: only the kinds that it has are drawn.
        faults_max: how many faults there are at most.
        at_most: the last opportunity that is counted to.
    """
    found = st.lists(
        faults(profile, at_most=at_most), max_size=faults_max, unique_by=lambda fault: (fault.kind, fault.at)
    )
    return found.map(FaultSchedule)


def _kinds_of(profile: str | Profile) -> list[str]:
    if isinstance(profile, str) and profile not in PROFILES:
        raise ValueError(f"there is no profile {profile!r}: there are {', '.join(PROFILES)}")
    chosen = PROFILES[profile] if isinstance(profile, str) else profile
    kinds = [kind for kind in KINDS if kind != "capacity" and chosen.rate(kind) > 0]
    if not kinds:
        raise ValueError(f"profile {chosen.name} has no faults to draw from")
    return kinds
