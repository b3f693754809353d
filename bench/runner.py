"""Runs workloads over several targets, interleaved round by round, and prints medians and ratios."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.floor import FLOOR_WORKLOADS
from bench.table_workloads import TABLE_WORKLOADS
from bench.workloads import INDEXED, WORKLOADS
from minidynamo.compiled import IS_IN_USE
from minidynamo.compiled.build_hook import built_core

ROOT = Path(__file__).parent.parent


_PROGRAM = """
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
import minidynamo
del sys.path[0]
runpy.run_module(sys.argv.pop(1), run_name="__main__")
"""


@dataclass
class Target:
    """One thing to measure: a worker process over some tree.

    Attributes:
        name: for the table.
        kind: how it is reached; see `reaching.py`.
        tree: where minidynamo is imported from.
        count: items in the table.
        url: of its endpoint, if it has one.
    """

    name: str
    kind: str
    tree: Path
    count: int
    url: str = ""
    times: dict[str, list[float]] = field(default_factory=dict)

    def __enter__(self) -> Target:
        self._process = subprocess.Popen(
            [*self.program("bench.worker"), self.kind, str(self.count), self.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **self.environment},
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def program(self, module: str) -> list[str]:
        """What runs a module of these benches, with the package of the target's tree."""
        return [sys.executable, "-c", _PROGRAM, str(self.tree), module]

    @property
    def environment(self) -> dict[str, str]:
        """What its process finds in its environment."""
        return {"MINIDYNAMO_PURE": str(int(self.kind == "pure"))}

    def knows(self, workload: str) -> bool:
        """Whether it has the workload: a Table has few, and so has SQLite by hand."""
        if self.kind in FLOOR_WORKLOADS:
            return workload in FLOOR_WORKLOADS[self.kind]
        return workload in TABLE_WORKLOADS or not self.kind.endswith("table")

    def measure(self, workload: str, seconds: float) -> None:
        """Adds one measurement."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{workload}\t{seconds}\n")
        self._process.stdin.flush()
        response = self._process.stdout.readline()
        if not response:
            raise SystemExit(f"bench: the worker of {self.name} failed at workload {workload!r}; see its traceback")
        self.times.setdefault(workload, []).append(float(response))


def checkout(revision: str) -> Path:
    """A work tree of another revision, made once under .bench/."""
    found = subprocess.run(
        ["git", "rev-parse", "--short=12", f"{revision}^{{commit}}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise SystemExit(f"bench: there is no revision {revision!r} here")
    tree = ROOT / ".bench" / found.stdout.strip()
    if not tree.exists():
        subprocess.run(["git", "worktree", "prune"], cwd=ROOT, check=True)
        command = ["git", "worktree", "add", "--quiet", "--detach", str(tree), found.stdout.strip()]
        subprocess.run(command, cwd=ROOT, check=True)
        _build_core(tree / "minidynamo" / "compiled")
    return tree


def _build_core(folder: Path) -> None:
    """Builds the compiled core of a tree in place, if it has one and this tree uses its own."""
    if IS_IN_USE and (folder / "core.h").exists():
        with TemporaryDirectory() as target:
            shutil.copy(built_core(folder, Path(target)), folder)


def run(targets: list[Target], names: list[str], rounds: int, seconds: float) -> None:
    """Measures every workload on every target, turn by turn, into the targets' times; prints the table."""
    console = Console()
    ordered = sorted(names, key=lambda name: name in INDEXED)
    for target in targets:
        target.__enter__()
    try:
        steps = [(name, turn) for name in ordered for turn in range(rounds)]
        for name, turn in track(steps, "Measuring", console=console, transient=True):
            # Each round begins with another target, so that none always runs first.
            for target in targets[turn % len(targets) :] + targets[: turn % len(targets)]:
                if target.knows(name):
                    target.measure(name, seconds)
    finally:
        for target in targets:
            target.__exit__(None, None, None)
    console.print(_table(targets, [name for name in WORKLOADS if name in names], rounds))


def _table(targets: list[Target], names: list[str], rounds: int) -> Table:
    first = targets[0]
    table = Table(title=f"µs per operation over {rounds} interleaved rounds", title_justify="left")
    for name in ("workload", "target"):
        table.add_column(name, no_wrap=True)
    for name in ("items", "median", "min to max", f"÷ {first.name}"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in names:
        base = statistics.median(first.times[name])
        for target in targets:
            if name in target.times:
                times = target.times[name]
                spread = f"{min(times):,.1f} to {max(times):,.1f}"
                ratio = "" if target is first else f"{statistics.median(times) / base:,.2f}"
                table.add_row(name, target.name, f"{target.count:,}", f"{statistics.median(times):,.1f}", spread, ratio)
        table.add_section()
    return table
