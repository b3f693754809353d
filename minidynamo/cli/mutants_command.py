"""`minidynamo mutants`: runs a pytest suite against databases that break one promise each, and tells who noticed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

if TYPE_CHECKING:
    from minidynamo.testing.mutants import Mutant

# Exit codes of pytest.
_PASSED, _FAILED = 0, 1


def run_mutants(only: list[str] | None, arguments: list[str]) -> int:
    """Runs the suite; returns 0 if every mutant was noticed, 1 if some survived, 2 where the suite cannot be judged.

    Parameters:
        only: the names of the mutants; None for all.
        arguments: those of pytest.
    """
    from minidynamo.testing.mutants import mutants

    try:
        chosen = mutants(only)
    except ValueError as error:
        print(f"minidynamo: {error}", file=sys.stderr)
        return 2
    sound = _run(None, arguments)
    if sound.returncode != _PASSED:
        print(f"minidynamo: pytest must pass first; it says: {_last_line(sound)}", file=sys.stderr)
        return 2
    console = Console()
    outcomes: list[tuple[Mutant, subprocess.CompletedProcess[str]]] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(chosen))
        for mutant in chosen:
            progress.update(task, description=mutant.name)
            outcomes.append((mutant, _run(mutant.name, arguments)))
            progress.advance(task)
    return _report(console, outcomes)


def _run(name: str | None, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    options = [] if name is None else ["--minidynamo-mutant", name]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", *options, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _report(console: Console, outcomes: list[tuple[Mutant, subprocess.CompletedProcess[str]]]) -> int:
    table = Table("mutant", "promise it breaks", "noticed by", title="Who notices a broken promise?")
    survivors = 0
    for mutant, run in outcomes:
        if run.returncode == _PASSED:
            survivors += 1
            table.add_row(mutant.name, mutant.title, "[red]nobody: it survives[/]")
        elif run.returncode == _FAILED:
            table.add_row(mutant.name, mutant.title, f"[green]{_first_failure(run)}[/]")
        else:
            table.add_row(mutant.name, mutant.title, f"[yellow]pytest ended with {run.returncode}[/]")
    console.print(table)
    console.print(f"{len(outcomes) - survivors} of {len(outcomes)} mutants noticed.")
    return 1 if survivors else 0


def _first_failure(run: subprocess.CompletedProcess[str]) -> str:
    failures = [line for line in run.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return failures[0].split(" ")[1] if failures else "a test"


def _last_line(run: subprocess.CompletedProcess[str]) -> str:
    lines = [*run.stdout.splitlines(), *run.stderr.splitlines()]
    return next((line for line in reversed(lines) if line.strip()), "nothing")
