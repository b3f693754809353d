"""A shared engine in memory that does to its callers what PostgreSQL may: a seed says when, and which.

States are kept whole and never changed; a commit makes a new one. A transaction's number is given when it begins to
write, so that commits come in another order than numbers, as they do there.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from minidynamo.storage.shared.link import (
    CHANGE_BITS,
    Changes,
    Conflict,
    Key,
    Kind,
    Link,
    Lost,
    Unresolved,
)
from tests.shared.turns import Turns


class State(NamedTuple):
    """Everything at one moment."""

    records: dict[Key, bytes]
    changed: dict[Key, int]
    keyspaces: tuple[str, ...]
    version: int
    moment: int


@dataclass
class Mischief:
    """How likely what is, at each call."""

    conflict: float = 0.0
    lost: float = 0.0
    unresolved: float = 0.0


@dataclass
class SimulatedStore:
    """The store that links are to.

    Attributes:
        checks_reads, guards, shows_all: what it promises; tests break one at a time, to see that it is noticed.
    """

    chance: random.Random
    turns: Turns
    mischief: Mischief = field(default_factory=Mischief)
    checks_reads: bool = True
    shows_all: bool = False
    writers: int = 0
    is_guarded: bool = False
    guards: bool = True

    def __post_init__(self) -> None:
        self.state = State({}, {}, ("system",), 1, 0)
        self.numbers = itertools.count(1)
        self.under_way: set[int] = set()
        self.latest = 0

    def link(self) -> SimulatedLink:
        return SimulatedLink(self)

    def happens(self, likelihood: float) -> bool:
        return self.chance.random() < likelihood


class SimulatedLink(Link):
    """One link to it."""

    def __init__(self, store: SimulatedStore) -> None:
        self._store = store
        self.version: int | None = None
        self.horizon = 0
        self._kind: Kind = "read"
        self._state: State | None = None
        self._is_cut = False

    def begin(self, kind: Kind) -> None:
        self._kind, self._state, self.version = kind, None, None

    def touch(self) -> None:
        self._look()

    def get_many(self, keys: Sequence[Key]) -> list[bytes | None]:
        records = self._look().records
        return [records.get(key) for key in keys]

    def range(
        self, keyspace: str, start: bytes, stop: bytes | None, reverse: bool, count: int
    ) -> list[tuple[bytes, bytes]]:
        found = sorted(
            (key, record)
            for (name, key), record in self._look().records.items()
            if name == keyspace and start <= key and (stop is None or key < stop)
        )
        return (found[::-1] if reverse else found)[:count]

    def keyspaces(self) -> list[str]:
        return list(self._look().keyspaces)

    def statistics(self) -> dict[str, tuple[int, int]]:
        return {}

    def measured(self) -> dict[str, tuple[int, int]]:
        counts = dict.fromkeys(self._look().keyspaces, (0, 0))
        for (name, _), record in self._look().records.items():
            counts[name] = counts[name][0] + 1, counts[name][1] + int.from_bytes(record[:3], "big")
        return counts

    def add_statistics(self, counts: Mapping[str, tuple[int, int]]) -> None:
        """Nobody asks for them."""

    def clean_up(self, count: int) -> bool:
        return False

    def _look(self) -> State:
        """The state of the transaction, or of this read."""
        store = self._store
        store.turns.pass_on()
        if store.happens(store.mischief.lost):
            self._leave()
            raise Lost("cut before anything was sent")
        if self._state is None and self._kind in ("write", "definition"):
            self._enter()
        if self._state is None or self._kind in ("read", "item"):
            self._state = store.state
            self.version = self._state.version
            below = () if store.shows_all else store.under_way
            self.horizon = min(below, default=store.latest + 1)
        return self._state

    def _enter(self) -> None:
        """Waits for the guard that definitions and other writers hold against each other."""
        store = self._store
        if not store.guards:
            return
        if self._kind == "definition":
            while store.is_guarded or store.writers:
                store.turns.pass_on()
            store.is_guarded = True
        else:
            while store.is_guarded:
                store.turns.pass_on()
            store.writers += 1
        self._has_entered = True

    _has_entered = False

    def _leave(self) -> None:
        if self._has_entered:
            self._has_entered = False
            if self._kind == "definition":
                self._store.is_guarded = False
            else:
                self._store.writers -= 1
        self._state = None

    def commit(self, changes: Changes) -> None:
        state = self._look() if self._state is None or self._kind != "item" else self._state
        store = self._store
        if self._kind == "item":
            self._enter()
            if store.state.version != self.version:
                self._leave()
                raise Conflict("the tables are others now")
        number = next(store.numbers)
        store.latest = number
        store.under_way.add(number)
        try:
            store.turns.pass_on()
            if store.happens(store.mischief.conflict) or self._is_overtaken(state, changes):
                raise Conflict("somebody was faster")
            if store.happens(store.mischief.lost):
                raise Lost("cut before the commit")
            self._apply(changes, number)
        finally:
            store.under_way.discard(number)
            self._leave()
        store.turns.pass_on()
        if store.happens(store.mischief.unresolved):
            raise Unresolved("cut behind the commit")

    def _is_overtaken(self, state: State, changes: Changes) -> bool:
        now = self._store.state
        seen = {each.key: each.seen for each in changes.writes if each.is_seen}
        if self._store.checks_reads:
            seen |= changes.checks
        if any(now.records.get(key) != record for key, record in seen.items()):
            return True
        if self._kind == "item":
            return False
        keys = [*(each.key for each in changes.writes), *(changes.checks if self._store.checks_reads else ())]
        return any(now.changed.get(key, 0) > state.moment for key in keys)

    def _apply(self, changes: Changes, number: int) -> None:
        old = self._store.state
        records, changed, moment = dict(old.records), dict(old.changed), old.moment + 1
        for each in changes.writes:
            changed[each.key] = moment
            if each.record is None:
                records.pop(each.key, None)
            else:
                records[each.key] = each.record
        for position, append in enumerate(changes.appends):
            key = append.prefix + ((number << CHANGE_BITS) + position).to_bytes(8, "big")
            records[append.keyspace, key] = append.record
        gone = set(changes.drops)
        records = {key: record for key, record in records.items() if key[0] not in gone}
        keyspaces = tuple(name for name in (*old.keyspaces, *changes.creates) if name not in gone)
        version = old.version + (self._kind == "definition")
        self._store.state = State(records, changed, keyspaces, version, moment)

    def end(self) -> None:
        self._leave()

    def close(self) -> None:
        self._leave()
