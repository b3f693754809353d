"""`minidynamo serve --console`: what it prints, what it refuses, and that reading only is kept to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from minidynamo.cli.command_line import main
from tests.console.asking import asked_over_http
from tests.http.test_serve_command import serving


def printed_page(process: subprocess.Popen[str]) -> str:
    """The address that the announcement names."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("  console: ")
    return line.removeprefix("  console: ").strip()


@pytest.mark.parametrize("option", ["--console", "--console=read-only"])
def test_it_prints_where_the_console_is(option: str) -> None:
    with serving("--port", "0", option) as (process, url):
        assert printed_page(process) == f"{url}/console/"
        assert asked_over_http(url).status == 200


def test_where_credentials_are_asked_for_the_address_has_a_token(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("AKIDEXAMPLE wJalrXUtnFEMI\n", "utf-8")
    with serving("--port", "0", "--console", "--credentials", str(path)) as (process, url):
        page = printed_page(process)
        assert page.startswith(f"{url}/console/?token=")
        assert asked_over_http(url).status == 401
        assert asked_over_http(url, path=page.removeprefix(url)).status == 303


def test_databases_that_are_apart_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--console", "--isolate-by-region"]) == 2
    assert "--console shows one database: leave out --isolate-by-region" in capsys.readouterr().err


def test_other_modes_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--console=everything"])
    assert "read-only" in capsys.readouterr().err


def test_nothing_is_imported_where_it_is_off() -> None:
    """Neither the console nor what it shows."""
    code = (
        "import sys\n"
        "from minidynamo.cli import serve_command\n"
        "print([name for name in sys.modules if name.startswith('minidynamo.console')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
