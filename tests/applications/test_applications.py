"""Applications that were not written for minidynamo, under its kit: what it finds in them, and what holds."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.clients.environments import python_environment
from tests.structure.documents import GUIDE, blocks_of
from tests.structure.found_bugs import reports_of

HERE = Path(__file__).parent
PAGE = GUIDE / "applications.md"
LOCK, IDEMKIT = HERE / "lock_properties.py", HERE / "idemkit_properties.py"
# Both are built from their source distributions.
PACKAGES = (
    "--no-binary=python-dynamodb-lock,idemkit",
    "python-dynamodb-lock==0.9.1",
    "idemkit[dynamodb]==1.0.2",
    "pytest>=8",
    "hypothesis>=6.100",
)
FOUND = {
    "test_a_release_is_no_theft": LOCK,
    "test_a_heartbeat_is_no_theft": LOCK,
    "test_a_lock_that_nobody_holds_is_not_waited_for": LOCK,
    "test_a_single_call_has_no_conflict": IDEMKIT,
    "test_what_is_recorded_is_not_told_to_be_lost": IDEMKIT,
}
HOLDS = {
    "test_a_released_lock_is_free": LOCK,
    "test_an_abandoned_lock_can_be_had": LOCK,
    "TestDoor": LOCK,
    "test_it_runs_once_or_says_so": IDEMKIT,
    "test_another_amount_is_never_answered": IDEMKIT,
    "test_a_late_write_is_fenced": IDEMKIT,
}
WITHOUT_EXPIRY = "test_the_table_it_creates_expires_records"


@lru_cache
def printed_by(properties: Path, *options: str) -> str:
    """What pytest prints of one of the two files, in the environment of the applications."""
    python = python_environment("applications", *PACKAGES) / "python"
    with TemporaryDirectory() as folder:  # A copy, which sees nothing of the settings of these tests.
        shutil.copy(properties, folder)
        command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", "--tb=short", "-rA", properties.name]
        done = subprocess.run(
            [*command, *options], cwd=folder, capture_output=True, text=True, timeout=300, check=False
        )
    return done.stdout + done.stderr


def outcome_of(name: str, printed: str) -> str:
    """PASSED or FAILED; nothing where it was not run."""
    found = re.search(rf"^(PASSED|FAILED) \w+\.py::{name}\b", printed, re.MULTILINE)
    return found[1] if found else ""


def failure_of(name: str, printed: str) -> str:
    """The part about one test that has failed."""
    assert outcome_of(name, printed) == "FAILED", printed
    return re.split(rf"^_+ {name} _+$", printed, maxsplit=1, flags=re.MULTILINE)[1].partition("\n____")[0]


@pytest.mark.installs
@pytest.mark.parametrize("name", FOUND)
def test_it_is_found(name: str) -> None:
    """Shrunk to the one fault that the guide's page shows."""
    failure = failure_of(name, printed_by(FOUND[name]))
    assert re.search("^E +(AssertionError: )?assert ", failure, re.MULTILINE), failure
    assert f"Failing test case: {name}(" in failure
    assert reports_of(PAGE)[name] in failure


@pytest.mark.installs
def test_it_is_found_with_an_aimed_fault() -> None:
    """A table whose records never expire."""
    assert "assert 'DISABLED' == 'ENABLED'" in failure_of(WITHOUT_EXPIRY, printed_by(IDEMKIT))


@pytest.mark.installs
@pytest.mark.parametrize("name", HOLDS)
def test_it_holds_under_all_faults(name: str) -> None:
    printed = printed_by(HOLDS[name])
    assert outcome_of(name, printed) == "PASSED", printed


@pytest.mark.installs
@pytest.mark.parametrize("name", ["TestDoor", "test_it_runs_once_or_says_so", "test_a_late_write_is_fenced"])
def test_what_holds_rests_on_conditions(name: str) -> None:
    """These would notice if it did not: they fail on a database that drops conditions."""
    printed = printed_by(HOLDS[name], "--minidynamo-mutant", "drops_condition", "-k", "TestDoor or once or late")
    assert outcome_of(name, printed) == "FAILED", printed


def test_every_property_is_run() -> None:
    """And each that is found, but for the aimed one, has its report on the page."""
    run_here = [*FOUND, *HOLDS, WITHOUT_EXPIRY]
    written = re.findall(r"^(?:def )?(test_\w+|Test\w+)\b", LOCK.read_text("utf-8") + IDEMKIT.read_text("utf-8"), re.M)
    assert sorted(run_here) == sorted(set(written))
    assert set(reports_of(PAGE)) == set(FOUND)


def test_the_page_shows_what_is_run() -> None:
    """Each block of it stands in one of the two files."""
    blocks = blocks_of(PAGE)
    assert len(blocks) == PAGE.read_text("utf-8").count("```python") > 0
    for block in blocks:
        ast.parse(block)
        assert any(block in each.read_text("utf-8") for each in (LOCK, IDEMKIT)), block
