"""Faults of simulated databases, and what helps to try things: snapshots, forks, the clock.

The console stands below the simulation and knows it by what it has: `faults`, `profile` and `history()`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Protocol, cast

from minidynamo.clock import advanced
from minidynamo.console.console import FORKS_MAX, MAIN, SNAPSHOTS_MAX, Console, KeptSnapshot, Method
from minidynamo.console.parameters import Refused, number_of, text_of, wrong
from minidynamo.console.subject import ConsoleDatabase, Subject
from minidynamo.storage.engine import Snapshot
from minidynamo.values.api_types import JsonObject

_CALLS_SHOWN = 300
_SECONDS_MAX = 400 * 24 * 3600


class _Kind(Protocol):
    name: str
    title: str
    why: str


class _Call(Protocol):
    number: int
    operation: str
    on: str
    key: str
    choices: Mapping[str, JsonObject]
    outcome: str


class _History(Protocol):
    seed: str
    calls: Sequence[_Call]


class _Faults(Protocol):
    @property
    def kinds(self) -> Mapping[str, _Kind]: ...

    def is_off(self, kind: str) -> bool: ...

    def switch_on(self, *kinds: str) -> None: ...

    def switch_off(self, *kinds: str) -> None: ...


class _Profile(Protocol):
    name: str

    def rate(self, kind: str) -> float: ...


class _Simulated(Protocol):
    faults: _Faults
    profile: _Profile
    history: Callable[[], _History]


def _simulated(subject: Subject) -> _Simulated:
    if subject.find("faults") is None:
        raise Refused(400, "This database does not misbehave: start the server with --simulate typical.")
    return cast(_Simulated, subject.database)


def seen(console: Console, parameters: JsonObject) -> JsonObject:
    """The kinds of faults with their switches, and the last calls with what was chosen in them."""
    subject = console.subject(parameters)
    database = _simulated(subject)
    kinds, history = database.faults.kinds, database.history()
    with subject.lock:
        calls = list(islice(reversed(history.calls), _CALLS_SHOWN))
        counts: dict[str, int] = dict.fromkeys(kinds, 0)
        for call in history.calls:
            for kind in call.choices:
                counts[kind] = counts.get(kind, 0) + 1
    return {
        "seed": history.seed,
        "profile": database.profile.name,
        "kinds": [
            {
                "name": each.name,
                "title": each.title,
                "why": each.why,
                "rate": float(database.profile.rate(each.name)),
                "is_on": not database.faults.is_off(each.name),
                "count": counts[each.name],
            }
            for each in kinds.values()
        ],
        "calls": [_call_row(each, kinds) for each in calls],
        "all_calls": len(history.calls),
    }


def _call_row(call: _Call, kinds: Mapping[str, _Kind]) -> JsonObject:
    choices = [
        {"kind": kind, "detail": _detail_text(detail), "why": kinds[kind].why} for kind, detail in call.choices.items()
    ]
    about = {"number": call.number, "operation": call.operation, "on": call.on, "key": call.key}
    return {**about, "outcome": call.outcome, "choices": choices}


def _detail_text(detail: JsonObject) -> str:
    """What was chosen within a fault, such as "seconds 5.0"; what is empty says nothing."""
    return ", ".join(f"{name} {value}" for name, value in detail.items() if value not in ("", None))[:200]


def switched(console: Console, parameters: JsonObject) -> JsonObject:
    """Switches a kind on or off, or all of them."""
    faults = _simulated(console.subject(parameters)).faults
    name, is_on = text_of(parameters, "kind", ""), parameters.get("is_on") is True
    (faults.switch_on if is_on else faults.switch_off)(*([name] if name else []))
    return {}


# Snapshots, forks and the clock.


def kept(console: Console, parameters: JsonObject) -> JsonObject:
    """The snapshots and forks that there are, and what time it is in the database."""
    subject = console.subject(parameters)
    shown = [
        {"name": each.name, "time": each.time, "source": each.source, "tables": each.tables}
        for each in console.snapshots.values()
    ]
    return {"snapshots": shown, "databases": list(console.subjects), "now": subject.database.clock.now()}


def snapped(console: Console, parameters: JsonObject) -> JsonObject:
    """Takes a snapshot."""
    subject = console.subject(parameters)
    take = cast("Callable[[], Snapshot]", subject.method("snapshot"))
    with console.lock:
        if len(console.snapshots) >= SNAPSHOTS_MAX:
            raise wrong(f"There are {SNAPSHOTS_MAX} snapshots already: forget one first.")
        name = text_of(parameters, "name", "").strip()[:60] or f"snapshot {len(console.snapshots) + 1}"
        if name in console.snapshots:
            raise wrong(f"There is a snapshot {name} already: give another name.")
        now, count = subject.database.clock.now(), len(subject.table_names())
        console.snapshots[name] = KeptSnapshot(name, now, subject.name, count, take())
    return {"name": name}


def restored(console: Console, parameters: JsonObject) -> JsonObject:
    """Puts a database back to a snapshot."""
    subject = console.subject(parameters)
    found = console.snapshots.get(text_of(parameters, "name"))
    if found is None:
        raise Refused(404, "There is no such snapshot any more.")
    subject.method("restore")(found.snapshot)
    return {}


def forgotten(console: Console, parameters: JsonObject) -> JsonObject:
    """Forgets a snapshot."""
    console.snapshots.pop(text_of(parameters, "name"), None)
    return {}


def forked(console: Console, parameters: JsonObject) -> JsonObject:
    """Makes a fork, which pages can be turned to: what is changed there is seen by nobody else."""
    subject = console.subject(parameters)
    fork = cast("Callable[[], ConsoleDatabase]", subject.method("fork"))
    with console.lock:
        if len(console.subjects) > FORKS_MAX:
            raise wrong(f"There are {FORKS_MAX} forks already: end one first.")
        name = next(each for number in range(1, FORKS_MAX + 2) if (each := f"fork {number}") not in console.subjects)
        console.subjects[name] = Subject(name, fork())
    return {"name": name}


def ended(console: Console, parameters: JsonObject) -> JsonObject:
    """Ends a fork."""
    name = text_of(parameters, "name")
    if name == MAIN:
        raise wrong("The database that is served is no fork.")
    console.drop(name)
    return {}


def moved(console: Console, parameters: JsonObject) -> JsonObject:
    """Moves the clock of a database forward."""
    seconds = number_of(parameters, "seconds", 0, 0, _SECONDS_MAX)
    clock = console.subject(parameters).database.clock
    if not advanced(clock, float(seconds)):
        raise wrong("This clock is the machine's: only a ManualClock can be moved.")
    return {"now": clock.now()}


METHODS = (
    Method("faults.see", seen),
    Method("faults.switch", switched, writes=True),
    Method("states.list", kept),
    Method("states.snapshot", snapped, writes=True),
    Method("states.restore", restored, writes=True),
    Method("states.forget", forgotten, writes=True),
    Method("states.fork", forked, writes=True),
    Method("states.end_fork", ended, writes=True),
    Method("states.move_clock", moved, writes=True),
)
