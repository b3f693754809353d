"""How surely planted bugs are found, and how small the examples are to which they shrink."""

from __future__ import annotations

import contextlib
import io
import time
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from bench.bugs import reads, sound, streams, writes
from bench.bugs.base import BuggyApplication

BUGS: tuple[type[BuggyApplication], ...] = (
    reads.ForgottenPaging,
    writes.UnprocessedIgnored,
    reads.IndexAfterWrite,
    writes.RetryNotIdempotent,
    reads.LostUpdate,
    reads.StaleReadTrusted,
    writes.ConflictTakenForRefusal,
    streams.DuplicateDelivery,
    streams.OrderAcrossItems,
    reads.ExpiryTrusted,
    writes.ThrottleSwallowed,
    writes.HalfDoneMigration,
    writes.WriteDoneTwice,
)
_EXAMPLES, _STEPS = 100, 20


class Hunt(NamedTuple):
    """One test run: whether the bug was found, the steps and faults it shrank to, and how long it took."""

    is_found: bool
    steps: int
    faults: int
    seconds: float
    error: str


def hunt(bug: type[BuggyApplication], number: int) -> Hunt:
    """Runs the machine of an application with one seed."""
    machine = type(bug.__name__, (bug,), {"_templates": {}})
    options = settings(
        max_examples=_EXAMPLES,
        stateful_step_count=_STEPS,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
    )
    started = time.perf_counter()
    error = "passed"
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            run_state_machine_as_test(seed(number)(machine), settings=options)
        except AssertionError:
            error = "found"
        except BaseException as other:
            error = type(other).__name__
    steps, faults = machine.last
    return Hunt(error == "found", steps, faults, time.perf_counter() - started, error)


def print_bugs(seeds: int, only: str = "") -> None:
    """Hunts each bug with so many seeds."""
    print(f"{'bug':<55} {'least':>6} {'found':>6} {'least':>6} {'s median':>9} {'s max':>6}")
    for bug in (each for each in (*BUGS, sound.Sound) if only in each.__name__):
        hunts = [hunt(bug, number) for number in range(seeds)]
        found = [each for each in hunts if each.is_found]
        least = [each for each in found if (each.steps, each.faults) == bug.least]
        seconds = sorted(each.seconds for each in hunts)
        steps, faults = bug.least
        print(
            f"{bug.title:<55} {f'{steps}+{faults}':>6} {len(found):>6} {len(least):>6} "
            f"{seconds[len(seconds) // 2]:>9.2f} {seconds[-1]:>6.2f}"
        )
        others = sorted(
            {(each.steps, each.faults) if each.is_found else each.error for each in hunts} - {bug.least}, key=str
        )
        if others:
            print(f"    also {', '.join(map(str, others[:8]))}")
