"""Programs that cannot live in the project's own environment, installed from the registries into .clients/ once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
_ENVIRONMENTS = ROOT / ".clients"


@lru_cache
def python_environment(name: str, *packages: str) -> Path:
    """The folder of the commands of an environment with these packages, beside minidynamo itself."""
    folder = _ENVIRONMENTS / name
    commands = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not (folder / "installed").exists():
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(commands / "python"), "-m", "pip", "install", "-q", "-e", str(ROOT), *packages)
        (folder / "installed").touch()
    return commands


@lru_cache
def node_environment(name: str, *packages: str) -> Path:
    """A folder whose node_modules hold these packages; skips the test where there is no Node."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs Node.js")
    folder = _ENVIRONMENTS / name
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        _run("npm", "install", "--no-audit", "--no-fund", "--silent", *packages, cwd=folder)
        (folder / "installed").touch()
    return folder


def _run(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}"
