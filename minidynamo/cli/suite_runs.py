"""One run of a pytest suite in a process of its own, as it is or on a mutant, and how it has gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minidynamo.testing.mutation.report import Judgement

# What is the same in every run: the order of tests and of sets, no failures remembered from one to the next.
_REPEATABLE = ("-p", "no:cacheprovider", "-p", "no:randomly")
_ENVIRONMENT = {"PYTHONHASHSEED": "0"}
# A suite that takes so much longer than without a mutant is taken to hang.
_SECONDS_LEAST, _SLOWER_MAX = 60.0, 20.0
_PASSED = 0


@dataclass
class SuiteRun:
    """How a run has gone.

    Attributes:
        code: the exit code of pytest; None where it was stopped since it did not end.
        failed: the tests that failed, by their full names.
        operations: how often the operations of the API were used.
        changes: how many answers a mutant has changed, by test.
        seconds: how long it took.
        last_line: of its output.
    """

    code: int | None
    failed: list[str] = field(default_factory=list)
    operations: dict[str, int] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    last_line: str = ""

    @classmethod
    def unused(cls) -> SuiteRun:
        """What a run would be in which a mutant has nothing to do."""
        return cls(_PASSED)

    @property
    def is_passed(self) -> bool:
        """Whether all tests have passed."""
        return self.code == _PASSED

    @property
    def judgement(self) -> Judgement:
        """What it says of the mutant."""
        from minidynamo.testing.mutation.report import Judgement

        count = sum(self.changes.values())
        if self.code is None:  # It has not come to writing what was changed.
            return Judgement("the tests did not end", max(count, 1))
        error = self.failed[0] if self.failed else self.last_line
        return Judgement(None if self.is_passed else error, count)


def run_suite(mutant: str | None, arguments: list[str], usual_seconds: float | None = None) -> SuiteRun:
    """Runs a suite to its first failure.

    Parameters:
        mutant: the name of a mutant, None for none.
        arguments: those of pytest.
        usual_seconds: how long it takes without a mutant.
    """
    limit = None if usual_seconds is None else max(_SECONDS_LEAST, _SLOWER_MAX * usual_seconds)
    with TemporaryDirectory(prefix="minidynamo-") as folder:
        path = Path(folder) / "judgement.json"
        options = ["--minidynamo-judgement", str(path), *([] if mutant is None else ["--minidynamo-mutant", mutant])]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", *_REPEATABLE, *options, *arguments]
        begun = time.monotonic()
        try:
            ended = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=limit, env={**os.environ, **_ENVIRONMENT}
            )
        except subprocess.TimeoutExpired:
            return SuiteRun(None)
        written = json.loads(path.read_text("utf-8")) if path.exists() else {}
    lines = [line for line in (*ended.stdout.splitlines(), *ended.stderr.splitlines()) if line.strip()]
    last_line = lines[-1] if lines else "nothing"
    return SuiteRun(ended.returncode, **written, seconds=time.monotonic() - begun, last_line=last_line)


def core_count() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
