"""Every kind of fault has its page, and the pages say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from minidynamo import simulation
from minidynamo.requests.operations import API
from minidynamo.simulation import KINDS, PROFILES

PAGES = Path(__file__).parents[2] / "spec" / "faults"


def test_there_is_a_page_for_every_kind() -> None:
    """And none for any other."""
    assert {path.stem for path in PAGES.glob("*.md")} == {*KINDS, "README"}
    index = (PAGES / "README.md").read_text("utf-8")
    assert all(f"| [{kind.name}]({kind.name}.md) | {kind.title} |" in index for kind in KINDS.values())


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_page_says_what_the_code_does(kind: simulation.Kind) -> None:
    page = (PAGES / f"{kind.name}.md").read_text("utf-8")
    assert page.startswith(f"# {kind.name}: {kind.title}\n")
    assert f"- **Why it is legal**: {kind.why}.\n- **Source**: {kind.source}.\n" in page
    (places,) = re.findall(r"^- \*\*Where\*\*: (.*)\.$", page, re.MULTILINE)
    if kind.operations and kind.operations != frozenset(API):
        assert places.split(", ") == sorted(kind.operations), "its operations are others"
    for profile in PROFILES.values():
        rate = ("yes" if profile.capacity else "no") if kind.name == "capacity" else f"{profile.rate(kind.name):g}"
        assert f"{profile.name} {rate}" in page
    if kind.name != "capacity":
        alias = "".join(part.title() for part in kind.name.split("_"))
        assert getattr(simulation, alias) is kind
        assert f"fault={alias})" in page
