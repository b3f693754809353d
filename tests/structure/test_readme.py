"""What the README shows is true: its Python runs and prints what stands behind it, its commands and files exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from minidynamo.cli.command_line import main
from minidynamo.operations import OPERATIONS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_examples_run_and_print_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    """All Python blocks, one after the other; a comment behind print() is what it prints."""
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    namespace: dict[str, Any] = {}
    for block in blocks:
        exec(block, namespace)
    expected = re.findall(r"^ *print\(.*\)  # (.*)$", "\n".join(blocks), re.MULTILINE)
    assert len(expected) >= 2
    assert capsys.readouterr().out.splitlines() == expected
    namespace["db"].check()
    check_bugs_are_found(namespace)


def check_bugs_are_found(namespace: dict[str, Any]) -> None:
    """The README's tests fail, shrunk to what it says, and its machine runs."""
    reports = re.findall(r"^(test_\w+)\((schedule=.*)\)$", README, re.MULTILINE)
    assert len(reports) == 3
    for name, schedule in reports:
        options = settings(database=None, deadline=None, phases=[Phase.generate, Phase.shrink], max_examples=1_000)
        test = options(namespace[name])
        with pytest.raises(AssertionError) as raised:
            test()
        notes = "".join("\n".join(raised.value.__notes__).split())
        assert f"{name}({schedule},)" in notes, notes
    run_state_machine_as_test(namespace["Shop"], settings=namespace["TestShop"].settings)


def test_every_operation_is_listed() -> None:
    """And no other."""
    (listed,) = re.findall(r"Supported operations: (.*?)\. All data", README, re.DOTALL)
    assert set(re.findall(r"\w+", listed)) == set(OPERATIONS)


def test_the_commands_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of the command line."""
    for command in set(re.findall(r"minidynamo (tour|load|serve|spec|tables|check|info|mutants)\b", README)):
        with pytest.raises(SystemExit) as stop:
            main([command, "--help"])
        assert stop.value.code == 0
        assert "usage:" in capsys.readouterr().out


@pytest.mark.parametrize("document", ["README.md", "spec/architecture.md", "CHANGELOG.md"])
def test_files_that_documents_name_exist(document: str) -> None:
    """Paths in backticks that begin with a folder of the project."""
    text = (ROOT / document).read_text("utf-8")
    paths = re.findall(r"`((?:tests|spec|bench|minidynamo)/[\w./]*\w/?)`", text)
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert missing == []
