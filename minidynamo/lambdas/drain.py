"""Draining: runs everything that mappings and invocations have to do, until there is nothing left or a bound is met."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from minidynamo.clock import Clock, advanced
from minidynamo.execution.error_payloads import shown
from minidynamo.lambdas.tally import Tally

# How often a batch may fail where nothing else ends it: its handler will not do better.
FAILURES_MAX = 50


class Work(Protocol):
    """Something that can be done.

    Attributes:
        name: for the report.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_at_work(self) -> bool:
        """Whether a thread is doing it now; no other does then."""
        ...

    def due_at(self) -> float | None:
        """When it can be done, in epoch seconds; None for never."""
        ...

    def do(self) -> Tally:
        """Does it; returns what that has come to."""
        ...


Errors = Literal["raise", "report"]


@dataclass(repr=False)
class DrainReport:
    """What a drain has done.

    Attributes:
        invocations: how many invocations there were, by function.
        retries: how many of these had been tried before, by function.
        errors: what handlers have raised, by function; errors that are alike are there once.
        discarded: how many changes and queued invocations were given up, by function.
        is_complete: whether nothing is left to do. What others are at is left to them: a handler that drains does not
            get its own batch again.
    """

    invocations: dict[str, int] = field(default_factory=dict)
    is_complete: bool = True
    retries: dict[str, int] = field(default_factory=dict)
    errors: dict[str, list[BaseException]] = field(default_factory=dict)
    discarded: dict[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        """What there is to tell; what was not met is left out."""
        errors = [f"{name!r}: [{', '.join(map(shown, each))}]" for name, each in self.errors.items()]
        noted = {
            "invocations": f"{self.invocations}",
            "is_complete": f"{self.is_complete}",
            "retries": f"{self.retries or ''}",
            "errors": f"{{{', '.join(errors)}}}" if errors else "",
            "discarded": f"{self.discarded or ''}",
        }
        return f"DrainReport({', '.join(f'{name}={text}' for name, text in noted.items() if text)})"

    def add(self, name: str, tally: Tally) -> None:
        """Adds what a step of a function has come to."""
        assert 0 <= tally.retries <= tally.invocations, f"{name} has tried more often again than at all: {tally}"
        assert tally.discarded >= 0 <= tally.failures, f"{name} has discarded and failed less than never: {tally}"
        self.invocations[name] = self.invocations.get(name, 0) + tally.invocations
        for counts, count in ((self.retries, tally.retries), (self.discarded, tally.discarded)):
            if count:
                counts[name] = counts.get(name, 0) + count
        if tally.error is not None:
            known = self.errors.setdefault(name, [])
            if shown(tally.error) not in map(shown, known):
                known.append(tally.error)

    @property
    def total(self) -> int:
        """All invocations."""
        return sum(self.invocations.values())


def drain(
    find: Callable[[], Sequence[Work]],
    clock: Clock,
    chance: random.Random,
    until: Callable[[], bool] | None,
    max_batches: int,
    errors: Errors,
) -> DrainReport:
    """Does what is due, in an order drawn from `chance`, and then what is due next.

    Never sleeps: where all that is left is due later, a clock that can be advanced is; with any other clock it is done
    at once.
    """
    report = DrainReport()
    for _ in range(max_batches):
        if until is not None and until():
            report.is_complete = False
            return report
        found = find()
        dues = [(due, work) for work in found if not work.is_at_work and (due := work.due_at()) is not None]
        if not dues:
            report.is_complete = not any(work.is_at_work for work in found)
            return report
        ready = [work for due, work in dues if due <= clock.now()]
        if not ready:
            earliest = min(due for due, _ in dues)
            advanced(clock, earliest - clock.now())
            ready = [work for due, work in dues if due <= earliest]
        work = chance.choice(ready)
        tally = work.do()
        report.add(work.name, tally)
        if errors == "raise":
            _raise_failure(work.name, tally)
    report.is_complete = False
    return report


def _raise_failure(name: str, tally: Tally) -> None:
    """Raises what a handler has failed with, unless the service may be the cause."""
    error = tally.error
    if error is None or tally.is_excused:
        if tally.failures > FAILURES_MAX:
            raise RuntimeError(f"function {name} has failed {tally.failures} times with the same batch") from error
        return
    if isinstance(error, Exception):
        raise error
    raise RuntimeError(f"function {name} ended with {shown(error)}") from error
