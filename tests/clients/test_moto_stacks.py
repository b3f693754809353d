"""Tables that moto's CloudFormation makes while a mock is on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.clients.environments import python_environment

PROGRAM = Path(__file__).parent / "stacks_program.py"


@pytest.mark.installs
def test_tables_of_stacks_reach_the_mocks_database() -> None:
    python = python_environment("moto-stacks", "moto[cloudformation,dynamodb]>=5") / "python"
    done = subprocess.run([str(python), str(PROGRAM)], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
