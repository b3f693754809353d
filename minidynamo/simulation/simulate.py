"""`minidynamo.simulate`: opens a database that misbehaves as the real service may."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from minidynamo.clock import Clock, ManualClock
from minidynamo.database.connect import opened_engine
from minidynamo.database.database import Database
from minidynamo.limits import FILE_MODE
from minidynamo.simulation.database import SimulatedDatabase
from minidynamo.simulation.faults.chance import Chance, Fault, FaultSchedule
from minidynamo.simulation.faults.history import History
from minidynamo.simulation.faults.injector import FaultInjector
from minidynamo.simulation.faults.profiles import CALM, Profile, profile_of, without_kinds

_SETTINGS = frozenset({"account_id", "durability", "file_mode", "partition_size", "region", "table_delays", "wording"})


def simulate(
    source: Database | str | Path | None = None,
    *,
    seed: int | str = 0,
    profile: str | Profile | None = None,
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
        ValueError: there is no such profile or fault.
        TypeError: an argument is of none of these types.
        HistoryError: the history cannot be read.
        StoreError: the file cannot be opened.
    """
    if settings.keys() - _SETTINGS:
        unknown = ", ".join(sorted(settings.keys() - _SETTINGS))
        raise TypeError(f"simulate() knows no {unknown}; settings of a new database are {', '.join(sorted(_SETTINGS))}")
    if not isinstance(replay, History | str | Path | None):
        raise TypeError(f"replay takes a History, or the path of a saved one, not a {type(replay).__name__}")
    if not isinstance(source, Database | str | Path | None):
        remedy = (
            "put the database that the test began with in place of the dots" if source is ... else "give a Database"
        )
        raise TypeError(f"a {type(source).__name__} cannot be simulated: {remedy}")
    if replay is not None and schedule is not None:
        raise TypeError("give simulate() either a schedule or a history to replay, not both")
    if schedule is not None and not isinstance(schedule, FaultSchedule):
        schedule = FaultSchedule(schedule)
    history = History.load(replay) if isinstance(replay, str | Path) else replay
    injector = FaultInjector(_profile(profile, schedule, history, without), seed, schedule, history, keep_calls, chance)
    if isinstance(source, Database):
        if settings:
            raise TypeError("give simulate() either a database to fork or the settings of a new one")
        if clock is None and not hasattr(source.clock, "advance"):
            clock = ManualClock(source.clock.now())
        return SimulatedDatabase(injector, **{**source.fork_settings(clock), "seed": seed})
    engine = opened_engine(source, settings.pop("durability", None), settings.pop("file_mode", FILE_MODE))
    try:
        clock = ManualClock() if clock is None else clock
        return SimulatedDatabase(injector, engine=engine, clock=clock, seed=seed, **settings)
    except BaseException:
        if engine is not None:
            engine.close()
        raise


def _profile(
    given: str | Profile | None, schedule: FaultSchedule | None, replay: History | None, without: tuple[str, ...]
) -> Profile:
    if replay is not None:
        return replay.profile
    return without_kinds(profile_of(given or ("typical" if schedule is None else CALM)), without)
