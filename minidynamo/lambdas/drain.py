"""Draining: runs everything that mappings and invocations have to do, until there is nothing left or a bound is met."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from minidynamo.clock import Clock, advanced


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

    def do(self) -> int:
        """Does it; returns how many functions it has invoked."""
        ...


@dataclass
class DrainReport:
    """What a drain has done.

    Attributes:
        invocations: how many invocations there were, by function.
        is_complete: whether nothing is left to do. What others are at is left to them: a handler that drains does not
            get its own batch again.
    """

    invocations: dict[str, int] = field(default_factory=dict)
    is_complete: bool = True

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
        report.invocations[work.name] = report.invocations.get(work.name, 0) + work.do()
    report.is_complete = False
    return report
