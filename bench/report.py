"""The table of the benchmarks as a page, `bench/README.md`, and as a picture of log bars."""

from __future__ import annotations

import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import log10
from pathlib import Path

from bench.runner import ROOT, Target

PAGE, PICTURE = ROOT / "bench" / "README.md", ROOT / "bench" / "speed.svg"

_PAGE = """# How fast it is

![Microseconds per operation](speed.svg)

Microseconds per operation, the median of {rounds} interleaved rounds, on tables of {items:,} items of about 400 bytes;
in brackets how many times what {first} takes.

{notes}

{table}

Commit {commit}, {date}, {machine}, Python {python}. Made by `python -m bench {command}`.
"""
_COLOURS = ("#1b6e8c", "#5fa8c4", "#8a8f98", "#c9b458", "#d98c5f", "#b5546a", "#7d6ba8", "#4f7a4a")
# Of a workload and a target, by their names.
Medians = Mapping[tuple[str, str], float]

_BAR, _GAP, _LEFT, _WIDTH = 11, 14, 130, 880


def write_report(targets: Sequence[Target], names: Sequence[str], rounds: int, command: str, notes: str) -> None:
    """Writes the page and the picture.

    Parameters:
        targets: measured; the first is what the others are compared with.
        names: the workloads.
        rounds: how often each was measured.
        command: the arguments that made the measurement.
        notes: what the names of targets mean.
    """
    medians = {
        (name, target.name): statistics.median(target.times[name])
        for name in names
        for target in targets
        if name in target.times
    }
    text = _PAGE.format(
        rounds=rounds,
        items=targets[0].count,
        first=targets[0].name,
        notes=notes,
        table=_table(targets, names, medians),
        commit=_commit(),
        date=datetime.now(UTC).date(),
        machine=_machine(),
        python=platform.python_version(),
        command=command,
    )
    PAGE.write_text(text, "utf-8")
    PICTURE.write_text(_picture(targets, names, medians), "utf-8")


def _table(targets: Sequence[Target], names: Sequence[str], medians: Medians) -> str:
    heads = " | ".join(target.name for target in targets)
    lines = [f"| workload | {heads} |", "|---" + "|---:" * len(targets) + "|"]
    for name in names:
        cells = " | ".join(_cell(medians, name, target.name, targets[0].name) for target in targets)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def _cell(medians: Medians, workload: str, name: str, first: str) -> str:
    found = medians.get((workload, name))
    if found is None:
        return ""
    return _shown(found) if name == first else f"{_shown(found)} ({found / medians[workload, first]:.2f})"


def _shown(microseconds: float) -> str:
    return f"{microseconds:,.1f}" if microseconds < 100 else f"{microseconds:,.0f}"


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty=, with changes"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _machine() -> str:
    """The processor, as far as the system tells."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} cores of {names[0]}" if names else platform.machine()


def _picture(targets: Sequence[Target], names: Sequence[str], medians: Medians) -> str:
    """Bars on a logarithmic scale, a group for each workload."""
    low, high = 10 ** int(log10(min(medians.values()))), max(medians.values()) * 1.3
    scale = (_WIDTH - _LEFT - 70) / log10(high / low)
    parts: list[str] = []
    y = 34
    for name in names:
        shown = [(index, target) for index, target in enumerate(targets) if (name, target.name) in medians]
        parts.append(_text(_LEFT - 8, y + len(shown) * _BAR / 2 + 4, name, "end"))
        for index, target in shown:
            found = medians[name, target.name]
            length = max(log10(found / low) * scale, 1)
            parts.append(_box(_LEFT, y, length, _BAR - 1, _colour(index)))
            parts.append(_text(_LEFT + length + 4, y + _BAR - 2, _shown(found), "start", 9))
            y += _BAR
        y += _GAP
    legend = [_legend(index, target) for index, target in enumerate(targets)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y}" font-family="sans-serif">'
    return "\n".join([head, _box(0, 0, _WIDTH, y, "white"), *legend, *parts, "</svg>", ""])


def _legend(index: int, target: Target) -> str:
    x = 10 + index * 108
    return _box(x, 10, 10, 10, _colour(index)) + _text(x + 14, 19, target.name, "start")


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def _colour(index: int) -> str:
    return _COLOURS[index % len(_COLOURS)]


def _text(x: float, y: float, text: str, anchor: str, size: int = 11) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="#222">{text}</text>'
