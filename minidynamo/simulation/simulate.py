"""`minidynamo.simulate`: opens a database that misbehaves as the real service may."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from minidynamo.clock import Clock, ManualClock
from minidynamo.database.connect import opened_engine
from minidynamo.database.database import Database
from minidynamo.database.setting_rules import check_settings, require_no_address
from minidynamo.limits import FILE_MODE
from minidynamo.simulation.arguments import require, require_count, require_local, require_path
from minidynamo.simulation.database import SimulatedDatabase
from minidynamo.simulation.faults.chance import Chance, Fault, FaultSchedule
from minidynamo.simulation.faults.followed import place_of
from minidynamo.simulation.faults.history import History
from minidynamo.simulation.faults.injector import FaultInjector
from minidynamo.simulation.faults.profiles import CALM, Profile, profile_of, without_kinds

# What `minidynamo.connect` takes as well.
_SETTINGS = ("account_id", "durability", "file_mode", "partition_size", "region", "table_delays", "wording")

_REPLAYS = "a History, or the path of a saved one"


def simulate(
    source: Database | str | Path | None = None,
    *,
    seed: int | str = 0,
    profile: Literal["calm", "typical", "stormy", "adversary"] | Profile | None = None,
    schedule: FaultSchedule | Iterable[Fault] | None = None,
    replay: History | str | Path | None = None,
    without: tuple[str, ...] = (),
    clock: Clock | None = None,
    keep_calls: int | None = None,
    chance: Chance | None = None,
    **settings: Any,
) -> SimulatedDatabase:
    """Opens a database that chooses, call by call, among the answers that the real service may give.

    The same seed and the same calls give the same history, on every platform.

    Parameters:
        source: a database to begin with, which is forked and stays as it is; or the path of a file to work on. By
            default a new, empty one in memory.
        seed: what every choice is drawn from.
        profile: "calm", "typical" (default), "stormy", "adversary", or a `Profile` of your own.
        schedule: faults that happen instead of what the profile says, and nothing else; its bounds hold.
        replay: a history, or the path of a saved one: what happened in it happens again.
        without: kinds of faults that do not happen.
        clock: where the time comes from; by default a `ManualClock`, which each call advances by its latency.
        keep_calls: how many calls the history keeps at least, the latest ones; None for all.
        chance: what decides instead of the seed, with the profile's bounds; see `minidynamo.testing.simulated`.
        settings: others of `minidynamo.connect`.

    Raises:
        ValueError: there is no such profile or fault, a number is out of range, or the source is a URL.
        TypeError: there is no such argument, or it is of none of these types.
        HistoryError: the history cannot be read.
        StoreError: the file cannot be opened.

    Warns:
        UnmetSchedule: as the database is closed or dropped: calls were made, and no fault of the schedule has happened.
    """
    require_simulation(source, clock=clock, keep_calls=keep_calls, chance=chance, **settings)
    check_settings(seed=seed)
    require(isinstance(replay, History | str | Path | None), "replay", _REPLAYS, replay)
    if replay is not None and schedule is not None:
        raise TypeError("give simulate() either a schedule or a history to replay, not both")
    if schedule is not None and not isinstance(schedule, FaultSchedule):
        schedule = FaultSchedule(schedule)
    history = History.load(replay) if isinstance(replay, str | Path) else replay
    injector = FaultInjector(_profile(profile, schedule, history, without), seed, schedule, history, keep_calls, chance)
    place = place_of(sys._getframe(1))
    if isinstance(source, Database):
        if clock is None and not hasattr(source.clock, "advance"):
            clock = ManualClock(source.clock.now())
        return SimulatedDatabase(injector, **source.fork_settings(clock, seed)).warning_at_end(place)
    engine = opened_engine(source, settings.pop("durability", None), settings.pop("file_mode", FILE_MODE))
    try:
        clock = ManualClock() if clock is None else clock
        return SimulatedDatabase(injector, engine=engine, clock=clock, seed=seed, **settings).warning_at_end(place)
    except BaseException:
        if engine is not None:
            engine.close()
        raise


def _profile(
    given: str | Profile | None, schedule: FaultSchedule | None, replay: History | None, without: tuple[str, ...]
) -> Profile:
    default = "typical" if schedule is None else CALM
    chosen = without_kinds(profile_of(default if given is None else given), without)
    return chosen if replay is None else replay.profile


def require_simulation(
    source: object,
    *,
    clock: object = None,
    keep_calls: object = None,
    chance: object = None,
    **settings: object,
) -> None:
    """Raises what `simulate` does where no database can be opened with these arguments of it."""
    require(source is not ..., "source", "the database that the test began with, in place of the dots", source)
    if not isinstance(source, Database | None):
        require(isinstance(source, str | Path), "source", "a Database, or the path of a file", source)
        require_path("source", source)
        require_no_address("source", source)
    require_local("source", source)
    for name in settings:
        if name not in _SETTINGS:
            raise TypeError(f"simulate() knows no {name}; settings of a new database are {', '.join(_SETTINGS)}")
    check_settings(clock=clock, **settings)
    if settings and isinstance(source, Database):
        raise TypeError("give simulate() either a database to fork or the settings of a new one")
    if keep_calls is not None:
        require_count("keep_calls", keep_calls, 1, ", or None for all")
    require(chance is None or hasattr(chance, "decide"), "chance", "a Chance", chance)
