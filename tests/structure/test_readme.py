"""What the README shows is true: its Python runs and prints what stands behind it, its commands and files exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from minidynamo.operations import OPERATIONS
from tests.structure.documents import ROOT, links_of, printed_by, run_blocks
from tests.structure.found_bugs import check_bugs_are_found

README = ROOT / "README.md"
TEXT = README.read_text("utf-8")
LINES_MAX = 200


def test_the_examples_run_and_print_what_they_say(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All Python blocks, one after the other; a comment behind print() is what it prints."""
    monkeypatch.chdir(tmp_path)
    namespace = run_blocks(README)
    assert len(printed_by(README)) >= 2
    assert capsys.readouterr().out.splitlines() == printed_by(README)
    namespace["db"].check()
    check_bugs_are_found(README, namespace, 1, [1])


def test_every_operation_is_listed() -> None:
    """And no other."""
    (listed,) = re.findall(r"Supported operations: (.*?)\.\n", TEXT, re.DOTALL)
    assert set(re.findall(r"\w+", listed)) == set(OPERATIONS)


def test_it_is_short() -> None:
    """Details belong into the guide."""
    assert TEXT.count("\n") <= LINES_MAX


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "tests/README.md"])
def test_links_lead_somewhere(document: str) -> None:
    """Those to files of the project."""
    path = ROOT / document
    assert [link for link in links_of(path) if not (path.parent / link).is_file()] == []


@pytest.mark.parametrize(
    "document", ["README.md", "spec/architecture.md", "CHANGELOG.md", "CONTRIBUTING.md", "tests/README.md"]
)
def test_files_that_documents_name_exist(document: str) -> None:
    """Paths in backticks that begin with a folder of the project."""
    text = (ROOT / document).read_text("utf-8")
    paths = re.findall(r"`((?:tests|spec|bench|minidynamo)/[\w./]*\w/?)`", text)
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert missing == []
