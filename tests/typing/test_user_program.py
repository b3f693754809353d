"""Programs of users are what two type checkers say they are, and do what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PROGRAMS = [str(HERE / "user_program.py"), str(HERE / "boto3_program.py")]

WITHOUT_TYPES = """
[mypy]
strict = true
[mypy-boto3]
ignore_missing_imports = true
[mypy-mypy_boto3_dynamodb.*,mypy_boto3_dynamodbstreams.*]
follow_imports = skip
follow_imports_for_stubs = true
"""


def run(*arguments: str) -> None:
    """Runs a module of Python on the package as it is here; fails with its output."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", *arguments]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_mypy_agrees(tmp_path: Path) -> None:
    """In its strict mode, every assertion about types and every mistake included."""
    run("mypy", "--strict", "--cache-dir", str(tmp_path), *PROGRAMS)


@pytest.mark.long
def test_mypy_agrees_without_the_types_of_boto3(tmp_path: Path) -> None:
    """Mistakes are found as well where `mypy-boto3-dynamodb` is not installed."""
    settings = tmp_path / "mypy.ini"
    settings.write_text(WITHOUT_TYPES)
    run("mypy", "--config-file", str(settings), "--cache-dir", str(tmp_path), PROGRAMS[0])


@pytest.mark.long
def test_pyright_agrees(tmp_path: Path) -> None:
    """In its basic mode, which must find each mistake as well: a comment that ignores nothing is an error."""
    settings = {
        "include": PROGRAMS,
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "basic",
        "reportUnnecessaryTypeIgnoreComment": "error",
        "pythonVersion": "3.11",
    }
    path = tmp_path / "pyrightconfig.json"
    path.write_text(json.dumps(settings))
    run("basedpyright", "--project", str(path), "--pythonpath", sys.executable)


def test_they_run() -> None:
    """With the fixtures of the plugin."""
    run("pytest", "-p", "no:cacheprovider", *PROGRAMS)
