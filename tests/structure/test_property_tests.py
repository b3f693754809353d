"""What the README and the guide promise of their property tests holds under any seed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.structure.documents import GUIDE, PAGES, ROOT, run_blocks, write_files
from tests.structure.found_bugs import check_bugs_are_found, check_others_pass

BUGS = {ROOT / "README.md": 1, GUIDE / "simulation.md": 3, GUIDE / "kit.md": 0}


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
    """Fifty, or 25: no test is unreliable, too slow for its deadline, or without the bug that it is there for."""
    monkeypatch.chdir(tmp_path)
    namespace = run_blocks(document)
    check_bugs_are_found(document, namespace, BUGS[document], range(1, 51))
    check_others_pass(document, namespace, range(1, 26))  # Which run all their examples.


@pytest.mark.long
@pytest.mark.usefixtures("settings_of_a_reader")
def test_every_seed_finds_the_bug_of_the_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shrunk to the call and the fault that it shows."""
    monkeypatch.syspath_prepend(tmp_path)
    write_files((GUIDE / "story.md").read_text("utf-8").partition("## The fix")[0], tmp_path)
    machine = import_module("test_seats_machine").Seats
    short = settings(settings.get_profile("minidynamo-ci"), derandomize=False, stateful_step_count=5)
    for number in range(1, 51):
        with pytest.raises(AssertionError) as raised:
            run_state_machine_as_test(seed(number)(machine), settings=short)
        report = "\n".join(raised.value.__notes__)
        assert "state.reserve(person='ann', seat='1')\nstate.teardown()" in report, f"seed {number}: {report}"
        assert "schedule=FaultSchedule([Fault('response_lost')])" in report, f"seed {number}: {report}"


def test_no_document_is_forgotten() -> None:
    """Those with property tests are named above, but for those of applications, which tests/applications/ runs."""
    pages = [page for page in (ROOT / "README.md", *PAGES) if page.stem != "applications"]
    drawn = [page for page in pages if "@given" in page.read_text("utf-8")]
    assert sorted(drawn) == sorted(BUGS)
