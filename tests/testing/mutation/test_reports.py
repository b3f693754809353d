"""Judgements: three verdicts, that they can be repeated, and mistakes."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minidynamo import Database
from minidynamo.testing import Judgement, items, mutants, run_mutants
from tests.testing.kit_tables import KEYS, SCHEMA, TEMPLATE


def careless(database: Database) -> None:
    """Puts two items, of which it reads one, and looks at the first page of a scan."""
    for key in KEYS[:2]:
        database.execute("PutItem", {"TableName": "tbl", "Item": key})
    database.execute("Scan", {"TableName": "tbl", "Limit": 1})
    assert database.execute("GetItem", {"TableName": "tbl", "Key": KEYS[0]})["Item"] == KEYS[0]


def test_a_mutant_survives_only_where_it_has_changed_something() -> None:
    report = run_mutants(careless, TEMPLATE.fork)
    assert not report.noticed
    assert [mutant.name for mutant in report.survivors] == ["ignores_limit", "ends_paging", "loses_scan_item"]
    assert len(report.not_exercised) == len(mutants()) - 3
    lines = str(report).splitlines()
    assert "not exercised  drops_condition" in lines
    assert any(line.startswith("SURVIVED       ends_paging ") for line in lines)
    assert f"0 noticed, 3 survived, {len(mutants()) - 3} not exercised, of {len(mutants())} mutants" in lines
    assert lines[-2] == (
        "ends_paging: LastEvaluatedKey is there while there is more. "
        "To notice: read with a small Limit to the end, and assert that all items came."
    )


def test_a_judgement_that_nothing_was_changed_for_blames_the_test() -> None:
    turns = iter(range(9))

    def flaky(database: Database) -> None:
        assert next(turns) < 1

    report = run_mutants(flaky, only=["ends_paging"])
    assert [mutant.name for mutant in report.not_exercised] == ["ends_paging"]
    assert "fails although no answer was changed: it cannot be repeated: AssertionError" in str(report)


@pytest.mark.parametrize(
    ("judgement", "verdict", "remark"),
    [
        (Judgement("Error: x", 1), "noticed", "Error: x"),
        (Judgement(None, 1), "survived", "1 answer changed, and nothing failed"),
        (Judgement(None, 2), "survived", "2 answers changed, and nothing failed"),
        (Judgement(None, 0), "not exercised", ""),
    ],
)
def test_verdicts(judgement: Judgement, verdict: str, remark: str) -> None:
    assert (judgement.verdict, judgement.remark) == (verdict, remark)


def test_judgements_can_be_repeated() -> None:
    """What Hypothesis draws and what `random` gives is the same, whether drawn by the test or within it."""
    drawn: list[Any] = []

    @settings(max_examples=5, deadline=None)
    @given(item=items(SCHEMA))
    def property_test(database: Database, item: Any) -> None:
        drawn.append((item, random.random()))

    def with_property(database: Database) -> None:
        @settings(max_examples=5)
        @given(st.integers())
        def inner(number: int) -> None:
            drawn.append((number, random.random()))

        inner()

    for test in (property_test, with_property):
        state, profile = random.getstate(), settings().derandomize
        turns = []
        for _ in range(2):
            drawn.clear()
            run_mutants(test, TEMPLATE.fork, only=["ends_paging"])
            turns.append([*drawn])
        assert turns[0] == turns[1]
        assert (random.getstate(), settings().derandomize) == (state, profile)


def test_mistakes_are_told() -> None:
    with pytest.raises(ValueError, match="there is no mutant 'x'"):
        run_mutants(lambda database: None, only=["x"])
    with pytest.raises(ValueError, match="the test fails on a sound database: ZeroDivisionError"):
        run_mutants(lambda database: 1 / 0)
