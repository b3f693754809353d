"""A database that answers as the real service may: each call goes through the choices that are legal for it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import cache
from typing import Any

from minidynamo.clock import Clock
from minidynamo.database.database import Database
from minidynamo.database.expiry import Lateness
from minidynamo.limits import TIME_TO_LIVE_DELAY_HOURS_MAX
from minidynamo.simulation.arguments import require
from minidynamo.simulation.effects.target import Target
from minidynamo.simulation.effects.visibility import Visibility
from minidynamo.simulation.faults.history import History
from minidynamo.simulation.faults.injector import FaultInjector
from minidynamo.simulation.faults.profiles import Profile
from minidynamo.simulation.faults.rules import Faults, KeyTypes
from minidynamo.simulation.middleware import Simulation
from minidynamo.storage.engine import Snapshot
from minidynamo.tables.changes import WriteBatch
from minidynamo.tables.table import Table
from minidynamo.values.api_types import Request


class SimulatedDatabase(Database):
    """A database that misbehaves, call by call, as the real service may; made by `minidynamo.simulate`.

    Parameters:
        injector: what decides.
        settings: those of `Database`.

    One call is answered after the other, whatever the number of threads, so that equal calls have equal histories.
    """

    def __init__(self, injector: FaultInjector, **settings: Any) -> None:
        require(
            isinstance(injector, FaultInjector), "SimulatedDatabase", "what minidynamo.simulate() gives it", injector
        )
        profile = injector.profile
        self._injector = injector
        self._visibility = Visibility(lambda: self.catalog, max(profile.lag_seconds, profile.index_lag_seconds))
        self._ttl_delay_hours: dict[tuple[str, bytes], float] = {}
        super().__init__(**settings)
        plain_fork = super().fork
        self._simulation = Simulation(Target(self, self._carry_out, injector, self._visibility, plain_fork))
        self.use(self._simulation)
        injector.faults.key_types = self._key_types
        injector.is_global = self._is_global

    def warning_at_end(self, place: tuple[str, int, str]) -> SimulatedDatabase:
        """The same; it warns when it is closed or dropped if it follows a schedule of which nothing has happened.

        Parameters:
            place: the file, the line and the module where it was opened.
        """
        followed = self._injector.followed
        if followed is not None:
            self._ending = weakref.finalize(self, followed.warn, place)
        return self

    def close(self, timeout: float = 10.0) -> list[str]:
        hanging = super().close(timeout)
        if self._ending is not None:
            self._ending()  # Once, whatever comes after it.
        return hanging

    def __repr__(self) -> str:
        return repr(self._injector)

    _ending: Callable[[], object] | None = None

    @property
    def faults(self) -> Faults:
        """Aims faults, and switches kinds off and on."""
        return self._injector.faults

    @property
    def profile(self) -> Profile:
        """How often it misbehaves, and within what bounds."""
        return self._injector.profile

    def history(self) -> History:
        """Every call up to now, what was chosen in it, and why that is legal."""
        return self._injector.history

    def commit(self, batch: WriteBatch) -> None:
        changes = self._visibility.note(batch, self.clock.now())
        super().commit(batch)
        self._visibility.add(changes)
        if batch.states:
            self._visibility.look_again(batch.creates)
        if self._ttl_delay_hours:
            for keyspace, key, *_ in batch.writes:  # What is written anew expires anew.
                self._ttl_delay_hours.pop((keyspace, key), None)

    def _key_types(self) -> KeyTypes:
        with self.lock:
            tables = self.catalog.tables
            return {
                name: {each.name: each.type for each in tables[name].state.primary_key().attributes} for name in tables
            }

    def _is_global(self, request: Request) -> bool | None:
        name, index_name = request.get("TableName"), request.get("IndexName")
        if not isinstance(name, str) or not isinstance(index_name, str):
            return None
        table = self.catalog.tables.get(name.rpartition(":table/")[2])
        index = None if table is None else table.indexes.get(index_name)
        return None if index is None else index.kind.has_own_throughput

    # Expiry.

    def expire(self) -> int:
        with self.lock:
            call = self._injector.begin("Expire", {})
            try:
                return super().expire()
            finally:
                self._injector.end(call, "ok")

    def _lateness(self) -> Lateness:
        """Items that are found to have expired may stay a while; how long is drawn per sweep."""
        most = TIME_TO_LIVE_DELAY_HOURS_MAX

        @cache
        def drawn_hours() -> float:
            detail = self._injector.choose("ttl_delay", lambda draw: {"hours": draw.among([1, 12, most // 2, most])})
            return 0.0 if detail is None else float(detail["hours"])

        def lateness(table: Table, key: bytes) -> float:
            return self._ttl_delay_hours.setdefault((table.keyspace.name, key), drawn_hours()) * 3600.0

        return lateness

    def check(self, progress: Callable[[int], None] | None = None) -> None:
        with self.lock:
            super().check(progress)
            self._simulation.check()

    # Copies.

    def restore(self, snapshot: Snapshot) -> None:
        with self.lock:
            super().restore(snapshot)
            self._visibility.forget()

    def fork(self, clock: Clock | None = None) -> SimulatedDatabase:
        """An independent simulated database in memory, with the same profile or schedule and a history of its own."""
        with self.lock:
            settings = self.fork_settings(clock)
            return SimulatedDatabase(self._injector.forked(settings["seed"]), **settings)
