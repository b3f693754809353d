"""Whether tests notice mutants: three verdicts, and what is to be done about the survivors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from inspect import iscoroutinefunction

from minidynamo import Database, connect
from minidynamo.simulation.arguments import did_you_mean, require, require_names
from minidynamo.testing.mutation import reads, streams, transactions, writes
from minidynamo.testing.mutation.mutant import Mutant
from minidynamo.testing.mutation.repeatable import repeatable

NOTICED, SURVIVED, NOT_EXERCISED = "noticed", "survived", "not exercised"

_MUTANTS = (*writes.MUTANTS, *reads.MUTANTS, *transactions.MUTANTS, *streams.MUTANTS)
_UNREPEATABLE = "fails although no answer was changed: it cannot be repeated"


def mutants(only: Collection[str] | None = None) -> list[Mutant]:
    """The mutants of some names, or all.

    Parameters:
        only: the names; all by default.

    Raises:
        ValueError: there is no such mutant.
        TypeError: it is one name alone, or no names.
    """
    if only is not None:
        require_names("only", only, _MUTANTS[0].name)
        if not only:
            raise ValueError("only names no mutant: leave it out for all")
        known = [mutant.name for mutant in _MUTANTS]
        for name in only:
            if name not in known:
                raise ValueError(f"there is no mutant {name!r}: {did_you_mean(name, known)}")
    return [mutant for mutant in _MUTANTS if only is None or mutant.name in only]


@dataclass(frozen=True)
class Judgement:
    """How tests have fared with a mutant.

    Attributes:
        error: what a test ended with; None where all passed.
        changes: how many answers were changed.
    """

    error: str | None
    changes: int

    @property
    def verdict(self) -> str:
        """ "noticed", "survived", or "not exercised": no answer was other than it would have been."""
        if not self.changes:
            return NOT_EXERCISED
        return SURVIVED if self.error is None else NOTICED

    @property
    def remark(self) -> str:
        """What there is to say of it, in one line."""
        if not self.changes:
            return "" if self.error is None else f"{_UNREPEATABLE}: {self.error}"
        changed = f"{self.changes} answer{'s' if self.changes > 1 else ''} changed"
        return f"{changed}, and nothing failed" if self.error is None else self.error


@dataclass(frozen=True)
class MutationReport:
    """Which mutants a test has noticed; `print` shows it as a table, with what to do about the survivors.

    Attributes:
        judgements: how the test has fared, by mutant.
    """

    judgements: Mapping[Mutant, Judgement]

    def __repr__(self) -> str:
        return f"<MutationReport: {self.count_text}>"

    @property
    def noticed(self) -> list[Mutant]:
        """The mutants that a test has failed with."""
        return self._of(NOTICED)

    @property
    def survivors(self) -> list[Mutant]:
        """The mutants that have changed answers, and with which nothing failed."""
        return self._of(SURVIVED)

    @property
    def not_exercised(self) -> list[Mutant]:
        """The mutants that have found nothing to change: they say nothing about the test."""
        return self._of(NOT_EXERCISED)

    def _of(self, verdict: str) -> list[Mutant]:
        return [mutant for mutant, judgement in self.judgements.items() if judgement.verdict == verdict]

    @property
    def count_text(self) -> str:
        """How many mutants have had which verdict."""
        counts = ((len(self._of(verdict)), verdict) for verdict in (NOTICED, SURVIVED, NOT_EXERCISED))
        return ", ".join(f"{count} {verdict}" for count, verdict in counts) + f", of {len(self.judgements)} mutants"

    def __str__(self) -> str:
        width = max((len(mutant.name) for mutant in self.judgements), default=0)
        lines = [
            f"{each.verdict.upper() if each.verdict == SURVIVED else each.verdict:13}  {mutant.name:{width}}  "
            f"{each.remark}".rstrip()
            for mutant, each in self.judgements.items()
        ]
        advice = [f"{each.name}: {each.title}. To notice: {each.advice}." for each in self.survivors]
        return "\n".join([*lines, self.count_text, *advice])


def run_mutants(
    test: Callable[[Database], object],
    setup: Callable[[], Database] = connect,
    only: Collection[str] | None = None,
) -> MutationReport:
    """Runs a test against every mutant. What Hypothesis draws, and `random`, is the same each time.

    Parameters:
        test: called with a database; raises where something is wrong.
        setup: makes that database, once per mutant.
        only: the names of the mutants to run; all by default.

    Raises:
        ValueError: there is no such mutant, or the test fails on a sound database.
        TypeError: the test or `setup` is no function, or `setup` makes no database, or the same one again.
    """
    _require_functions(test, setup)
    chosen = mutants(only)
    sound = _made(setup)
    with repeatable(test):
        failure = _failure(test, sound)
    if failure is not None:
        raise ValueError(f"the test fails on a sound database: {failure}")
    judgements: dict[Mutant, Judgement] = {}
    for mutant in chosen:
        database = _made(setup, sound)
        with repeatable(test), mutant.active() as changes:
            error = _failure(test, database)
        judgements[mutant] = Judgement(error, changes.count)
    return MutationReport(judgements)


def _require_functions(test: object, setup: object) -> None:
    require(callable(test), "run_mutants", "a test that is called with a database", test)
    if iscoroutinefunction(test):
        raise TypeError("run_mutants calls its test and awaits nothing: give lambda db: asyncio.run(test(db))")
    if isinstance(setup, Database):
        raise TypeError("setup takes what makes a new database each time, not one: give its fork, such as db.fork")
    require(callable(setup), "setup", "a function that makes a database, such as db.fork", setup)


def _made(setup: Callable[[], Database], earlier: Database | None = None) -> Database:
    """A database for one run."""
    database = setup()
    require(isinstance(database, Database), "setup", "a function that makes a Database", database)
    if database is earlier:
        raise TypeError("setup gives the same database again, with what a run has left: give its fork, such as db.fork")
    return database


def _failure(test: Callable[[Database], object], database: Database) -> str | None:
    """How a test ends, None for well."""
    try:
        test(database)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # pytest.raises fails with one that is no Exception.
        first = str(error).strip().splitlines()
        return f"{type(error).__name__}: {first[0] if first else ''}"[:100]
    return None
