"""A run of pytest that is judged: which tests fail, which operations are used, and what a mutant has changed in which.

`minidynamo mutants` runs pytest with `--minidynamo-judgement FILE`, as it is and once per mutant, and reads what is
written there. Under xdist each worker counts for itself, and the controller adds up.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypedDict

import pytest

from minidynamo.endpoints.middleware import Call, Middleware, Proceed, Run
from minidynamo.testing.mutation.mutant import DELIVERY, uses_of

if TYPE_CHECKING:
    from minidynamo.lambdas.function import Invocation, Outcome
    from minidynamo.testing.mutation.mutant import Changes
    from minidynamo.values.api_types import Response

_OUTPUT = "minidynamo_judgement"


class Written(TypedDict):
    """What a run writes.

    Members:
        failed: the tests that failed, and what could not be collected, in the order of the run.
        operations: how often each operation, and each member of its requests, was used.
        changes: how many answers were changed, by test.
    """

    failed: list[str]
    operations: dict[str, int]
    changes: dict[str, int]


class Worker(Protocol):
    """A worker of xdist, as the controller sees it."""

    workeroutput: dict[str, Written]


class UsedOperations(Middleware):
    """Counts the operations that are used."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def execute(self, call: Call, proceed: Proceed) -> Response:
        if isinstance(call.request, Mapping):
            self.counts.update(uses_of(call.operation, call.request))
        return proceed(call.operation, call.request)

    def invoke(self, invocation: Invocation, run: Run) -> Outcome:
        self.counts[DELIVERY] += 1
        return run(invocation)


class Judging:
    """The part of the plugin that watches a run.

    Parameters:
        path: where to write.
        used: counts operations.
        changes: counts the answers that a mutant changes; None where there is none.
    """

    def __init__(self, path: Path, used: UsedOperations, changes: Changes | None) -> None:
        self._path, self._used, self._changes = path, used, changes
        self._failed: list[str] = []
        self._by_test: Counter[str] = Counter()
        self._operations: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Begins each test with the same random numbers, and counts what is changed while it runs."""
        random.seed(0)
        before = 0 if self._changes is None else self._changes.count
        result = yield
        if self._changes is not None and self._changes.count > before:
            self._by_test[item.nodeid] += self._changes.count - before
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and report.nodeid not in self._failed:
            self._failed.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and report.nodeid not in self._failed:
            self._failed.append(report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Worker) -> None:
        """Adds what a worker has counted."""
        written = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if written is not None:
            self._by_test.update(written["changes"])
            self._operations.update(written["operations"])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._operations.update(self._used.counts)
        if self._changes is not None:  # Those outside of tests: while modules are imported.
            rest = self._changes.count - self._by_test.total()
            self._by_test.update({"": rest} if rest > 0 and not self._is_controller(session) else {})
        written = Written(failed=self._failed, operations=dict(self._operations), changes=dict(self._by_test))
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = written
        else:
            self._path.write_text(json.dumps(written), "utf-8")

    def _is_controller(self, session: pytest.Session) -> bool:
        return session.config.pluginmanager.hasplugin("dsession")
