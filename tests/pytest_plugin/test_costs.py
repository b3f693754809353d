"""`--dynamodb-cost` and `--dynamodb-advice`: what tests cost, files to compare with, summaries, budgets of markers."""

from __future__ import annotations

import json

import pytest

TESTS = """
import minidynamo
import pytest

TABLE = dict(
    TableName="tbl", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
)

@pytest.fixture
def table(minidynamo_database):
    minidynamo_database.client().create_table(**TABLE)
    return minidynamo_database.Table("tbl")

def test_writes(table):
    for number in range(12):
        table.put_item(Item={"id": str(number)})

def test_reads(table):
    table.get_item(Key={"id": "1"})

def test_does_nothing():
    pass
"""
WAYS = [pytest.param((), id="alone"), pytest.param(("-n", "2"), id="xdist", marks=pytest.mark.long)]


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(test_app=TESTS)
    return pytester


def lines(result: pytest.RunResult) -> list[str]:
    return [" ".join(line.split()) for line in result.outlines]


@pytest.mark.parametrize("way", WAYS)
def test_the_dearest_tests_and_places_are_printed(suite: pytest.Pytester, way: tuple[str, ...]) -> None:
    result = suite.runpytest("--dynamodb-cost", *way)
    printed = lines(result)
    assert "test_app.py::test_writes 12 0 12 7.500" in printed
    assert "test_app.py::test_reads 1 0.5 0 0.062" in printed
    assert "PutItem tbl 12 12 0.625 test_app.py:16" in printed
    assert "2 tests that passed asked DynamoDB for anything; fixtures: 2 calls, 0 read units, 0 write units" in printed


@pytest.mark.parametrize("way", WAYS)
def test_what_tests_cost_is_written_and_checked(suite: pytest.Pytester, way: tuple[str, ...]) -> None:
    suite.runpytest("--dynamodb-cost=write", *way).assert_outcomes(passed=3)
    written = json.loads((suite.path / "dynamodb-cost.json").read_text())
    assert written["tests"] == {
        "test_app.py::test_reads": {"calls": 1, "read_units": 0.5, "write_units": 0.0},
        "test_app.py::test_writes": {"calls": 12, "read_units": 0.0, "write_units": 12.0},
    }
    suite.runpytest("--dynamodb-cost=check", *way).assert_outcomes(passed=3)
    suite.makepyfile(test_app=TESTS.replace("range(12)", "range(13)"))
    result = suite.runpytest("--dynamodb-cost=check", *way)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["1 calls, 1 write units more than dynamodb-cost.json says: 13 calls, 0 read units, 13 write units now, 12*"]
    )


def test_what_has_become_cheaper_is_told(suite: pytest.Pytester) -> None:
    suite.runpytest("--dynamodb-cost=write")
    suite.makepyfile(test_app=TESTS.replace("range(12)", "range(2)"))
    result = suite.runpytest("--dynamodb-cost=check")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["1 tests cost something else than dynamodb-cost.json says; if that is meant*"])


@pytest.mark.long
def test_advice_is_the_same_however_many_workers_there_are(pytester: pytest.Pytester) -> None:
    """Workers hand over what they have seen, and it is judged as a whole."""
    scans = """
@pytest.mark.parametrize("number", range(4))
def test_scans(table, number):
    for each in range(60):
        table.put_item(Item={"id": str(each), "kind": "a" if each else "b"})  # minidynamo: ok
    search(table)

def search(table):
    table.scan(FilterExpression="kind = :b", ExpressionAttributeValues={":b": "b"})
"""
    pytester.makepyfile(test_app=TESTS + scans)
    told = [
        [line for line in pytester.runpytest("--dynamodb-advice", *way).outlines if line.startswith("test_app.py:")]
        for way in ((), ("-n", "2"), ("-n", "4"))
    ]
    assert told[0] == told[1] == told[2]
    assert any(": scan: " in line for line in told[0])


def test_a_misspelt_budget_is_told(pytester: pytest.Pytester) -> None:
    marked = TESTS.replace("def test_reads", "@pytest.mark.minidynamo(max_reads=1)\ndef test_reads")
    pytester.makepyfile(test_app=marked)
    pytester.runpytest("-k", "reads").stdout.fnmatch_lines(
        ["*the marker minidynamo takes tables, simulate, max_read_units*"]
    )


@pytest.mark.parametrize(
    ("text", "reason"), [(None, "*cannot read dynamodb-cost.json*"), ("{}", "*does not say what tests cost*")]
)
def test_a_file_that_is_none_is_told_in_a_line(suite: pytest.Pytester, text: str | None, reason: str) -> None:
    if text is not None:
        (suite.path / "dynamodb-cost.json").write_text(text)
    result = suite.runpytest("--dynamodb-cost=check")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --dynamodb-cost: {reason}--dynamodb-cost=write*"])


def test_tests_that_draw_are_not_held_to_a_number(suite: pytest.Pytester) -> None:
    drawn = """
from hypothesis import given, strategies as st
@given(st.integers(0, 9))
def test_draws(number):
    minidynamo.connect().client().list_tables()
"""
    suite.makepyfile(test_app=TESTS + drawn)
    suite.runpytest("--dynamodb-cost=write")
    assert "draws" not in (suite.path / "dynamodb-cost.json").read_text()
    suite.runpytest("--dynamodb-cost=check").assert_outcomes(passed=4)


def test_a_summary_in_markdown_is_appended(suite: pytest.Pytester) -> None:
    for _ in range(2):
        suite.runpytest("--dynamodb-cost-markdown=summary.md", "--dynamodb-advice")
    text = (suite.path / "summary.md").read_text()
    assert text.count("### What tests cost on DynamoDB") == 2
    assert "| test_app.py::test_writes | 12 | 0 | 12 | 7.500 |" in text
    assert "- test_app.py:16: single-writes: 12 PutItem into tbl in a row" in text


def test_advice_is_shown_and_may_fail_a_run(suite: pytest.Pytester) -> None:
    shown = suite.runpytest("--dynamodb-advice")
    assert shown.ret == pytest.ExitCode.OK
    shown.stdout.fnmatch_lines(["test_app.py:16: single-writes: 12 PutItem into tbl in a row*"])
    assert suite.runpytest("--dynamodb-advice=error").ret == pytest.ExitCode.TESTS_FAILED
    suite.makepyfile(test_app=TESTS.replace("table.put_item(", "table.put_item(  # minidynamo: ok\n            "))
    assert suite.runpytest("--dynamodb-advice=error").ret == pytest.ExitCode.OK


def test_a_marker_gives_a_test_a_budget(pytester: pytest.Pytester) -> None:
    marked = TESTS.replace("def test_writes", "@pytest.mark.minidynamo(max_write_units=11)\ndef test_writes")
    pytester.makepyfile(
        test_app=marked.replace("def test_reads", "@pytest.mark.minidynamo(max_calls=1)\ndef test_reads")
    )
    result = pytester.runpytest()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["*AssertionError: 12 write units, at most 11 allowed; the dearest: PutItem tbl at test_app.py:17 (12 units,*"]
    )


def test_the_fixture_notes_what_a_test_does(pytester: pytest.Pytester) -> None:
    used = """
def test_it(table, minidynamo_ledger):
    table.get_item(Key={"id": "1"})
    minidynamo_ledger.require(max_calls=1, max_read_units=0.5)
"""
    pytester.makepyfile(test_app=TESTS + used)
    pytester.runpytest("-k", "test_it").assert_outcomes(passed=1)


def test_nothing_is_printed_or_observed_without_an_option(suite: pytest.Pytester) -> None:
    result = suite.runpytest()
    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("*what tests cost*")
