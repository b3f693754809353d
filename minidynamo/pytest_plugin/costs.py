"""What the tests of a run cost: the dearest tests and places, a file to compare with, a summary in Markdown, advice.

What counts is what a test does itself; what its fixtures do is told as a sum. Under xdist each worker counts for
itself, and the controller adds up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from typing import Protocol

import pytest

from minidynamo.endpoints.middleware import everywhere
from minidynamo.insight.advice.advice import Advice
from minidynamo.insight.handing_over import handed_over, take_over
from minidynamo.insight.ledger import Ledger
from minidynamo.insight.ledger_table import markdown_lines, number, text_lines
from minidynamo.insight.observed import EXPIRY, Observed
from minidynamo.insight.observer import Observer
from minidynamo.insight.saved import LedgerError
from minidynamo.pytest_plugin.cost_file import Cost, read_costs, write_costs
from minidynamo.values.api_types import JsonObject

_OUTPUT = "minidynamo_costs"
_NOT_OF_TESTS = "hot-key"
_SHOWN = 10
_HEAD = ("test", "calls", "read units", "write units", "$/M runs")
_NUMBERS = range(1, 5)


class Worker(Protocol):
    """A worker of xdist, as the controller sees it."""

    workeroutput: dict[str, JsonObject]


class TestCosts:
    """The part of the plugin that counts costs.

    Parameters:
        config: of the run.

    Raises:
        LedgerError: the file to compare with cannot be read.
    """

    __test__ = False  # For pytest, which takes it for tests.

    def __init__(self, config: pytest.Config) -> None:
        self.ledger = Ledger()
        self.tests: dict[str, Cost] = {}
        self.fixtures = Cost()
        self._mode = config.getoption("--dynamodb-cost")
        self._advice_mode = config.getoption("--dynamodb-advice")
        self._markdown = config.getoption("--dynamodb-cost-markdown")
        self._path = config.rootpath / config.getoption("--dynamodb-cost-file")
        self._known = read_costs(self._path) if self._mode == "check" else {}
        self._varying: set[str] = set()
        self._advice: list[Advice] = []
        self._current: Cost | None = None
        self._root = config.rootpath
        self._collected: set[str] = set()
        self._collects_whole_files = not any("::" in str(each) for each in config.args)
        self._around = ExitStack()
        self._around.enter_context(everywhere(Observer([self._note])))

    def close(self) -> None:
        """Ends the counting."""
        self._around.close()

    def _note(self, observed: Observed) -> None:
        if observed.operation != EXPIRY:
            (self.fixtures if self._current is None else self._current).add(observed)
        if self._current is not None:
            self.ledger.note(observed)

    # Hooks.

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Notes which tests there are, before some are left out."""
        self._collected |= {each.nodeid for each in items}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Counts what a test does, and lets it fail where that is more than before."""
        self._current = cost = Cost()
        try:
            yield
        finally:
            self._current = None
        if cost.calls:
            self.tests[item.nodeid] = cost
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            self._varying.add(item.nodeid)  # How many examples are drawn, and which, is another each time.
        elif item.nodeid in self._known and cost.is_more_than(self._known[item.nodeid]):
            known = self._known[item.nodeid]
            more = f"{cost.more_than(known)} more than {self._path.name} says"
            pytest.fail(f"{more}: {cost} now, {known} there. If that is meant, write it again", pytrace=False)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Worker) -> None:
        """Adds what a worker has counted."""
        output = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if output is None:
            return
        self.tests |= {name: Cost(**cost) for name, cost in output["tests"].items()}
        self.fixtures.merge(Cost(**output["fixtures"]))
        self._varying |= set(output["varying"])
        self._collected |= set(output["collected"])
        take_over(self.ledger, output["ledger"])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hands over what was counted, or writes it, or lets the run fail for what is advised."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = self._handed_over()
            return
        if self._advice_mode is not None:
            # Keys of examples are the same in all tests: what many of them take is no load.
            self._advice = [each for each in self.ledger.advice() if each.rule != _NOT_OF_TESTS]
        if self._mode == "write" and session.testscollected and not session.config.option.collectonly:
            write_costs(self._path, self._kept() | self._told())
        if self._markdown is not None:
            with open(session.config.rootpath / self._markdown, "a", encoding="utf-8") as file:
                file.write("\n".join([*self._markdown_lines(), ""]))
        if self._advice_mode == "error" and self._advice and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the dearest tests and places, and advice."""
        if self._mode is not None:
            terminalreporter.section("what tests cost on DynamoDB")
            for line in self._text_lines():
                terminalreporter.line(line)
        if self._advice_mode is not None:
            terminalreporter.section("advice")
            for advice in self._advice:
                terminalreporter.line(str(advice), red=self._advice_mode == "error")
            if not self._advice:
                terminalreporter.line("nothing to say")
            elif self._advice_mode == "error":
                terminalreporter.line(
                    f"--dynamodb-advice=error: the run fails for {len(self._advice)} of these", red=True
                )

    # What is told.

    def _handed_over(self) -> JsonObject:
        """What a worker tells the controller."""
        return {
            "tests": {name: asdict(cost) for name, cost in self.tests.items()},
            "fixtures": asdict(self.fixtures),
            "varying": sorted(self._varying),
            "collected": sorted(self._collected),
            "ledger": handed_over(self.ledger),
        }

    def _told(self) -> dict[str, Cost]:
        """What is written of the tests of this run."""
        return {name: cost for name, cost in self.tests.items() if name not in self._varying}

    def _kept(self) -> dict[str, Cost]:
        """What the file says of tests that did not run, or failed; those are left out that there are no more."""
        try:
            known = read_costs(self._path) if self._path.exists() else {}
        except LedgerError:
            known = {}  # It is made anew.
        files = {name.partition("::")[0] for name in self._collected} if self._collects_whole_files else set()
        return {
            name: cost
            for name, cost in known.items()
            if (name in self._collected or name.partition("::")[0] not in files)
            and (self._root / name.partition("::")[0]).exists()
        }

    def _dearest(self) -> list[tuple[str, Cost]]:
        prices = self.ledger.prices
        return sorted(self.tests.items(), key=lambda each: (-each[1].dollars(prices), -each[1].calls, each[0]))[:_SHOWN]

    def _rows(self) -> list[tuple[str, ...]]:
        prices = self.ledger.prices
        return [
            (
                f"{name} (varies)" if name in self._varying else name,
                str(cost.calls),
                number(cost.read_units),
                number(cost.write_units),
                f"{cost.dollars(prices) * 1e6:.3f}",
            )
            for name, cost in self._dearest()
        ]

    def _text_lines(self) -> list[str]:
        lines = [*text_lines(_HEAD, self._rows(), _NUMBERS), "", *str(self.ledger).splitlines()]
        lines.append(f"{len(self.tests)} tests that passed asked DynamoDB for anything; fixtures: {self.fixtures}")
        if self._mode == "write":
            lines.append(f"written to {self._path.name}")
        elif self._mode == "check":
            lines += self._checked_lines()
        return lines

    def _checked_lines(self) -> list[str]:
        new = [name for name in self.tests if name not in self._known and name not in self._varying]
        cheaper = [name for name, cost in self._known.items() if name in self.tests and cost != self.tests[name]]
        told = [f"{len(new)} tests are not in {self._path.name} yet"] if new else []
        told += [f"{len(cheaper)} tests cost something else than {self._path.name} says"] if cheaper else []
        return [f"{each}; if that is meant, write it again with --dynamodb-cost=write" for each in told]

    def _markdown_lines(self) -> list[str]:
        lines = ["### What tests cost on DynamoDB", "", *markdown_lines(_HEAD, self._rows(), _NUMBERS), ""]
        lines += [self.ledger.as_markdown(_SHOWN), ""]
        if self._advice:
            lines += ["#### Advice", "", *(f"- {each}" for each in self._advice), ""]
        return lines
