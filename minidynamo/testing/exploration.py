"""Small scope, exhaustively: a short program meets everything that the service may do to it, one thing at a time.

Outcomes are gone through by the number of their faults. What can happen after the last fault of an outcome gives the
outcomes with one fault more. So each set of faults comes once, and the fewest come first.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

from minidynamo import Database, Fault, FaultSchedule, Profile, simulate
from minidynamo.simulation import SimulatedDatabase, profile_of, without_kinds
from minidynamo.simulation.arguments import require, require_count, require_local
from minidynamo.simulation.faults.chance import Chance, Detail, Draw, draw_of
from minidynamo.testing.drawn_faults import schedule_text
from minidynamo.testing.variants import variants

Program = Callable[[SimulatedDatabase], object]

_OUTCOMES_MAX = 10_000
# What pytest, unittest and Hypothesis end a test with that is not to go on.
_SKIPPING = frozenset({"Skipped", "SkipTest", "UnsatisfiedAssumption", "StopTest", "Exit"})
_RUNS_IT = "explore() awaits nothing; give lambda db: asyncio.run(program(db))"


@dataclass(frozen=True)
class FailedOutcome:
    """An outcome that a program fails with.

    Attributes:
        schedule: the faults of it.
        error: what the program has raised.
    """

    schedule: FaultSchedule
    error: BaseException


class Exploration:
    """What has come of all outcomes; `print` shows it as a table.

    Parameters:
        profile: the kinds of faults there were, and their bounds.

    Attributes:
        outcomes: how many there were, by the number of their faults: `outcomes[1]` with one fault each.
        failures: those that the program fails with, beginning with the fewest faults.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.outcomes: Counter[int] = Counter()
        self.failures: list[FailedOutcome] = []

    @property
    def kinds(self) -> Counter[str]:
        """How many failures have a fault of each kind."""
        return Counter(kind for each in self.failures for kind in {fault.kind for fault in each.schedule.faults})

    def __repr__(self) -> str:
        count = self.outcomes.total()
        return f"<Exploration: {count} outcome{'' if count == 1 else 's'}, {len(self.failures)} failed>"

    def __str__(self) -> str:
        failed = Counter(len(each.schedule.faults) for each in self.failures)
        rows = [("faults", "outcomes", "failures")]
        rows += [(str(count), f"{number:,}", f"{failed[count]:,}") for count, number in sorted(self.outcomes.items())]
        rows += [("all", f"{self.outcomes.total():,}", f"{len(self.failures):,}")]
        lines = [f"{faults:>6} {outcomes:>9} {failures:>9}" for faults, outcomes, failures in rows]
        if self.failures:
            lines.append(self._least_text())
        return "\n".join(lines)

    def add(self, failure: FailedOutcome) -> None:
        """Adds a failure. Only the least keeps its traceback, and with it the database of its run."""
        self.failures.append(failure)
        self.failures.sort(key=_least_first)
        for each in self.failures[1:]:
            each.error.__traceback__ = each.error.__context__ = each.error.__cause__ = None

    def raise_least(self) -> None:
        """Raises the error of the failure that has the fewest faults, which names them; nothing where none failed."""
        if self.failures:
            error = self.failures[0].error
            notes = (self._least_text(), f"{len(self.failures):,} of {self.outcomes.total():,} outcomes fail.")
            for note in notes:
                if note not in getattr(error, "__notes__", ()):
                    error.add_note(note)
            raise error

    def _least_text(self) -> str:
        return f"Faults of this run: {schedule_text(self.failures[0].schedule, self._profile)}"


def explore(
    program: Program,
    *,
    depth: int = 2,
    source: Database | None = None,
    profile: str | Profile = "stormy",
    without: tuple[str, ...] = (),
    outcomes_max: int = _OUTCOMES_MAX,
    check: bool = True,
) -> Exploration:
    """Runs a short program once for everything that the service may do to it, with so many faults at most in a run.

    Parameters:
        program: called with a simulated database that is its own; raises where something is wrong. It must make the
            same calls whenever it gets the same responses. Nothing goes wrong in forks that it makes.
        depth: how many faults there are in a run at most.
        source: what each run begins with a fork of; by default an empty database.
        profile: which kinds of faults there are, those whose rate is not 0, and their bounds. Whatever the rates, all
            of them happen. Its capacity is not bounded.
        without: kinds of faults that do not happen, such as "latency".
        outcomes_max: with more outcomes than these it is given up.
        check: whether the failure with the fewest faults is raised, and more faults are not tried then. False goes on
            to the end, and raises nothing.

    Returns:
        how many outcomes there are, and which of them fail.

    Raises:
        Exception: what the program raises with the fewest faults, with a note that tells them.
        ValueError: there are too many outcomes, or no such profile or kind.
        RuntimeError: the program makes other calls each time.
        TypeError: an argument is of another type.
    """
    _require_arguments(program, depth, source, outcomes_max)
    chosen = without_kinds(profile_of(profile), without)
    unbounded = replace(chosen, refusals_in_a_row_max=max(chosen.refusals_in_a_row_max, depth + 1))
    exploration = Exploration(chosen)
    level: list[tuple[Fault, ...]] = [()]
    for count in range(depth + 1):
        follow: list[tuple[Fault, ...]] = []
        for faults in level:
            chance = _ExploredChance(faults, chosen, outcomes_max + 1 if count < depth else 0)
            error = _error_of(program, simulate(source, profile=unbounded, chance=chance))
            if not chance.is_over:
                raise _unrepeatable(faults)
            if chance.is_undone:
                continue
            exploration.outcomes[count] += 1
            follow += [(*faults, fault) for fault in chance.possible]
            if error is not None:
                exploration.add(FailedOutcome(FaultSchedule(faults), error))
        if check:
            exploration.raise_least()
        if exploration.outcomes.total() + len(follow) > outcomes_max:
            raise _too_many(outcomes_max, depth)
        level = follow
    return exploration


def _least_first(outcome: FailedOutcome) -> tuple[int, int]:
    faults = outcome.schedule.faults
    return len(faults), sum(fault.variant for fault in faults)


def _error_of(program: Program, database: SimulatedDatabase) -> BaseException | None:
    """What a program raises, None for nothing; what skips or ends the test is none of that."""
    try:
        result = program(database)
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # pytest.fail() and pytest.raises() fail with what is no Exception.
        if type(error).__name__ in _SKIPPING:
            raise
        return error
    finally:
        database.close()
    if inspect.isawaitable(result) or inspect.isgenerator(result) or inspect.isasyncgen(result):
        result.close() if inspect.iscoroutine(result) else None
        raise TypeError(f"the program returned a {type(result).__name__} and was not run: {_RUNS_IT}")
    return None


class _ExploredChance(Chance):
    """Decides by a schedule, and finds out what else could happen behind its last fault.

    Parameters:
        faults: what happens.
        profile: which kinds of faults there are.
        possible_max: how many of that it finds out at most.

    Attributes:
        possible: what else could have happened.
        is_undone: whether the last fault has had no effect.
    """

    def __init__(self, faults: tuple[Fault, ...], profile: Profile, possible_max: int) -> None:
        self._faults = {(fault.kind, fault.at): fault for fault in faults}
        self._profile, self._possible_max = profile, possible_max
        self._opportunities: Counter[str] = Counter()
        self._met: list[Fault] = []
        self.possible: list[Fault] = []
        self.is_undone = False

    @property
    def is_over(self) -> bool:
        """Whether all faults have been met."""
        return len(self._met) == len(self._faults)

    def is_possible(self, call: int, kind: str) -> bool:
        return kind != "capacity" and self._profile.rate(kind) > 0

    def decide(self, call: int, kind: str, make: Callable[[Draw], Detail | None]) -> Detail | None:
        if not self.is_possible(call, kind):
            return None
        at = self._opportunities[kind]
        self._opportunities[kind] += 1
        fault = self._faults.get((kind, at))
        if fault is not None:
            self._met.append(fault)
            return make(draw_of(fault.variant))
        if self.is_over:
            left = self._possible_max - len(self.possible)
            self.possible += [Fault(kind, at, variant) for variant in islice(variants(make), left)]
        return None

    def skip(self, kind: str) -> None:
        if self._profile.rate(kind) > 0:
            self._opportunities[kind] += 1

    def undo(self, kind: str) -> None:
        self.is_undone = True

    def forked(self) -> Chance:
        return _ExploredChance((), self._profile, 0)

    def told(self) -> FaultSchedule:
        return FaultSchedule(self._met)


def _require_arguments(program: Program, depth: int, source: Database | None, outcomes_max: int) -> None:
    if inspect.iscoroutinefunction(program):
        raise TypeError(f"the program is a coroutine: {_RUNS_IT}")
    require(callable(program), "explore()", "a program, a function of a database", program)
    require_count("depth", depth, 0)
    require_count("outcomes_max", outcomes_max, 1)
    require(isinstance(source, Database | None), "source", "a Database, of which each run has a fork", source)
    if source is not None:
        require_local("source", source)


def _unrepeatable(faults: tuple[Fault, ...]) -> RuntimeError:
    return RuntimeError(
        f"the program does not make the same calls each time: {faults[-1]!r} could happen, and then could not; "
        "let it draw nothing by chance, and start no threads"
    )


def _too_many(outcomes_max: int, depth: int) -> ValueError:
    return ValueError(
        f"more than {outcomes_max:,} outcomes with {depth} faults at most are to be tried: make the program shorter, "
        'lower depth, leave kinds out (without=("latency",)), or raise outcomes_max'
    )
