"""Which faults the operations of an application have met in a run of pytest, place by place, and a budget of them.

`pytest --minidynamo-faults` prints a table. Under xdist each worker counts for itself, and the controller adds up.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections import Counter, defaultdict
from fnmatch import fnmatch
from pathlib import Path
from types import FrameType
from typing import Protocol

import pytest

import minidynamo
from minidynamo.pytest_plugin.fault_table import place_lines, table_lines
from minidynamo.simulation import KINDS, Call
from minidynamo.simulation.faults.kinds import Kind, known_kind
from minidynamo.simulation.faults.watchers import DELIVER, EXPIRE, may_meet
from minidynamo.values.api_types import Request

_SITES = "minidynamo_faults_sites"
_OUTPUT = "minidynamo_faults"
# The places of what is no request of anybody's.
_ALONE = {DELIVER: "handlers of streams", EXPIRE: "sweeps for expired items"}
_FOLDERS = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
_LIBRARIES = tuple(f"{Path(folder)}{os.sep}" for folder in (*_FOLDERS, str(Path(minidynamo.__file__).parent)))
# What a worker hands over: operation, place, how many calls, how often which kinds were met, and which could have been.
Row = tuple[str, str, int, dict[str, int], list[str]]


class Worker(Protocol):
    """A worker of xdist, as the controller sees it."""

    workeroutput: dict[str, list[Row]]


class Met:
    """What the calls of one operation at one place have met.

    Attributes:
        calls: how many there were.
        faults: how often each kind happened.
        possible: the kinds that could have happened.
    """

    def __init__(self) -> None:
        self.calls, self.faults, self.possible = 0, Counter[str](), set[str]()

    def add(self, calls: int, faults: dict[str, int] | Counter[str], possible: set[str]) -> None:
        """Adds what other calls have met."""
        self.calls += calls
        self.faults.update(faults)
        self.possible |= possible


class FaultCoverage:
    """The part of the plugin that counts faults.

    Parameters:
        config: of the run.
        required: the kinds that every call site must meet, where they can happen.
    """

    def __init__(self, config: pytest.Config, required: list[str]) -> None:
        self.places: defaultdict[tuple[str, str], Met] = defaultdict(Met)
        self._required = [_of_calls(known_kind(name)) for name in required]
        self._root = config.rootpath
        self._sites = [self._root / site for site in config.getini(_SITES)]
        self._test_files: list[str] = [*config.getini("python_files"), "conftest.py"]

    # What is counted.

    def watch(self, call: Call, request: Request, is_global: bool | None) -> None:
        """Counts a call, if the application made it."""
        place = _ALONE.get(call.operation) or self._place()
        if place is not None:
            kinds = KINDS.values()
            possible = {kind.name for kind in kinds if may_meet(kind, call.operation, request, is_global)}
            faults = Counter(dict.fromkeys(call.choices, 1))
            self.places[call.operation, place].add(1, faults, possible | call.choices.keys())

    def _place(self) -> str | None:
        """The file and line of the application that makes this call; None where a test makes it itself."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            path = frame.f_code.co_filename
            is_library = path.startswith(_LIBRARIES)
            is_test = not is_library and any(fnmatch(Path(path).name, pattern) for pattern in self._test_files)
            if self._is_site(Path(path), is_library or is_test):
                return f"{self._name_of(Path(path))}:{frame.f_lineno}"
            if is_test:
                return None
            frame = frame.f_back
        return None

    def _is_site(self, path: Path, is_of_others: bool) -> bool:
        """Whether a file is of the application: one that is named, else any of the project but tests and libraries."""
        if self._sites:
            return any(path.is_relative_to(site) for site in self._sites)
        return not is_of_others and path.is_relative_to(self._root)

    def _name_of(self, path: Path) -> str:
        """A file of the project as it stands there; one of a library from its package on."""
        for folder in map(Path, (*_LIBRARIES, str(self._root))):
            if path.is_relative_to(folder):
                return path.relative_to(folder).as_posix()
        return path.as_posix()

    # What is missing.

    @property
    def missing(self) -> dict[tuple[str, str], list[str]]:
        """The kinds that are demanded and have not been met, by operation and place."""
        found = {
            key: [kind for kind in self._required if kind in met.possible and not met.faults[kind]]
            for key, met in self.places.items()
        }
        return {key: kinds for key, kinds in found.items() if kinds}

    @property
    def is_unmet(self) -> bool:
        """Whether the budget has not been met. Where nothing was simulated, it has not."""
        return bool(self._required and (self.missing or not self.places))

    # Hooks.

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Worker) -> None:
        """Adds what a worker has counted."""
        for operation, place, calls, faults, possible in getattr(node, "workeroutput", {}).get(_OUTPUT, ()):
            self.places[operation, place].add(calls, faults, set(possible))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hands over what was counted, or lets the run fail where that is not enough."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = [
                (operation, place, met.calls, dict(met.faults), sorted(met.possible))
                for (operation, place), met in self.places.items()
            ]
        elif self.is_unmet and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("faults met")
        by_operation: defaultdict[str, Met] = defaultdict(Met)
        for (operation, _), met in self.places.items():
            by_operation[operation].add(met.calls, met.faults, met.possible)
        width = terminalreporter.config.get_terminal_writer().fullwidth
        counts = {name: (met.calls, met.faults, met.possible) for name, met in sorted(by_operation.items())}
        for line in table_lines(counts, width):
            terminalreporter.line(line)
        if self.is_unmet:
            text = f"every call site must meet {', '.join(self._required)}, where they can happen"
            terminalreporter.line(f"{text}; not met:", red=True)
            for line in place_lines(self.missing):
                terminalreporter.line(line)


def _of_calls(kind: Kind) -> str:
    """The name of a kind that a call can meet; raises ValueError for one that only handlers and sweeps meet."""
    if not kind.operations:
        raise ValueError(f"no call site can meet {kind.name}: it happens to handlers or to the sweep for expired items")
    return kind.name
