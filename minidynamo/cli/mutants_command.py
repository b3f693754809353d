"""`minidynamo mutants`: runs a pytest suite against databases that break one promise each, and tells who noticed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from minidynamo.cli.display import plain_text, wide_console
from minidynamo.cli.suite_runs import SuiteRun, run_suite

if TYPE_CHECKING:
    from minidynamo.testing.mutation.mutant import Mutant

_COLOURS = {"noticed": "green", "survived": "bold red", "not exercised": "dim"}
_TESTS_SHOWN_MAX = 3
_NO_TESTS = 5  # The exit code of pytest.


def run_mutants(only: list[str] | None, jobs: int, arguments: list[str]) -> int:
    """Runs the suite; returns 0 if no mutant has survived, 1 if some have, 2 where the suite cannot be judged.

    Parameters:
        only: the names of the mutants; None for all.
        jobs: how many run at once.
        arguments: those of pytest.
    """
    from minidynamo.testing.mutation.report import mutants

    try:
        chosen = mutants(only)
    except ValueError as error:
        print(f"minidynamo: {error}", file=sys.stderr)
        return 2
    console = wide_console()
    with _progress(console, len(chosen)) as advance:
        sound = run_suite(None, arguments)
        if not sound.is_passed:
            print(f"minidynamo: {_unsound(sound)}", file=sys.stderr)
            return 2
        runs = _judged(chosen, sound, jobs, arguments, advance)
    _report(console, runs)
    return 1 if any(run.judgement.verdict == "survived" for run in runs.values()) else 0


def _unsound(run: SuiteRun) -> str:
    """What is said of a suite that cannot be judged, since it does not pass on a database that keeps its promises."""
    if run.code == _NO_TESTS:
        return f"pytest finds no tests: give their files or folders; it says: {run.last_line}"
    if run.failed:
        failed = f"{run.failed[0]} fails without any mutant"
        return f"{failed}: mend it, or leave it out with --deselect; pytest says: {run.last_line}"
    return f"pytest must pass without any mutant first; it says: {run.last_line}"


@contextmanager
def _progress(console: Console, count: int) -> Iterator[Callable[[str], None]]:
    """A bar over all mutants while this is on; gives what moves it on by the mutant of a name."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("the suite as it is", total=count)
        yield lambda name: progress.update(task, description=name, advance=1)


def _judged(
    chosen: list[Mutant], sound: SuiteRun, jobs: int, arguments: list[str], advance: Callable[[str], None]
) -> dict[Mutant, SuiteRun]:
    """A run per mutant; those whose operations the suite never uses need none."""

    def judged(mutant: Mutant) -> SuiteRun:
        has_work = mutant.has_work(sound.operations)
        run = run_suite(mutant.name, arguments, sound.seconds) if has_work else SuiteRun.unused()
        advance(mutant.name)
        return run

    with ThreadPoolExecutor(jobs) as pool:
        return dict(zip(chosen, pool.map(judged, chosen), strict=True))


def _report(console: Console, runs: dict[Mutant, SuiteRun]) -> None:
    from minidynamo.testing.mutation.report import MutationReport

    width = max(len(mutant.name) for mutant in runs)
    for mutant, run in runs.items():
        verdict, remark = run.judgement.verdict, run.judgement.remark
        if not remark:
            continue  # It is not exercised.
        line = f"[{_COLOURS[verdict]}]{verdict:13}[/]  {mutant.name:{width}}  "
        console.print(line, end="", soft_wrap=True)
        console.print(plain_text(remark), soft_wrap=True)
    report = MutationReport({mutant: run.judgement for mutant, run in runs.items()})
    idle = ", ".join(mutant.name for mutant in report.not_exercised)
    if idle:
        console.print(f"[dim]Not exercised, since they found no answer to change: {idle}[/]")
    console.print(f"{report.count_text}.")
    for mutant in report.survivors:
        console.print(f"\n[bold]{mutant.name}[/] survived: no test fails where it is broken that {mutant.title}.")
        console.print(f"To notice: {mutant.advice}. Answers were changed in", soft_wrap=True)
        changes = sorted(runs[mutant].changes.items(), key=lambda each: -each[1])
        for test, count in changes[:_TESTS_SHOWN_MAX]:
            console.print(plain_text(f"  {test or 'what tests import'} ({count})"), soft_wrap=True)
        if len(changes) > _TESTS_SHOWN_MAX:
            console.print(f"  and {len(changes) - _TESTS_SHOWN_MAX} more tests")
