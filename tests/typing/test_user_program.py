"""A program of a user is what two type checkers say it is, and does what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "user_program.py"


def run(*arguments: str) -> None:
    """Runs a module of Python on the package as it is here; fails with its output."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", *arguments]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_mypy_agrees(tmp_path: Path) -> None:
    """In its strict mode, every assertion about types and every mistake included."""
    run("mypy", "--strict", "--cache-dir", str(tmp_path), str(PROGRAM))


def test_pyright_agrees(tmp_path: Path) -> None:
    """In its basic mode, which must find each mistake as well: a comment that ignores nothing is an error."""
    settings = {
        "include": [str(PROGRAM)],
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "basic",
        "reportUnnecessaryTypeIgnoreComment": "error",
        "pythonVersion": "3.11",
    }
    path = tmp_path / "pyrightconfig.json"
    path.write_text(json.dumps(settings))
    run("basedpyright", "--project", str(path), "--pythonpath", sys.executable)


def test_it_runs() -> None:
    """With the fixtures of the plugin."""
    run("pytest", "-p", "no:cacheprovider", str(PROGRAM))
