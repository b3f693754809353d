"""Commands as a person runs them, in this process."""

from __future__ import annotations

import pytest

from minidynamo.cli.command_line import main


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, output and error output of a command."""
    try:
        code = main([str(each) for each in arguments])
    except SystemExit as stop:
        code = int(stop.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err
