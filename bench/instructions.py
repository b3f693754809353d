"""Instructions per operation, counted by valgrind: a quiet second measure, the same whatever else a machine is doing.

Each workload is run twice, a few times and some more; what the second run takes more is its operations' own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.reaching import new_client
from bench.runner import ROOT, Target
from bench.workloads import INDEXED, WORKLOADS, create_table, fill

_ITEMS = 1_000
_FEW, _MORE = 20, 120
_COLLECTED = re.compile(r"Collected : (\d+)")


def print_instructions(targets: Sequence[Target], names: Sequence[str]) -> None:
    """Prints instructions per operation of every workload on every target, and ratios to the first."""
    if shutil.which("valgrind") is None:
        raise SystemExit("bench: --instructions needs valgrind, which is not installed")
    console = Console()
    steps = [(name, target) for name in names for target in targets]
    counted = {
        (name, target.name): _per_operation(target, name)
        for name, target in track(steps, "Counting", console=console, transient=True)
    }
    table = Table(title=f"thousands of instructions per operation, {_ITEMS:,} items", title_justify="left")
    table.add_column("workload", no_wrap=True)
    for target in targets:
        table.add_column(target.name, justify="right")
    for name in names:
        first = counted[name, targets[0].name]
        found = [counted[name, target.name] for target in targets]
        table.add_row(name, *(f"{each / 1e3:,.1f} ({each / first:.2f})" for each in found))
    console.print(table)


def _per_operation(target: Target, name: str) -> float:
    few, more = (_collected(target, name, repeats) for repeats in (_FEW, _MORE))
    return (more - few) / (_MORE - _FEW)


def _collected(target: Target, name: str, repeats: int) -> int:
    """The instructions of a whole process."""
    program = [*target.program("bench.instructions"), target.kind, name, str(repeats)]
    result = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}", *program],
        env={**os.environ, **target.environment, "PYTHONHASHSEED": "0"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = _COLLECTED.search(result.stderr)
    if result.returncode or found is None:
        raise SystemExit(f"bench: {name} of {target.name} could not be counted: {result.stderr[-500:]}")
    return int(found[1])


def main(kind: str, name: str, repeats: int) -> None:
    """Performs a workload; this is the process whose instructions are counted."""
    client = new_client(kind, "")()
    create_table(client, name in INDEXED)
    fill(client, _ITEMS)
    operation = WORKLOADS[name](client, _ITEMS)
    for _ in range(repeats):
        operation()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
