"""Profiles: how often each kind of misbehaviour happens, and within which bounds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace

from minidynamo.simulation.arguments import did_you_mean, named_alone, require, require_count, require_names, shown
from minidynamo.simulation.faults.kinds import KINDS, known_kind

_SECONDS_MAX = 1e9


@named_alone("Profile(throttled=0.1)")
@dataclass(frozen=True, kw_only=True)
class Profile:
    """How a simulated database misbehaves. Make one's own, or vary one: `dataclasses.replace(TYPICAL, conflict=0)`.

    Attributes:
        name: what it is called in histories.
        stale_read, index_lag, short_page, empty_page, no_trailing_key, unprocessed, throttled, conflict, in_progress,
            server_error, connection_lost, response_lost, connection_lost_after, timed_out, latency, slow_table,
            control_limit, stream_lag, shard_split, consumer_paused, duplicate_delivery, ttl_delay: how probable each
            kind is where it can happen, from 0 (switched off) to 1 (always); see `minidynamo.simulation.KINDS`.
        capacity: whether tables, indexes and partitions have the capacity they are given, and run out of it.
        is_worst: whether what is drawn beside is always the worst: the most unseen writes, the most unprocessed items.
        reads_go_back: whether a read may show an older state than an earlier read did, as it may when another replica
            answers. False keeps each caller's replica: what was once seen stays seen.
        lag_seconds, index_lag_seconds: for how long a write may stay unseen in a replica, and in an index.
        latency_seconds: how much time each call takes, by a clock that can be advanced.
        slow_seconds: how much time a slow answer takes at most.
        table_seconds: for how long a slow table is in a passing status at most.
        refusals_in_a_row_max: after so many refused or unanswered calls the next one is answered.

    Raises:
        ValueError: a rate is not from 0 to 1, or a bound is negative.
        TypeError: there is no such parameter, or it is of another type.
    """

    name: str = "custom"
    stale_read: float = 0.0
    index_lag: float = 0.0
    short_page: float = 0.0
    empty_page: float = 0.0
    no_trailing_key: float = 0.0
    unprocessed: float = 0.0
    throttled: float = 0.0
    capacity: bool = False
    conflict: float = 0.0
    in_progress: float = 0.0
    server_error: float = 0.0
    connection_lost: float = 0.0
    response_lost: float = 0.0
    connection_lost_after: float = 0.0
    timed_out: float = 0.0
    latency: float = 0.0
    slow_table: float = 0.0
    control_limit: float = 0.0
    stream_lag: float = 0.0
    shard_split: float = 0.0
    consumer_paused: float = 0.0
    duplicate_delivery: float = 0.0
    ttl_delay: float = 0.0
    is_worst: bool = False
    reads_go_back: bool = True
    lag_seconds: float = 1.0
    index_lag_seconds: float = 2.0
    latency_seconds: float = 0.0
    slow_seconds: float = 5.0
    table_seconds: float = 30.0
    refusals_in_a_row_max: int = 3

    def __post_init__(self) -> None:
        require(isinstance(self.name, str), "name", "a text", self.name)
        for each in fields(self):
            value = getattr(self, each.name)
            if each.type == "bool":
                require(isinstance(value, bool), each.name, "True or False", value)
            elif each.type == "int":
                require_count(each.name, value, 0)
            elif each.type == "float":
                _require_measure(each.name, value)

    def rate(self, kind: str) -> float:
        """How probable a kind is."""
        return float(getattr(self, kind))


def _require_measure(name: str, value: object) -> None:
    """Refuses what is no rate, or no number of seconds."""
    most, what = (1, "a rate from 0 to 1") if name in KINDS else (_SECONDS_MAX, "a number of seconds from 0 on")
    if not isinstance(value, int | float):
        raise TypeError(f"{name} is {what}, not {shown(value)}")
    if not 0 <= value <= most:
        raise ValueError(f"{name} is {what}, not {value!r}")


_RATES = {each.name for each in fields(Profile)}
assert KINDS.keys() <= _RATES, f"profiles have no rates for {sorted(KINDS.keys() - _RATES)}"

CALM = Profile(name="calm")
TYPICAL = Profile(
    name="typical",
    stale_read=0.1,
    index_lag=0.3,
    short_page=0.02,
    no_trailing_key=0.1,
    unprocessed=0.05,
    throttled=0.01,
    conflict=0.01,
    in_progress=0.1,
    server_error=0.002,
    connection_lost=0.002,
    response_lost=0.002,
    connection_lost_after=0.002,
    timed_out=0.002,
    latency=0.01,
    slow_table=1.0,
    control_limit=0.05,
    stream_lag=0.1,
    shard_split=0.01,
    duplicate_delivery=0.02,
    ttl_delay=1.0,
    latency_seconds=0.005,
)
STORMY = Profile(
    name="stormy",
    stale_read=0.4,
    index_lag=0.6,
    short_page=0.2,
    empty_page=0.1,
    no_trailing_key=0.3,
    unprocessed=0.4,
    throttled=0.1,
    capacity=True,
    conflict=0.1,
    in_progress=0.3,
    server_error=0.03,
    connection_lost=0.03,
    response_lost=0.03,
    connection_lost_after=0.03,
    timed_out=0.03,
    latency=0.05,
    slow_table=1.0,
    control_limit=0.2,
    stream_lag=0.4,
    shard_split=0.05,
    consumer_paused=0.01,
    duplicate_delivery=0.2,
    ttl_delay=1.0,
    lag_seconds=3.0,
    index_lag_seconds=5.0,
    latency_seconds=0.02,
)
ADVERSARY = Profile(
    name="adversary",
    stale_read=1.0,
    index_lag=1.0,
    short_page=1.0,
    empty_page=1.0,
    unprocessed=1.0,
    throttled=0.5,
    capacity=True,
    conflict=0.5,
    in_progress=1.0,
    server_error=0.2,
    connection_lost=0.2,
    response_lost=1.0,
    slow_table=1.0,
    latency=0.05,
    control_limit=1.0,
    stream_lag=1.0,
    shard_split=0.2,
    consumer_paused=0.05,
    duplicate_delivery=1.0,
    ttl_delay=1.0,
    is_worst=True,
    lag_seconds=10.0,
    index_lag_seconds=20.0,
    latency_seconds=0.1,
    refusals_in_a_row_max=1,
)
PROFILES = {each.name: each for each in (CALM, TYPICAL, STORMY, ADVERSARY)}


def profile_of(given: str | Profile) -> Profile:
    """A profile by its name, or as it is given.

    Raises:
        ValueError: no profile has that name.
        TypeError: it is neither a profile nor a name.
    """
    if isinstance(given, Profile):
        return given
    require(isinstance(given, str), "profile", f"one of {', '.join(PROFILES)}, or a Profile", given)
    if given not in PROFILES:
        raise ValueError(f"there is no profile {given!r}: {did_you_mean(given, PROFILES)}, or a Profile of your own")
    return PROFILES[given]


def profile_arguments(profile: Profile) -> str:
    """The arguments of `simulate` that give a profile: by its name, less some kinds, where that tells all."""
    base = PROFILES.get(profile.name, profile)
    off = tuple(kind for kind in KINDS if base.rate(kind) and not profile.rate(kind))
    if off and without_kinds(base, off) == profile:
        return f"profile={base.name!r}, without={off!r}"
    return f"profile={profile_text(profile)}"


def profile_text(profile: Profile) -> str:
    """A profile as Python says it: by its name where that tells all."""
    require(isinstance(profile, Profile), "profile_text", "a Profile", profile)
    if PROFILES.get(profile.name) == profile:
        return repr(profile.name)
    default = Profile()
    own = [f"{each.name}={getattr(profile, each.name)!r}" for each in fields(Profile)]
    changed = [
        text
        for text, each in zip(own, fields(Profile), strict=True)
        if getattr(default, each.name) != getattr(profile, each.name)
    ]
    return f"Profile({', '.join(changed)})"


def without_kinds(profile: Profile, kinds: Collection[str]) -> Profile:
    """A profile in which some kinds of faults do not happen.

    Parameters:
        profile: the one that is varied.
        kinds: the names of the kinds.

    Raises:
        ValueError: there is no such kind.
        TypeError: it is one name alone, or no names.
    """
    require(isinstance(profile, Profile), "without_kinds", "a Profile", profile)
    require_names("without", kinds, "stale_read")
    off = {known_kind(kind).name: False if kind == "capacity" else 0.0 for kind in kinds}
    return replace(profile, **off) if off else profile  # type: ignore[arg-type]
