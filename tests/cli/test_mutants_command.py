"""`minidynamo mutants`: its verdicts, its exit codes, and what it says to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from minidynamo.cli import command_line
from minidynamo.cli.suite_runs import SuiteRun, run_suite
from tests.cli.test_command_line import run

SUITE = """
import pytest
from hypothesis import given, strategies as st

@pytest.fixture
def table(minidynamo_database):
    minidynamo_database.client().create_table(
        TableName="tbl", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    return minidynamo_database.Table("tbl")

class TestShop:
    def test_what_is_put_again_is_replaced(self, table):
        for n in (1, 2):
            table.put_item(Item={"pk": "a", "n": n})
        assert table.scan()["Items"] == [{"pk": "a", "n": 2}]

    @pytest.mark.parametrize("limit", [1, 2, 3, 4])
    def test_a_page(self, table, limit):
        for pk in "abcde":
            table.put_item(Item={"pk": pk})
        assert table.scan(Limit=limit)["Count"] == limit
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "test_shop.py"
    path.write_text(SUITE, "utf-8")
    monkeypatch.chdir(tmp_path)
    return path


def test_verdicts_and_what_to_do(capsys: pytest.CaptureFixture[str], suite: Path) -> None:
    """Names are whole, survivors come with the tests whose answers were changed, others have nothing to change."""
    names = ("loses_replacement", "ends_paging", "ignores_filter")
    only = [each for name in names for each in ("--only", name)]
    code, out, err = run(capsys, "mutants", *only, "test_shop.py")
    assert (code, err) == (1, "")
    lines = re.sub(r" *\n(?=[a-z])", "\n", out).splitlines()
    assert "noticed        loses_replacement  test_shop.py::TestShop::test_what_is_put_again_is_replaced" in lines
    assert "survived       ends_paging        4 answers changed, and nothing failed" in lines
    assert "Not exercised, since they found no answer to change: ignores_filter" in lines
    assert "1 noticed, 1 survived, 1 not exercised, of 3 mutants." in lines
    assert "  test_shop.py::TestShop::test_a_page[1] (1)" in lines
    assert "To notice: read with a small Limit to the end" in out
    assert "  and 1 more tests" in lines


def test_workers_of_xdist_count_together(suite: Path) -> None:
    judged = run_suite("ends_paging", ["test_shop.py", "-n", "2"])
    assert judged.changes == {f"test_shop.py::TestShop::test_a_page[{limit}]": 1 for limit in (1, 2, 3, 4)}
    assert judged.operations["Scan"] == 5
    assert judged.operations["Scan.Limit"] == 4


@pytest.mark.long
def test_what_is_not_exercised_is_no_gap(capsys: pytest.CaptureFixture[str], suite: Path) -> None:
    code, out, _ = run(capsys, "mutants", "--only", "ignores_filter", "--jobs", 1, "test_shop.py")
    assert code == 0
    assert "0 noticed, 0 survived, 1 not exercised, of 1 mutants." in out


@pytest.mark.long
def test_what_fails_while_it_is_collected_has_noticed(suite: Path) -> None:
    suite.write_text(
        "import minidynamo\n"
        "db = minidynamo.connect()\n"
        "db.client().create_table(TableName='tbl', BillingMode='PAY_PER_REQUEST',\n"
        "    KeySchema=[{'AttributeName': 'pk', 'KeyType': 'HASH'}],\n"
        "    AttributeDefinitions=[{'AttributeName': 'pk', 'AttributeType': 'S'}])\n"
        "db.Table('tbl').put_item(Item={'pk': 'a'})\n"
        "assert db.Table('tbl').scan()['Count'] == 1\n"
        "def test_nothing(): pass\n"
    )
    assert run_suite(None, ["test_shop.py"]).is_passed
    judged = run_suite("loses_scan_item", ["test_shop.py"])
    assert judged.changes == {"": 1}
    assert judged.judgement.verdict == "noticed"
    assert judged.judgement.error == "test_shop.py"


def test_a_suite_that_does_not_end_has_noticed() -> None:
    assert SuiteRun(None).judgement.remark == "the tests did not end"
    assert SuiteRun(None).judgement.verdict == "noticed"


@pytest.mark.long
def test_runs_are_repeatable(suite: Path, tmp_path: Path) -> None:
    """Order, random numbers and what Hypothesis draws, also where a module loads a profile of its own."""
    suite.write_text(
        "import random\n"
        "from hypothesis import given, settings, strategies as st\n"
        "settings.register_profile('mine', max_examples=5)\n"
        "settings.load_profile('mine')\n"
        "@given(st.integers())\n"
        "def test_drawn(number):\n"
        "    print(number, random.random(), {'a', 'b', 'c'}, file=open('drawn', 'a'))\n"
        "def test_random():\n"
        "    print(random.random(), file=open('drawn', 'a'))\n"
    )
    drawn = []
    for _ in range(2):
        assert run_suite(None, ["test_shop.py"]).is_passed
        drawn.append((tmp_path / "drawn").read_text("utf-8"))
        (tmp_path / "drawn").unlink()
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("arguments", "only", "jobs", "rest"),
    [
        (["tests", "--only", "a", "-k", "x y", "--jobs", "1"], ["a"], 1, ["tests", "-k", "x y"]),
        (["-k", "x", "--only=a", "--only", "b", "-n", "2", "tests"], ["a", "b"], None, ["-k", "x", "-n", "2", "tests"]),
        (["--jobs", "3", "tests", "--", "--only", "c"], None, 3, ["tests", "--only", "c"]),
        (["--job", "3"], None, None, ["--job", "3"]),
        ([], None, None, []),
    ],
)
def test_options_come_in_any_order(arguments: list[str], only: Any, jobs: Any, rest: list[str]) -> None:
    options = command_line._options(["mutants", *arguments])
    assert (options.only, options.jobs, options.rest) == (only, jobs, rest)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            "def test_sum(): assert 1 == 2",
            "test_shop.py::test_sum fails without any mutant: mend it, or leave it out with --deselect; pytest says",
        ),
        ("import nothing_of_the_kind", "test_shop.py fails without any mutant: mend it"),
        ("", "pytest finds no tests: give their files or folders; it says: no tests ran in"),
    ],
)
def test_a_suite_that_fails_by_itself(capsys: pytest.CaptureFixture[str], suite: Path, content: str, text: str) -> None:
    suite.write_text(content, "utf-8")
    code, out, err = run(capsys, "mutants", "test_shop.py", "--only", "ends_paging")
    assert (code, out.strip(), err.count("\n")) == (2, "", 1)
    assert f"minidynamo: {text}" in err
