"""What the README and the guide promise of their property tests holds under any seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.structure.documents import GUIDE, PAGES, ROOT, run_blocks
from tests.structure.found_bugs import check_bugs_are_found, check_others_pass

BUGS = {ROOT / "README.md": 1, GUIDE / "simulation.md": 3}


@pytest.fixture
def settings_of_a_reader() -> Iterator[None]:
    """Who has said nothing about deadlines."""
    settings.load_profile("default")
    yield
    settings.load_profile("unhurried")


@pytest.mark.long
@pytest.mark.usefixtures("settings_of_a_reader")
@pytest.mark.parametrize("document", BUGS, ids=lambda document: document.stem)
def test_every_seed_finds_what_is_promised(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty of them: no test is unreliable, too slow for its deadline, or without the bug that it is there for."""
    monkeypatch.chdir(tmp_path)
    namespace = run_blocks(document)
    check_bugs_are_found(document, namespace, BUGS[document], range(1, 51))
    check_others_pass(document, namespace, range(1, 51))


def test_no_document_is_forgotten() -> None:
    """Those with property tests are named above, but for those of applications, which tests/applications/ runs."""
    pages = [page for page in (ROOT / "README.md", *PAGES) if page.stem != "applications"]
    drawn = [page for page in pages if "@given" in page.read_text("utf-8")]
    assert sorted(drawn) == sorted(BUGS)
