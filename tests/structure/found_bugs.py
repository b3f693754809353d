"""Property tests in documents: those whose report is shown find their bug under every seed, all others pass."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, is_hypothesis_test, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

# Explaining takes ten times as long as finding and shrinking, and changes nothing in what is found.
_PHASES = [Phase.generate, Phase.shrink]


def check_bugs_are_found(document: Path, namespace: dict[str, Any], count: int, seeds: Iterable[int]) -> None:
    """Runs the tests whose reports a document shows: each must fail, shrunk to the fault that the report names.

    An error of another kind, such as one for an unreliable or a slow test, lets this fail.

    Parameters:
        namespace: what the document's Python has defined.
        count: how many such tests there must be.
        seeds: what Hypothesis draws from, one run each.
    """
    reports = reports_of(document)
    assert len(reports) == count
    for name, faults in reports.items():
        for number in seeds:
            with pytest.raises(AssertionError) as raised:
                seeded(namespace[name], number)()
            notes = "\n".join(raised.value.__notes__)
            assert f"{name}(" in notes and faults in notes, f"seed {number}: {notes}"


def check_others_pass(document: Path, namespace: dict[str, Any], seeds: Iterable[int]) -> None:
    """Runs the other property tests of a document, and its state machines."""
    tests = {name: each for name, each in namespace.items() if is_hypothesis_test(each)}
    for number in seeds:
        for name in tests.keys() - reports_of(document).keys():
            seeded(tests[name], number)()
        for machine in machines_in(namespace):
            own = machine.TestCase.settings
            assert own.deadline is None
            run_state_machine_as_test(seed(number)(machine), settings=settings(own, database=None))


def reports_of(document: Path) -> dict[str, str]:
    """The last lines of the reports in a document, which name the faults, by test."""
    return dict(re.findall(r"^(test_\w+)\(\n(Faults of this run: .*)$", document.read_text("utf-8"), re.MULTILINE))


def machines_in(namespace: dict[str, Any]) -> list[type[RuleBasedStateMachine]]:
    """The state machines that a document defines."""
    classes = [each for each in namespace.values() if isinstance(each, type)]
    own = [each for each in classes if issubclass(each, RuleBasedStateMachine)]
    return [each for each in own if each.__module__ == namespace["__name__"]]


def seeded(test: Any, number: int) -> Any:
    """A test with its own settings and a seed, but for what is known of earlier runs."""
    own = test._hypothesis_internal_use_settings
    assert own.deadline is None, f"{test.__name__} can fail for being slow"
    test._hypothesis_internal_use_settings = settings(
        own, database=None, phases=_PHASES, suppress_health_check=[HealthCheck.too_slow]
    )
    return seed(number)(test)
